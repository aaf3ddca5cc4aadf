import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { ResourceKey } from "#api/resource.ts";
import type { Fence, ResourceStore } from "#store/store.ts";

/** Deletions at once: the store puts what waits together into one transaction. */
const deletionsAtOnce = 32;

/** Deletes these, those that are gone already included. The first failure ends it, after what is under way. */
export async function deleteAll(
  resources: ResourceStore,
  keys: readonly ResourceKey[],
  options: { readonly by: Attribution; readonly fence: Fence },
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < keys.length; at += deletionsAtOnce) {
    signal.throwIfAborted();
    const batch = keys.slice(at, at + deletionsAtOnce);
    const results = await Promise.allSettled(batch.map(async (key) => await resources.delete(key, options)));
    for (const result of results)
      if (result.status === "rejected" && !isGone(result.reason)) throw result.reason;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof VdcError && error.code === "not-found";
}
