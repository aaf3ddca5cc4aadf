import { VdcError } from "#api/errors.ts";
import type { ResourceKey } from "#api/resource.ts";
import { keyOf } from "#control/reconcile/key-of.ts";
import type { ActContext } from "#control/reconcile/reconciler.ts";
import type { ResourceStore } from "#store/store.ts";

/** Ends the deletion of a resource whose owner has cleaned up; one that is gone already is no error. */
export async function finalize(
  resources: Pick<ResourceStore, "finalize">,
  resource: ResourceKey,
  { by, fence }: Pick<ActContext, "by" | "fence">,
): Promise<void> {
  try {
    await resources.finalize(keyOf(resource), { by, fence });
  } catch (error) {
    if (!(error instanceof VdcError && error.code === "not-found")) throw error;
  }
}
