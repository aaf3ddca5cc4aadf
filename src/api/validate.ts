import { z } from "zod";
import { VdcError, type FieldError } from "#api/errors.ts";
import { nearest } from "#lib/nearest.ts";

const maxFieldErrors = 50;

/**
 * Parses what came from outside, once. Throws `invalid` that names every wrong field (`spec.members[0].role`);
 * an unknown key is an error that names the nearest known one.
 */
export function parseInput<S extends z.ZodType>(
  schema: S,
  input: unknown,
  what: string,
  at = "",
): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues
    .flatMap((issue) => fieldErrors(issue, schema, at))
    .slice(0, maxFieldErrors);
  const first = fields[0];
  const detail =
    first === undefined
      ? `${what} is not valid.`
      : `${what} is not valid: ${first.path === "" ? "" : `${first.path}: `}${first.message}.`;
  throw new VdcError("invalid", detail, { fields });
}

function fieldErrors(issue: z.core.$ZodIssue, schema: z.ZodType, at: string): readonly FieldError[] {
  const path = fieldPath(issue.path, at);
  // A record's key is wrong for the reasons of the key's own schema, not because it is "in a record".
  if (issue.code === "invalid_key") return issue.issues.map((inner) => ({ path, message: inner.message }));
  if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
  const known = knownKeys(schemaAt(schema, issue.path));
  // Each hint is a search: a body of nothing but unknown keys must not buy more of them than are shown.
  return issue.keys.slice(0, maxFieldErrors).map((key) => {
    const meant = nearest(key, known);
    const hint =
      meant === undefined
        ? known.length === 0
          ? ""
          : `; known are ${known.join(", ")}`
        : `; did you mean '${meant}'?`;
    return { path: fieldPath([...issue.path, key], at), message: `unknown field${hint}` };
  });
}

function fieldPath(path: readonly PropertyKey[], at: string): string {
  let text = at;
  for (const segment of path) {
    text +=
      typeof segment === "number"
        ? `[${segment}]`
        : `${text === "" ? "" : "."}${String(segment).slice(0, 100)}`;
  }
  return text;
}

/** Follows a path of input into the schema, through the wrappers that zod puts around objects. */
function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  let current: z.ZodType | undefined = unwrapped(schema);
  for (const segment of path) {
    if (current instanceof z.ZodObject) current = current.shape[String(segment)] as z.ZodType | undefined; // zod types a shape's members as core types
    else if (current instanceof z.ZodArray) current = current.element as z.ZodType;
    else if (current instanceof z.ZodRecord) current = current.valueType as z.ZodType;
    else return undefined;
    current = current === undefined ? undefined : unwrapped(current);
  }
  return current;
}

function unwrapped(schema: z.ZodType): z.ZodType {
  let current = schema;
  while (
    current instanceof z.ZodOptional ||
    current instanceof z.ZodDefault ||
    current instanceof z.ZodNullable
  ) {
    current = current.unwrap() as z.ZodType; // zod types what it wraps as a core type
  }
  return current;
}

function knownKeys(schema: z.ZodType | undefined): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}
