import { isJsonObject, ownMember, type Json } from "#lib/json.ts";

/** One field that differs. `path` as in `spec.members[1].role`. */
export interface FieldChange {
  readonly op: "add" | "remove" | "replace";
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
}

/**
 * The fields in which two JSON values differ, in the order of their keys. Lists are compared by place, and a
 * member that is `undefined` counts as absent.
 */
export function diffJson(
  before: Json | undefined,
  after: Json | undefined,
  path = "",
): readonly FieldChange[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined && after !== undefined) return [{ op: "add", path, after }];
  if (before !== undefined && after === undefined) return [{ op: "remove", path, before }];
  if (isJsonObject(before) && isJsonObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
    return keys.flatMap((key) =>
      diffJson(ownMember(before, key), ownMember(after, key), path === "" ? key : `${path}.${key}`),
    );
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const longest = Math.max(before.length, after.length);
    return Array.from({ length: longest }, (_, at) =>
      diffJson(before[at], after[at], `${path}[${at}]`),
    ).flat();
  }
  if (Object.is(before, after) || before === undefined || after === undefined) return [];
  return [{ op: "replace", path, before, after }];
}
