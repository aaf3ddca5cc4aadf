import { VdcError } from "#api/errors.ts";
import type { KindRegistry } from "#api/kinds.ts";
import { keyText, type ResourceKey } from "#api/resource.ts";
import { assert } from "#lib/assert.ts";
import type { ResourceStore } from "#store/store.ts";
import { deleteAll } from "../reconcile/delete-all.ts";
import { keyOf } from "../reconcile/key-of.ts";
import { listAll } from "../reconcile/list-all.ts";
import { maxKeys, type ActContext, type ChangeSubject, type Reconciler } from "../reconcile/reconciler.ts";
import { planOwnership, type OwnershipAction, type OwnershipObserved } from "./plan.ts";

export interface OwnershipReconcilerOptions {
  readonly resources: ResourceStore;
  readonly kinds: KindRegistry;
}

/** Owned resources that one pass begins to delete. */
const ownedBatch = 200;
/** Resources of each kind that the timer's listing looks at. */
const maxLookedAt = 100_000;

/** Deletes what an owner leaves behind, for every kind of the registry. One key is the text of a resource's key. */
export function createOwnershipReconciler(
  options: OwnershipReconcilerOptions,
): Reconciler<OwnershipObserved, OwnershipAction> {
  const { resources, kinds } = options;
  return {
    name: "ownership",
    watches: [...kinds.keys()],
    everyMs: 5 * 60_000,
    keysOf,
    keys: async (signal) => await needingCare(options, signal),
    observe: async (key) => await observe(parseKey(key), options),
    plan: planOwnership,
    act: async (action, context) => await act(action, resources, context),
    describe: {
      observed: ({ key, resource, owned }) =>
        `${keyText(key)} ${resource?.deletingSince === undefined ? "stands" : `is being deleted, owns ${owned.length}`}`,
      action: (action) =>
        action.do === "delete" ? `delete ${action.keys.length}` : `finalize ${keyText(action.key)}`,
    },
  };
}

/** What has no owner and stays needs nothing; when something owned goes, its owner may go too. */
function keysOf(subject: ChangeSubject): readonly string[] {
  const { owner, life } = subject;
  const itself = owner !== undefined || life === "deleting" ? [keyText(subject)] : [];
  return owner !== undefined && (life === "deleting" || life === "deleted")
    ? [...itself, keyText(owner)]
    : itself;
}

/** Only what has an owner or is being deleted can need anything. */
async function needingCare(
  { resources, kinds }: OwnershipReconcilerOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const kind of kinds.keys()) {
    for await (const found of listAll(resources, { kind }, { max: maxLookedAt, signal })) {
      if (found.owner !== undefined || found.deletingSince !== undefined) keys.push(keyText(found));
      if (keys.length >= maxKeys) return keys;
    }
  }
  return keys;
}

async function observe(
  key: ResourceKey,
  { resources, kinds }: OwnershipReconcilerOptions,
): Promise<OwnershipObserved> {
  const finalizedElsewhere = kinds.get(key.kind)?.finalized ?? true;
  const resource = await resources.get(key);
  if (resource === undefined) return { key, owned: [], finalizedElsewhere };
  if (resource.deletingSince !== undefined) {
    const owned = await resources.ownedBy(resource.id, ownedBatch);
    return { key, resource, owned, finalizedElsewhere };
  }
  const owner = resource.owner === undefined ? undefined : await resources.get(keyOf(resource.owner));
  return { key, resource, owned: [], finalizedElsewhere, ...(owner === undefined ? {} : { owner }) };
}

async function act(
  action: OwnershipAction,
  resources: ResourceStore,
  { by, fence, signal }: ActContext,
): Promise<"again" | void> {
  if (action.do === "delete") {
    await deleteAll(resources, action.keys, { by, fence }, signal);
    return "again";
  }
  try {
    await resources.finalize(action.key, { by, fence });
  } catch (error) {
    // Something was made for it since we looked, or it is gone already: the next pass sees it.
    if (!(error instanceof VdcError && (error.code === "in-use" || error.code === "not-found"))) throw error;
  }
  return undefined;
}

/** The other way of `keyText`; names hold no slash. */
function parseKey(text: string): ResourceKey {
  const [kind, second, third] = text.split("/");
  assert(kind !== undefined && second !== undefined, "a key's text has two or three parts");
  return third === undefined ? { kind, name: second } : { kind, project: second, name: third };
}
