import type { ResourceKey } from "#api/resource.ts";

/** The key alone, of a resource or of a reference to one. */
export function keyOf({ kind, project, name }: ResourceKey): ResourceKey {
  return project === undefined ? { kind, name } : { kind, project, name };
}
