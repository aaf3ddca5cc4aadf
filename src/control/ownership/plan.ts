import type { Resource, ResourceKey } from "#api/resource.ts";
import { keyOf } from "../reconcile/key-of.ts";

/** What a pass knows of one resource, as an owner and as something owned. */
export interface OwnershipObserved {
  readonly key: ResourceKey;
  /** Absent once it is gone. */
  readonly resource?: Resource;
  /** What stands at the key of its owner now; absent when nothing does, or it names no owner. */
  readonly owner?: Resource;
  /** At most a batch of what names it as owner; read only while it is being deleted. */
  readonly owned: readonly Resource[];
  /** Whether somebody else finishes its deletion, because its kind is finalized. */
  readonly finalizedElsewhere: boolean;
}

export type OwnershipAction =
  | { readonly do: "delete"; readonly keys: readonly ResourceKey[] }
  | { readonly do: "finalize"; readonly key: ResourceKey };

/** A resource dies with the one that it was made for; an owner goes when nothing of its own is left. Pure. */
export function planOwnership(observed: OwnershipObserved): readonly OwnershipAction[] {
  const { resource, owner, owned } = observed;
  if (resource === undefined) return [];
  if (resource.deletingSince === undefined) {
    if (resource.owner === undefined) return [];
    // The same name with another id is another resource: it is nobody's heir.
    const lives = owner?.id === resource.owner.id && owner.deletingSince === undefined;
    return lives ? [] : [{ do: "delete", keys: [keyOf(resource)] }];
  }
  if (owned.length === 0)
    return observed.finalizedElsewhere ? [] : [{ do: "finalize", key: keyOf(resource) }];
  const left = owned.filter((one) => one.deletingSince === undefined);
  return left.length === 0 ? [] : [{ do: "delete", keys: left.map(keyOf) }];
}
