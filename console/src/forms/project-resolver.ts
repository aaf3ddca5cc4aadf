import type { FieldErrors, FieldPath, FieldValues, Resolver, UseFormSetError } from "react-hook-form";
import { VdcError } from "#api/errors.ts";
import type { ProjectSpec } from "#api/kinds/project.ts";
import { projectOfForm, type ProjectForm } from "#console/lib/project-form.ts";

/** Checks a project's form by the schema of the API while it is typed. */
export function projectResolver(members: ProjectSpec["members"]): Resolver<ProjectForm> {
  return (values) => {
    try {
      projectOfForm(values, members);
      return { values, errors: {} };
    } catch (error) {
      if (!(error instanceof VdcError)) throw error;
      return { values: {}, errors: nested(error.fields) };
    }
  };
}

/** Puts an error's messages at the fields they name; false when it names none of them. */
export function markFields<T extends FieldValues>(
  error: unknown,
  setError: UseFormSetError<T>,
  pathOf: (path: string) => string,
): boolean {
  if (!(error instanceof VdcError) || error.fields.length === 0) return false;
  for (const field of error.fields)
    setError(pathOf(field.path) as FieldPath<T>, { message: field.message }, { shouldFocus: true }); // a path that the form does not have is shown by nobody but blocks nothing
  return true;
}

function nested(fields: VdcError["fields"]): FieldErrors<ProjectForm> {
  const errors: Record<string, unknown> = {};
  for (const { path, message } of fields) {
    const [head = "", tail] = path.split(".");
    if (tail === undefined) errors[head] ??= { type: "invalid", message };
    else errors[head] = { [tail]: { type: "invalid", message }, ...(errors[head] as object | undefined) };
  }
  return errors; // paths are those of the form by `formPath`
}
