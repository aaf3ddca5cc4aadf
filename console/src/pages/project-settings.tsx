import { useEffect, useRef, useState } from "react";
import { useForm, type UseFormReturn } from "react-hook-form";
import type { FieldChange } from "#api/diff.ts";
import { applyProject, offerUndo } from "#console/data/edit-project.ts";
import { may } from "#console/data/permissions.ts";
import type { Project } from "#console/data/queries.ts";
import { useMe } from "#console/data/session.tsx";
import { ConflictDialog, ReviewDialog } from "#console/forms/review-changes.tsx";
import { markFields, projectResolver } from "#console/forms/project-resolver.ts";
import { Button } from "#console/kit/button.tsx";
import { FailureNote } from "#console/kit/failure.tsx";
import { TextArea, TextField } from "#console/kit/field.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { say } from "#console/kit/toast.tsx";
import {
  formOfProject,
  formPath,
  mergeForms,
  projectOfForm,
  quotas,
  type ProjectForm,
} from "#console/lib/project-form.ts";
import { useAction } from "#console/lib/use-action.ts";
import { useShownProject } from "#console/pages/project.tsx";

type Step =
  | { readonly kind: "editing" }
  | { readonly kind: "reviewing"; readonly diff: readonly FieldChange[]; readonly values: ProjectForm }
  | { readonly kind: "conflict"; readonly theirs: Project; readonly values: ProjectForm };

/** Edits a project: what is typed is checked at once, the change is reviewed as a diff, then applied to the revision it was made on. */
export function ProjectSettings() {
  const me = useMe();
  const project = useShownProject();
  const [base, setBase] = useState(project);
  const [step, setStep] = useState<Step>({ kind: "editing" });
  const form = useForm<ProjectForm>({
    defaultValues: formOfProject(base),
    resolver: projectResolver(base.spec.members),
    mode: "onTouched",
  });
  const { isDirty } = form.formState;
  const ownsQuotas = may(me, "project.quotas");
  const readOnly = !may(me, "project.change", project.name) || project.deletingSince !== undefined;
  useFollow(project, base, isDirty, (next) => {
    setBase(next);
    form.reset(formOfProject(next));
  });

  const review = useAction(async (values: ProjectForm) => {
    try {
      const outcome = await applyProject(base, projectOfForm(values, base.spec.members), { dryRun: true });
      if (outcome.kind === "conflict") setStep(conflictOf(base, outcome.theirs, values));
      else if (outcome.answer.diff.length === 0) say("Nothing to change", { tone: "rest" });
      else setStep({ kind: "reviewing", diff: outcome.answer.diff, values });
    } catch (error) {
      if (!markFields(error, form, formPath)) throw error;
    }
  });
  const apply = useAction(async (on: Project, values: ProjectForm) => {
    const outcome = await applyProject(on, projectOfForm(values, on.spec.members));
    if (outcome.kind === "conflict") return setStep(conflictOf(on, outcome.theirs, values));
    const after = outcome.answer.resource as Project; // the kind's own resource
    offerUndo(on, outcome.answer);
    setBase(after);
    form.reset(formOfProject(after));
    setStep({ kind: "editing" });
  });

  return (
    <form
      onSubmit={(event) => void form.handleSubmit((values) => review.run(values))(event)}
      noValidate
      className="flex flex-col gap-6"
    >
      <Fields form={form} readOnly={readOnly} ownsQuotas={ownsQuotas} />
      <FailureNote error={review.error} />
      {!readOnly && (
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" look="primary" disabled={!isDirty} busy={review.busy}>
            Review changes
          </Button>
          <Button look="quiet" disabled={!isDirty} onClick={() => form.reset(formOfProject(base))}>
            Discard
          </Button>
          {isDirty && project.generation !== base.generation && (
            <span role="status" className="text-warn">
              Somebody changed this project meanwhile; you will see both versions.
            </span>
          )}
        </div>
      )}
      {step.kind === "reviewing" && (
        <ReviewDialog
          name={project.name}
          diff={step.diff}
          busy={apply.busy}
          error={apply.error}
          onApply={() => apply.run(base, step.values)}
          onClose={() => setStep({ kind: "editing" })}
        />
      )}
      {step.kind === "conflict" && (
        <ConflictDialog
          base={base}
          mine={projectOfForm(step.values, base.spec.members)}
          theirs={step.theirs}
          busy={apply.busy}
          error={apply.error}
          onKeepMine={() => apply.run(step.theirs, step.values)}
          onTakeTheirs={() => {
            setBase(step.theirs);
            form.reset(formOfProject(step.theirs));
            setStep({ kind: "editing" });
          }}
          onClose={() => setStep({ kind: "editing" })}
        />
      )}
    </form>
  );
}

/** Both versions, and mine moved onto theirs: what I did not touch is no matter of the conflict. */
function conflictOf(base: Project, theirs: Project, values: ProjectForm): Step {
  return {
    kind: "conflict",
    theirs,
    values: mergeForms(formOfProject(base), values, formOfProject(theirs)),
  };
}

function Fields(props: {
  readonly form: UseFormReturn<ProjectForm>;
  readonly readOnly: boolean;
  readonly ownsQuotas: boolean;
}) {
  const { form, readOnly, ownsQuotas } = props;
  const { errors } = form.formState;
  return (
    <div className="grid items-start gap-6 lg:grid-cols-2">
      <Panel title="General">
        <fieldset disabled={readOnly} className="flex flex-col gap-4">
          <TextField label="Title" error={errors.title?.message} {...form.register("title")} />
          <TextArea
            label="Description"
            error={errors.description?.message}
            {...form.register("description")}
          />
          <TextField
            label="Labels"
            hint="Pairs to select by, such as team=web, tier=test"
            error={errors.labels?.message}
            autoCapitalize="none"
            {...form.register("labels")}
          />
        </fieldset>
      </Panel>
      <Panel
        title="Quotas"
        note={ownsQuotas ? "empty is no limit" : "only an owner of the data center changes them"}
      >
        <fieldset disabled={readOnly || !ownsQuotas} className="grid gap-4 sm:grid-cols-2">
          {quotas.map((quota) => (
            <TextField
              key={quota.name}
              label={quota.label}
              hint={quota.hint}
              inputMode={quota.unit === "bytes" ? "text" : "decimal"}
              placeholder="no limit"
              error={errors.quotas?.[quota.name]?.message}
              {...form.register(`quotas.${quota.name}`)}
            />
          ))}
        </fieldset>
      </Panel>
    </div>
  );
}

/** Takes over what others change while nothing is typed; with something typed the base stays what it was made on. */
function useFollow(project: Project, base: Project, isDirty: boolean, take: (next: Project) => void): void {
  const latest = useRef(take);
  useEffect(() => {
    latest.current = take;
  });
  useEffect(() => {
    if (!isDirty && project.revision > base.revision) latest.current(project);
  }, [project, base, isDirty]);
}
