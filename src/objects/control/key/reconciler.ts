import { VdcError } from "#api/errors.ts";
import { secretLabel } from "#api/objects.ts";
import { unreachable } from "#lib/assert.ts";
import type { Attribution } from "#api/actor.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import { maxKeys, type ActContext, type Reconciler } from "#control/reconcile/reconciler.ts";
import { writeStatus } from "#control/reconcile/write-status.ts";
import type { ResourceStore } from "#store/store.ts";
import { finalize } from "../finalize.ts";
import type { Key, ObjectStoreHere } from "../ports.ts";
import { newCredentials } from "./credentials.ts";
import { heldPair, heldText } from "./held-secret.ts";
import { planKeys, type KeyAction, type KeysObserved } from "./plan.ts";
import { burstProject, canaryProject } from "#objects/limits.ts";

/** Values of secrets (`src/store/secrets`). */
export interface SecretsHere {
  read(project: string, name: string): Promise<{ readonly value: string } | undefined>;
  set(
    secret: {
      readonly project: string;
      readonly name: string;
      readonly value: string;
      readonly description?: string;
    },
    by: Attribution,
  ): Promise<number>;
}

export interface KeyReconcilerOptions {
  readonly resources: ResourceStore;
  /** Absent where there is none. */
  readonly store: ObjectStoreHere | undefined;
  readonly secrets: SecretsHere | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

const everyMs = 30_000;
const maxProjectKeys = 5_000;

/** Keeps the credentials of the catalog what key resources say. One key of it is a project. */
export function createKeyReconciler(options: KeyReconcilerOptions): Reconciler<KeysObserved, KeyAction> {
  const { resources, store } = options;
  return {
    name: "key",
    watches: ["key"],
    everyMs,
    keysOf: ({ project }) => (project === undefined ? [] : [project]),
    keys: async (signal) => {
      const projects = new Set<string>();
      for await (const { project } of listAll(resources, { kind: "key" }, { max: maxKeys, signal }))
        if (project !== undefined) projects.add(project);
      for (const { project } of (await store?.catalog.keys({})) ?? []) projects.add(project);
      projects.delete(canaryProject);
      projects.delete(burstProject);
      return [...projects];
    },
    observe: async (project, signal) => await observe(project, options, signal),
    plan: planKeys,
    act: async (action, context) => await act(action, options, context),
    describe: {
      observed: ({ project, keys, credentials }) =>
        `${project} has ${keys.length} keys and ${credentials?.length ?? 0} pairs of credentials`,
      action: (action) =>
        `${action.do} ${"key" in action ? action.key.name : action.credentials.accessKeyId}`,
    },
  };
}

async function observe(
  project: string,
  { resources, store, secrets }: KeyReconcilerOptions,
  signal: AbortSignal,
): Promise<KeysObserved> {
  // Before the keys: a pair that is issued meanwhile is of a key that is in the list.
  const credentials = (await store?.catalog.keys({}))?.filter((one) => one.project === project);
  const keys: Key[] = [];
  for await (const one of listAll(
    resources,
    { kind: "key", projects: [project] },
    { max: maxProjectKeys, signal },
  ))
    keys.push(one as Key); // the store holds what the kind's schema let in
  const secretHolds = new Map<string, string>();
  for (const { name, labels } of keys) {
    const secret = labels[secretLabel];
    if (secret === undefined) continue;
    signal.throwIfAborted();
    const pair = heldPair((await secrets?.read(project, secret))?.value ?? "");
    if (pair !== undefined) secretHolds.set(name, pair.accessKeyId);
  }
  const projectStands = (await resources.get({ kind: "project", name: project })) !== undefined;
  return {
    project,
    projectStands,
    keys,
    secretHolds,
    ...(credentials === undefined ? {} : { credentials }),
  };
}

async function act(
  action: KeyAction,
  { resources, store, secrets, clock, random }: KeyReconcilerOptions,
  context: ActContext,
): Promise<"again" | void> {
  const { by, fence } = context;
  switch (action.do) {
    case "write-status":
      return await writeStatus(resources, action.key, action.status, { by, fence });
    case "finalize":
      return await finalize(resources, action.key, context);
    case "revoke":
      await store?.catalog.removeKey({ accessKeyId: action.credentials.accessKeyId });
      return undefined;
    case "put":
      await store?.catalog.putKey({ key: action.credentials });
      return undefined;
    case "issue": {
      if (store === undefined || secrets === undefined) return undefined;
      const { key, secret, replaces } = action;
      const credentials = newCredentials(key, clock, random);
      // Known before anybody can read it; when this dies in between, the next pass revokes it and makes another.
      await store.catalog.putKey({ key: credentials });
      const description = `Credentials of access key ${key.name}`;
      try {
        await secrets.set(
          { project: credentials.project, name: secret, value: heldText(credentials), description },
          by,
        );
      } catch (error) {
        await store.catalog.removeKey({ accessKeyId: credentials.accessKeyId });
        if (error instanceof VdcError && error.code === "deleting") return undefined; // its end brings the next pass by the timer
        throw error;
      }
      for (const { accessKeyId } of replaces) await store.catalog.removeKey({ accessKeyId });
      return "again";
    }
    default:
      return unreachable(action);
  }
}
