import { useState } from "react";
import type { FieldError } from "#api/errors.ts";
import { VdcError } from "#api/errors.ts";
import type { AppSpec } from "#api/kinds/app.ts";
import type { Package } from "#console/data/app-queries.ts";
import { appFormPath, appFormProblems, type AppForm } from "#console/lib/app-form.ts";

type Group = "settings" | "hosts" | "requires" | "replicas";

export interface AppFormState {
  readonly form: AppForm;
  readonly of: Package;
  readonly base: AppSpec | undefined;
  readonly set: (change: Partial<AppForm>) => void;
  readonly setIn: <G extends Group>(group: G, name: string, value: AppForm[G][string]) => void;
  /** What is wrong at a field, once somebody was there or tried to go on. */
  readonly errorAt: (path: string) => string | undefined;
  readonly leave: (path: string) => void;
  /** True when it can go on; otherwise every wrong field says so and the first takes the focus. */
  readonly check: () => boolean;
  /** Fields that the server found wrong; answers what has no field here. */
  readonly mark: (fields: readonly FieldError[]) => readonly FieldError[];
  readonly reset: (form: AppForm) => void;
}

/** The state of an app's form: what is typed, where somebody has been, and what is wrong. */
export function useAppForm(of: Package, start: AppForm, base?: AppSpec): AppFormState {
  const [form, setForm] = useState(start);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [tried, setTried] = useState(false);
  const [told, setTold] = useState<readonly FieldError[]>([]);
  const problems = appFormProblems(form, of, base?.settings);
  const change = (next: AppForm, path: string) => {
    setForm(next);
    setTold((before) => before.filter((field) => field.path !== path));
  };
  return {
    form,
    of,
    base,
    set: (given) => change({ ...form, ...given }, Object.keys(given)[0] ?? ""),
    setIn: (group, name, value) =>
      change({ ...form, [group]: { ...form[group], [name]: value } }, `${group}.${name}`),
    errorAt: (path) =>
      told.find((field) => field.path === path)?.message ??
      (tried || left.has(path) ? problems.find((field) => field.path === path)?.message : undefined),
    leave: (path) => setLeft((before) => (before.has(path) ? before : new Set(before).add(path))),
    check: () => {
      setTried(true);
      if (problems.length > 0) focusFirstError();
      return problems.length === 0;
    },
    mark: (fields) => {
      const here = fields.map((field) => ({ ...field, path: appFormPath(field.path) }));
      const known = here.filter(({ path }) => hasField(form, path));
      setTold(known);
      if (known.length > 0) focusFirstError();
      return here.filter(({ path }) => !hasField(form, path));
    },
    reset: (next) => {
      setForm(next);
      setLeft(new Set());
      setTried(false);
      setTold([]);
    },
  };
}

function hasField(form: AppForm, path: string): boolean {
  const [group = "", name] = path.split(".");
  if (!Object.hasOwn(form, group)) return false;
  if (name === undefined) return true;
  const members = form[group as keyof AppForm]; // looked up just now
  return typeof members === "object" && Object.hasOwn(members, name);
}

/** After the errors are drawn. */
function focusFirstError(): void {
  requestAnimationFrame(() => {
    const field = document.querySelector<HTMLElement>("[data-app-form] [aria-invalid=true]");
    field?.closest("details")?.setAttribute("open", "");
    field?.focus();
  });
}

/** The fields that an error names, when it is about fields. */
export function fieldsOf(error: unknown): readonly FieldError[] {
  return error instanceof VdcError ? error.fields : [];
}
