import { useState } from "react";
import { useForm } from "react-hook-form";
import { componentSchema, effectSchema, impactSchema, type Effect } from "#api/incidents.ts";
import { sayIncident, type Said } from "#console/data/incident-queries.ts";
import { useProjects } from "#console/data/queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { markFields } from "#console/forms/project-resolver.ts";
import { CheckField, SelectField, TextArea, TextField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import { componentWords, effectWords, impactWords } from "#console/lib/incident-view.ts";

interface PostForm {
  readonly title: string;
  readonly text: string;
  readonly component: Said["component"];
  readonly impact: Said["impact"];
  readonly effects: Effect[];
  /** "" is everyone. */
  readonly project: string;
}

/** For what no probe can see, such as maintenance that is to come. */
export function PostIncident(props: { readonly onClose: () => void }) {
  const { projects } = useProjects();
  const [error, setError] = useState<unknown>();
  const form = useForm<PostForm>({
    defaultValues: { title: "", text: "", component: "objects", impact: "none", effects: [], project: "" },
  });
  const { errors, isSubmitting } = form.formState;
  async function post({ project, ...values }: PostForm): Promise<void> {
    setError(undefined);
    try {
      await sayIncident({ ...values, status: "identified", projects: project === "" ? [] : [project] });
      say("Posted", { description: "Subscribers of those concerned are told now." });
      props.onClose();
    } catch (cause) {
      if (!markFields(cause, form, (path) => path)) setError(cause);
    }
  }
  return (
    <FormDialog
      title="Post incident"
      description="Title and text stand on the public page: name no customer, bucket or machine."
      error={error}
      busy={isSubmitting}
      submit={{ label: "Post" }}
      onSubmit={(event) => void form.handleSubmit(post)(event)}
      onClose={props.onClose}
    >
      <TextField
        label="Title"
        autoFocus
        placeholder="Maintenance at 22:00 UTC"
        error={errors.title?.message}
        {...form.register("title")}
      />
      <TextArea
        label="What to say"
        hint="What is affected, what we do, what to do."
        error={errors.text?.message}
        {...form.register("text")}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField label="Part" {...form.register("component")}>
          {componentSchema.options.map((component) => (
            <option key={component} value={component}>
              {componentWords[component]}
            </option>
          ))}
        </SelectField>
        <SelectField label="Impact" {...form.register("impact")}>
          {impactSchema.options.map((impact) => (
            <option key={impact} value={impact}>
              {impactWords[impact].text}
            </option>
          ))}
        </SelectField>
      </div>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1.5 text-sm font-medium text-ink">What is affected</legend>
        {effectSchema.options.map((effect) => (
          <CheckField key={effect} label={effectWords[effect]} value={effect} {...form.register("effects")} />
        ))}
      </fieldset>
      <SelectField label="Who is concerned" {...form.register("project")}>
        <option value="">Every project</option>
        {projects?.map(({ id, name }) => (
          <option key={id} value={name}>
            {`Only ${name}`}
          </option>
        ))}
      </SelectField>
    </FormDialog>
  );
}
