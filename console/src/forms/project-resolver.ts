import type { FieldErrors, FieldPath, FieldValues, Resolver, UseFormReturn } from "react-hook-form";
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

/** Puts an error's messages at the fields they name; false when some of them are not in the form and have to be told. */
export function markFields<T extends FieldValues>(
  error: unknown,
  form: Pick<UseFormReturn<T>, "setError" | "getValues">,
  pathOf: (path: string) => string,
): boolean {
  if (!(error instanceof VdcError) || error.fields.length === 0) return false;
  const known = Object.keys(form.getValues());
  let all = true;
  for (const field of error.fields) {
    const path = pathOf(field.path);
    if (!known.includes(path.split(".")[0] ?? "")) all = false;
    // Its first segment is a field of the form, as was just looked up.
    else form.setError(path as FieldPath<T>, { message: field.message }, { shouldFocus: true });
  }
  return all;
}

function nested(fields: VdcError["fields"]): FieldErrors<ProjectForm> {
  const errors: Record<string, unknown> = {};
  const quotas: Record<string, unknown> = {};
  for (const { path, message } of fields) {
    const [head = "", tail] = path.split(".");
    if (tail === undefined) errors[head] ??= { type: "invalid", message };
    else quotas[tail] ??= { type: "invalid", message };
  }
  // Paths are those of the form by `formPath`; only quotas have a second level.
  return Object.keys(quotas).length === 0 ? errors : { ...errors, quotas };
}
