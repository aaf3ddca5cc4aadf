import { VdcError } from "#api/errors.ts";
import { unreachable } from "#lib/assert.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import { maxKeys, type ActContext, type Reconciler } from "#control/reconcile/reconciler.ts";
import { writeStatus } from "#control/reconcile/write-status.ts";
import type { ResourceStore } from "#store/store.ts";
import type { PackageFiles } from "../ports.ts";
import {
  digestsOf,
  planPackages,
  type Package,
  type PackageAction,
  type PackageObserved,
  type PackagesObserved,
} from "./plan.ts";
import { usersByPackage } from "./users.ts";

export interface PackageReconcilerOptions {
  readonly resources: ResourceStore;
  readonly files: PackageFiles;
}

/** Says of every package who uses it and whether it is whole, and lets a deleted one go once nobody does. A key is a project. */
export function createPackageReconciler(
  options: PackageReconcilerOptions,
): Reconciler<PackagesObserved, PackageAction> {
  return {
    name: "package",
    watches: ["package", "app", "release"],
    everyMs: 5 * 60_000,
    keys: async (signal) => await projectsWithPackages(options.resources, signal),
    keysOf: ({ project }) => (project === undefined ? [] : [project]),
    observe: async (project, signal) => await observe(project, options, signal),
    plan: planPackages,
    act: async (action, context) => await act(action, options, context),
    describe: {
      observed: ({ project, packages }) => `${project} has ${packages.length} packages`,
      action: (action) => `${action.do} ${action.package.name}`,
    },
  };
}

async function projectsWithPackages(
  resources: ResourceStore,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const projects = new Set<string>();
  for await (const { project } of listAll(resources, { kind: "package" }, { max: maxKeys, signal }))
    if (project !== undefined) projects.add(project);
  return [...projects];
}

async function observe(
  project: string,
  { resources, files }: PackageReconcilerOptions,
  signal: AbortSignal,
): Promise<PackagesObserved> {
  const packages: PackageObserved[] = [];
  const users = await usersByPackage(resources, project, signal);
  const query = { kind: "package", projects: [project] };
  for await (const found of listAll(resources, query, { max: maxKeys, signal })) {
    const one = found as Package; // the store holds what the kind's schema let in
    packages.push({ package: one, usedBy: users.get(one.name) ?? [], whole: await isWhole(one, files) });
  }
  return { project, packages };
}

async function isWhole({ spec }: Package, files: PackageFiles): Promise<boolean> {
  for (const { artifact } of spec.components) {
    if (artifact === undefined) continue;
    try {
      await files.artifact(artifact);
    } catch (error) {
      if (error instanceof VdcError && error.code === "not-found") return false;
      throw error;
    }
  }
  return true;
}

async function act(
  action: PackageAction,
  { resources }: PackageReconcilerOptions,
  { by, fence }: ActContext,
): Promise<"again" | void> {
  switch (action.do) {
    case "write-status":
      return await writeStatus(resources, action.package, action.status, { by, fence });
    case "finalize": {
      const { project = "", name } = action.package;
      await resources.finalize({ kind: "package", project, name }, { by, fence });
      return undefined;
    }
    default:
      return unreachable(action);
  }
}

/**
 * Removes files that no package of any project names. One key for the whole machine; apart from the other, because it looks
 * at all packages at once.
 */
export function createPackageFilesReconciler(
  options: PackageReconcilerOptions,
): Reconciler<ReadonlySet<string>, { readonly do: "remove-unused"; readonly inUse: ReadonlySet<string> }> {
  return {
    name: "package-files",
    watches: [],
    everyMs: 15 * 60_000,
    keys: () => Promise.resolve(["all"]),
    observe: async (_key, signal) => {
      const inUse = new Set<string>();
      const query = { kind: "package" };
      for await (const found of listAll(options.resources, query, { max: Number.MAX_SAFE_INTEGER, signal }))
        for (const digest of digestsOf((found as Package).spec)) inUse.add(digest); // as above
      return inUse;
    },
    plan: (inUse) => [{ do: "remove-unused", inUse }],
    act: async ({ inUse }) => {
      await options.files.removeUnused(inUse);
    },
    describe: {
      observed: (inUse) => `${inUse.size} digests are named by packages`,
      action: (action) => action.do,
    },
  };
}
