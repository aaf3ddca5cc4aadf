import { useEffect, useRef, useState } from "react";
import type { App, Package } from "#console/data/app-queries.ts";
import { applyApp, storeSecrets } from "#console/data/edit-app.ts";
import { AppFields } from "#console/forms/app/app-fields.tsx";
import { PlanDialog } from "#console/forms/app/plan-dialog.tsx";
import { fieldsOf, useAppForm } from "#console/forms/app/use-app-form.ts";
import { Button } from "#console/kit/button.tsx";
import { TextField } from "#console/kit/field.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { say } from "#console/kit/toast.tsx";
import { formOfApp, mergeAppForms, specOfForm } from "#console/lib/app-form.ts";
import { useAction } from "#console/lib/use-action.ts";
import { useShownApp } from "#console/pages/apps/shown-app.ts";

export function AppSettings() {
  const { app, of, mayChange } = useShownApp();
  if (of === undefined)
    return (
      <Panel title="Settings" quietTitle>
        <Empty title="Its package is not in the catalogue">
          {`Upload ${app.spec.package} again, and its settings can be changed here.`}
        </Empty>
      </Panel>
    );
  return <SettingsForm key={of.id} app={app} of={of} mayChange={mayChange} />;
}

/** The install form again, with the values as they are; what would happen is shown before it does. */
function SettingsForm(props: { readonly app: App; readonly of: Package; readonly mayChange: boolean }) {
  const { app, of, mayChange } = props;
  const [base, setBase] = useState(app);
  const state = useAppForm(of, formOfApp(of, base), base.spec);
  const [reviewing, setReviewing] = useState(false);
  const start = formOfApp(of, base);
  const isDirty = JSON.stringify(start) !== JSON.stringify(state.form);
  const { spec, typed } = specOfForm(state.form, of, base.spec);

  // Somebody else's change comes in by itself; what was typed here stays on top of it.
  const latest = useRef({ state, base });
  useEffect(() => {
    latest.current = { state, base };
  });
  useEffect(() => {
    const { state: now, base: before } = latest.current;
    if (before.generation === app.generation) return;
    const theirs = formOfApp(of, app);
    const was = formOfApp(of, before);
    setBase(app);
    now.reset(mergeAppForms(was, now.form, theirs));
  }, [app, of]);

  const apply = useAction(async () => {
    try {
      const named = await storeSecrets(app.project ?? "", spec, typed);
      const after = await applyApp({ project: app.project ?? "", name: app.name }, named, base);
      setBase(after);
      state.reset(formOfApp(of, after));
      setReviewing(false);
      say(`${app.name} is being changed`);
    } catch (error) {
      if (state.mark(fieldsOf(error)).length > 0 || fieldsOf(error).length === 0) throw error;
      setReviewing(false);
    }
  });

  return (
    <form
      noValidate
      className="flex max-w-4xl flex-col gap-6"
      onSubmit={(event) => {
        event.preventDefault();
        if (state.check()) setReviewing(true);
      }}
    >
      <Panel title="App">
        <div className="max-w-xl">
          <TextField
            label="Title"
            hint="For people; absent: what the package calls itself"
            disabled={!mayChange}
            value={state.form.title}
            onChange={(event) => state.set({ title: event.target.value })}
          />
        </div>
      </Panel>
      <AppFields state={state} disabled={!mayChange} isNew={false} />
      {mayChange && (
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" look="primary" disabled={!isDirty}>
            Review changes
          </Button>
          <Button look="quiet" disabled={!isDirty} onClick={() => state.reset(start)}>
            Discard
          </Button>
        </div>
      )}
      {reviewing && (
        <PlanDialog
          title={`Change ${app.name}?`}
          project={app.project ?? ""}
          app={app.name}
          spec={spec}
          typed={typed}
          confirmLabel="Apply"
          busy={apply.busy}
          error={apply.error}
          onConfirm={() => apply.run()}
          onClose={() => setReviewing(false)}
        />
      )}
    </form>
  );
}
