import { useState } from "react";
import { useNavigate } from "react-router";
import { appSpecSchema } from "#api/kinds/app.ts";
import { nameSchema } from "#api/names.ts";
import { usePlan, type Package } from "#console/data/app-queries.ts";
import { applyApp, storeSecrets } from "#console/data/edit-app.ts";
import { AppFields } from "#console/forms/app/app-fields.tsx";
import { PlanDialog } from "#console/forms/app/plan-dialog.tsx";
import { fieldsOf, useAppForm, type AppFormState } from "#console/forms/app/use-app-form.ts";
import { Button, ButtonLink } from "#console/kit/button.tsx";
import { Page } from "#console/kit/page.tsx";
import { Facts } from "#console/kit/panel.tsx";
import { Tag } from "#console/kit/state.tsx";
import { say } from "#console/kit/toast.tsx";
import { formOfApp, hostsOfText, specOfForm } from "#console/lib/app-form.ts";
import { formatBytes } from "#console/lib/format.ts";
import { inReadersLanguage } from "#console/lib/localized.ts";
import { suggestName } from "#console/lib/project-form.ts";
import { useAction } from "#console/lib/use-action.ts";
import { useSettled } from "#console/lib/use-settled.ts";
import { PackageIcon } from "#console/pages/apps/package-icon.tsx";

/** Long enough for a word, short enough to be seen as the answer to it. */
const settleMs = 350;
const maxSuggested = 30;

/** The form that a package's manifest asks for; then the plan; then the app. */
export function InstallForm(props: { readonly of: Package; readonly taken: readonly string[] }) {
  const { of } = props;
  const navigate = useNavigate();
  const project = of.project ?? "";
  const name = inReadersLanguage(of.spec.manifest.name);
  const [start] = useState(() => ({ ...formOfApp(of), name: freeName(suggestName(name), props.taken) }));
  const state = useAppForm(of, start);
  const [reviewing, setReviewing] = useState(false);
  const { spec, typed } = specOfForm(state.form, of);
  const install = useAction(async () => {
    try {
      const named = await storeSecrets(project, spec, typed);
      const app = await applyApp({ project, name: state.form.name }, named, undefined);
      say(`${app.name} is being installed`);
      await navigate(`/apps/${project}/${app.name}`);
    } catch (error) {
      if (state.mark(fieldsOf(error)).length > 0 || fieldsOf(error).length === 0) throw error;
      setReviewing(false);
    }
  });
  return (
    <Page
      title={`Install ${name}`}
      up={{ to: `/apps/install?project=${project}`, label: "Choose a package" }}
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (state.check()) setReviewing(true);
        }}
        className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_22rem]"
      >
        <AppFields state={state} disabled={false} isNew />
        <aside
          aria-label="What you install"
          className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-4 lg:sticky lg:top-20"
        >
          <Summary of={of} state={state} project={project} />
          <div className="flex gap-2 *:grow">
            <Button type="submit" look="primary">
              Review
            </Button>
            <ButtonLink to="/apps" look="quiet">
              Cancel
            </ButtonLink>
          </div>
        </aside>
      </form>
      {reviewing && (
        <PlanDialog
          title={`Install ${state.form.name}?`}
          project={project}
          app={state.form.name}
          spec={spec}
          typed={typed}
          confirmLabel="Install"
          busy={install.busy}
          error={install.error}
          onConfirm={() => install.run()}
          onClose={() => setReviewing(false)}
        />
      )}
    </Page>
  );
}

function Summary(props: { readonly of: Package; readonly state: AppFormState; readonly project: string }) {
  const { of, state } = props;
  const { manifest, signedBy, sizeBytes } = of.spec;
  const name = inReadersLanguage(manifest.name);
  return (
    <>
      <div className="flex items-start gap-3">
        <PackageIcon of={of} name={name} className="size-11" />
        <div className="min-w-0">
          <p className="text-md font-semibold">{name}</p>
          <p className="text-dim">{inReadersLanguage(manifest.summary)}</p>
        </div>
      </div>
      <Facts
        items={[
          { name: "Project", value: props.project },
          { name: "Version", value: manifest.version },
          { name: "Size", value: formatBytes(sizeBytes) },
          {
            name: "Signed by",
            value:
              signedBy === undefined ? (
                <Tag tone="warn">nobody you trust</Tag>
              ) : (
                (signedBy.name ?? signedBy.keyId)
              ),
          },
          ...(manifest.licence?.spdx === undefined
            ? []
            : [{ name: "Licence", value: manifest.licence.spdx }]),
          { name: "Address", value: <FutureAddress of={of} state={state} /> },
        ]}
      />
    </>
  );
}

/** Where it would answer, as the server says for this name and these hosts. */
function FutureAddress(props: { readonly of: Package; readonly state: AppFormState }) {
  const { of, state } = props;
  const wish = useSettled(JSON.stringify([state.form.name, state.form.hosts]), settleMs);
  const [name, hosts] = JSON.parse(wish) as [string, Record<string, string>]; // written in the line above
  const isName = nameSchema.safeParse(name).success;
  const lists = Object.fromEntries(
    Object.entries(hosts)
      .map(([route, text]) => [route, hostsOfText(text)] as const)
      .filter(([, list]) => list.length > 0),
  );
  const spec = appSpecSchema.safeParse({ package: of.name, hosts: lists });
  const { data } = usePlan(of.project ?? "", isName ? name : "", spec.data);
  if (Object.keys(of.spec.manifest.routes).length === 0) return <span className="text-faint">none</span>;
  if (!isName) return <span className="text-faint">needs a name</span>;
  if (data?.urls === undefined) return <span className="text-faint">…</span>;
  return (
    <ul aria-label="Addresses it will get">
      {data.urls.map((url) => (
        <li key={url} className="break-all">
          {url}
        </li>
      ))}
    </ul>
  );
}

/** The name, or with a number behind it when there is such an app. */
function freeName(name: string, taken: readonly string[]): string {
  const base = (name === "" ? "app" : name).slice(0, maxSuggested).replace(/-+$/, "");
  if (!taken.includes(base)) return base;
  let number = 2;
  while (taken.includes(`${base}-${number}`)) number += 1;
  return `${base}-${number}`;
}
