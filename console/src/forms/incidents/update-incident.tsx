import { useState } from "react";
import { useForm } from "react-hook-form";
import { incidentStatusSchema, type Incident, type IncidentStatus } from "#api/incidents.ts";
import { sayIncident } from "#console/data/incident-queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { markFields } from "#console/forms/project-resolver.ts";
import { SelectField, TextArea } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import { statusWords } from "#console/lib/incident-view.ts";

interface UpdateForm {
  readonly text: string;
  readonly status: IncidentStatus;
}

/** Says more about an incident that was posted by hand, up to its all-clear. */
export function UpdateIncident(props: { readonly incident: Incident; readonly onClose: () => void }) {
  const { id, title, component, effects, impact, affected, status } = props.incident;
  const [error, setError] = useState<unknown>();
  const form = useForm<UpdateForm>({ defaultValues: { text: "", status } });
  const { errors, isSubmitting } = form.formState;
  async function update(values: UpdateForm): Promise<void> {
    setError(undefined);
    try {
      const projects = affected.everyone ? [] : affected.projects.map(({ project }) => project);
      await sayIncident({ id, title, component, effects, impact, projects, ...values });
      say(values.status === "resolved" ? "Resolved: the all-clear goes out" : "Said");
      props.onClose();
    } catch (cause) {
      if (!markFields(cause, form, (path) => path)) setError(cause);
    }
  }
  return (
    <FormDialog
      title="Update or resolve"
      description={title}
      error={error}
      busy={isSubmitting}
      submit={{ label: "Say it" }}
      onSubmit={(event) => void form.handleSubmit(update)(event)}
      onClose={props.onClose}
    >
      <SelectField label="Where it stands" {...form.register("status")}>
        {incidentStatusSchema.options.map((one) => (
          <option key={one} value={one}>
            {statusWords[one].text}
          </option>
        ))}
      </SelectField>
      <TextArea
        label="What to say"
        autoFocus
        hint="Everybody can read it."
        error={errors.text?.message}
        {...form.register("text")}
      />
    </FormDialog>
  );
}
