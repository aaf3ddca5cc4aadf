import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { Resource } from "#api/resource.ts";
import type { JsonObject } from "#lib/json.ts";
import type { Fence, ResourceStore } from "#store/store.ts";
import { keyOf } from "./key-of.ts";

/**
 * Writes what was observed of a resource, on the revision that it was observed at. When that is no longer the newest, or
 * the resource is gone, nothing is written and the answer is `again`: the next pass looks at what is there now.
 */
export async function writeStatus(
  resources: ResourceStore,
  observed: Resource<unknown, unknown>,
  status: JsonObject,
  options: { readonly by: Attribution; readonly fence: Fence },
): Promise<"again" | undefined> {
  try {
    await resources.setStatus(keyOf(observed), status, { ...options, ifRevision: observed.revision });
    return undefined;
  } catch (error) {
    if (error instanceof VdcError && overtaken.has(error.code)) return "again";
    throw error;
  }
}

const overtaken: ReadonlySet<string> = new Set(["precondition-failed", "not-found"]);
