import { useState } from "react";
import { useForm } from "react-hook-form";
import { useNavigate } from "react-router";
import { VdcError } from "#api/errors.ts";
import { projectKind } from "#api/kinds/project.ts";
import { api } from "#console/data/api.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { TextArea, TextField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import {
  emptyProjectForm,
  formPath,
  projectOfForm,
  suggestName,
  type ProjectForm,
} from "#console/lib/project-form.ts";
import { markFields, projectResolver } from "#console/forms/project-resolver.ts";

/** Makes a project; what else belongs to it is set on its own page. */
export function CreateProject(props: { readonly onClose: () => void }) {
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>();
  const form = useForm<ProjectForm>({
    defaultValues: emptyProjectForm,
    resolver: projectResolver([]),
    mode: "onTouched",
  });
  const { errors, isSubmitting, touchedFields, dirtyFields } = form.formState;
  const nameIsTheirs = touchedFields.name === true && dirtyFields.name === true;

  async function create(values: ProjectForm): Promise<void> {
    setError(undefined);
    try {
      const wanted = projectOfForm(values, []);
      await api.apply(projectKind, wanted, { ifRevision: "absent" });
      props.onClose();
      say(`Project ${wanted.name} created`);
      await navigate(`/projects/${wanted.name}`);
    } catch (cause) {
      if (
        cause instanceof VdcError &&
        (cause.code === "precondition-failed" || cause.code === "already-exists")
      )
        form.setError("name", { message: "a project of this name exists already" }, { shouldFocus: true });
      else if (!markFields(cause, form, formPath)) setError(cause);
    }
  }

  const title = form.register("title", {
    onChange: (event: { target: { value: string } }) => {
      // The name follows the title until somebody types one.
      if (!nameIsTheirs)
        form.setValue("name", suggestName(event.target.value), {
          shouldValidate: form.formState.isSubmitted,
        });
    },
  });
  return (
    <FormDialog
      title="Create project"
      description="A tenant of its own: members, quotas and names."
      error={error}
      busy={isSubmitting}
      submit={{ label: "Create project" }}
      onSubmit={(event) => void form.handleSubmit(create)(event)}
      onClose={props.onClose}
    >
      <TextField label="Title" hint="The name for people" error={errors.title?.message} {...title} />
      <TextField
        label="Name"
        hint="In addresses and commands; it cannot be changed later"
        error={errors.name?.message}
        className="font-mono"
        autoCapitalize="none"
        {...form.register("name")}
      />
      <TextArea label="Description" error={errors.description?.message} {...form.register("description")} />
      <TextField
        label="Labels"
        hint="Pairs to select by, such as team=web, tier=test"
        error={errors.labels?.message}
        autoCapitalize="none"
        {...form.register("labels")}
      />
    </FormDialog>
  );
}
