import { VdcError } from "#api/errors.ts";
import { unreachable } from "#lib/assert.ts";
import { keyOf } from "#control/reconcile/key-of.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import { maxKeys, type ActContext, type Reconciler } from "#control/reconcile/reconciler.ts";
import { writeStatus } from "#control/reconcile/write-status.ts";
import type { Secrets } from "#store/secrets/secrets.ts";
import type { ResourceStore } from "#store/store.ts";
import type { Release, Secret } from "../observed.ts";
import { usesOf } from "../used-by.ts";
import { planSecrets, type SecretAction, type SecretsObserved } from "./plan.ts";

export interface SecretReconcilerOptions {
  readonly resources: ResourceStore;
  readonly secrets: Secrets;
  /** Versions of each secret that are kept whether or not anything names them. */
  readonly keptVersions: number;
}

const maxSecrets = 5_000;
const maxReleases = 20_000;

/** Keeps the secrets of every project true. One key is a project. */
export function createSecretReconciler(
  options: SecretReconcilerOptions,
): Reconciler<SecretsObserved, SecretAction> {
  const { resources } = options;
  return {
    name: "secret",
    watches: ["secret", "app"],
    everyMs: 5 * 60_000,
    keysOf: ({ project }) => (project === undefined ? [] : [project]),
    keys: async (signal) => {
      const projects = new Set<string>();
      for await (const { project } of listAll(resources, { kind: "secret" }, { max: maxKeys, signal }))
        if (project !== undefined) projects.add(project);
      return [...projects];
    },
    observe: async (project, signal) => await observe(project, options, signal),
    plan: planSecrets,
    act: async (action, context) => await act(action, options, context),
    describe: {
      observed: ({ project, secrets }) => `${project} has ${secrets.length} secrets`,
      action: (action) => `${action.do} ${action.secret.name}`,
    },
  };
}

async function observe(
  project: string,
  { resources, secrets: values, keptVersions }: SecretReconcilerOptions,
  signal: AbortSignal,
): Promise<SecretsObserved> {
  const secrets: Secret[] = [];
  for await (const one of listAll(
    resources,
    { kind: "secret", projects: [project] },
    { max: maxSecrets, signal },
  ))
    secrets.push(one as Secret); // the store holds what the kind's schema let in
  const newest = new Map<string, { readonly version: number; readonly createdAt: string }>();
  const crowded = new Set<string>();
  for (const { name } of secrets) {
    signal.throwIfAborted();
    const versions = await values.versions(project, name);
    const [first] = versions;
    if (first !== undefined) newest.set(name, first);
    if (versions.length > keptVersions) crowded.add(name);
  }
  const uses = secrets.length === 0 ? new Map() : (await usesOf(project, resources, signal)).secrets;
  const namedVersions = crowded.size === 0 ? new Map() : await versionsOfReleases(project, resources, signal);
  return { project, secrets, usedBy: uses, namedVersions, newest, crowded };
}

async function versionsOfReleases(
  project: string,
  resources: ResourceStore,
  signal: AbortSignal,
): Promise<Map<string, Set<number>>> {
  const named = new Map<string, Set<number>>();
  for await (const one of listAll(
    resources,
    { kind: "release", projects: [project] },
    { max: maxReleases, signal },
  )) {
    const { spec } = one as Release; // the store holds what the kind's schema let in
    for (const value of Object.values(spec.appSpec.settings)) {
      if (typeof value !== "object" || value.version === undefined) continue;
      named.set(value.secret, (named.get(value.secret) ?? new Set()).add(value.version));
    }
  }
  return named;
}

async function act(
  action: SecretAction,
  { resources, secrets }: SecretReconcilerOptions,
  { by, fence }: ActContext,
): Promise<"again" | void> {
  const { secret } = action;
  const project = secret.project ?? "";
  switch (action.do) {
    case "write-status":
      return await writeStatus(resources, secret, action.status, { by, fence });
    case "prune":
      await secrets.prune(project, secret.name, action.used);
      return undefined;
    case "remove":
      // The values first, while the deletion refuses new ones.
      await secrets.removeAll(project, secret.name);
      try {
        await resources.finalize(keyOf(secret), { by, fence });
      } catch (error) {
        if (!(error instanceof VdcError && error.code === "not-found")) throw error; // gone already
      }
      return undefined;
    default:
      return unreachable(action);
  }
}
