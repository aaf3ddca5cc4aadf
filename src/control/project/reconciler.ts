import { systemActor, type Actor } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { KindRegistry } from "#api/kinds.ts";
import type { Operation } from "#api/records.ts";
import type { ResourceKey } from "#api/resource.ts";
import { unreachable } from "#lib/assert.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { OperationStore, ResourceStore } from "#store/store.ts";
import { maxKeys, type ActContext, type ChangeSubject, type Reconciler } from "../reconcile/reconciler.ts";
import { deleteAll } from "../reconcile/delete-all.ts";
import { listAll } from "../reconcile/list-all.ts";
import { writeStatus } from "../reconcile/write-status.ts";
import { beginDeletion, deletionOf, deletionType, endDeletion, showRemaining } from "./deletion-operation.ts";
import { planProject, type Project, type ProjectAction, type ProjectObserved } from "./plan.ts";

export interface ProjectReconcilerOptions {
  readonly resources: ResourceStore;
  readonly operations: OperationStore;
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly random: Random;
}

/** Resources that one pass begins to delete. */
export const deletionBatch = 200;
/** Resources of each kind that one pass looks at, to find some that nobody deletes yet. */
const maxLookedAt = 20_000;
const unfinished: readonly Operation["state"][] = ["running", "cancelling"];

type ProjectReconciler = Reconciler<ProjectObserved, ProjectAction>;

/** Keeps every project's status true and takes deleted projects apart. One key is a project's name. */
export function createProjectReconciler(options: ProjectReconcilerOptions): ProjectReconciler {
  const inProjects = [...options.kinds.values()]
    .filter((kind) => kind.scope === "project")
    .map((k) => k.kind);
  return {
    name: "project",
    watches: ["project", ...inProjects],
    // Long, as every project is looked at then: what changes comes by the feed, which loses nothing.
    everyMs: 5 * 60_000,
    keysOf,
    keys: async (signal) => await projectNames(options, signal),
    observe: async (name, signal) => await observe(name, inProjects, options, signal),
    plan: planProject,
    act: async (action, context) => await act(action, options, context),
    describe: { observed: describeObserved, action: (action) => action.do },
  };
}

/** A new project's status is true from the start and does not depend on its spec: only a project that goes needs passes. */
function keysOf({ kind, project, name, life }: ChangeSubject): readonly string[] {
  if (kind === "project") return life === "deleting" || life === "deleted" ? [name] : [];
  return project === undefined ? [] : [project];
}

/** All projects, and those that are gone but whose operation was not ended because its process died in between. */
async function projectNames(
  options: ProjectReconcilerOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names = new Set<string>();
  for await (const project of listAll(options.resources, { kind: "project" }, { max: maxKeys, signal }))
    names.add(project.name);
  const operations = await options.operations.list({ states: unfinished, limit: 1_000 });
  for (const { type, target } of operations) if (type === deletionType && target) names.add(target.name);
  return [...names];
}

async function observe(
  name: string,
  inProjects: readonly string[],
  options: ProjectReconcilerOptions,
  signal: AbortSignal,
): Promise<ProjectObserved> {
  const { resources, operations } = options;
  // The store holds what the kind's schema let in.
  const project = (await resources.get({ kind: "project", name })) as Project | undefined;
  const running = await operations.list({ projects: [name], states: unfinished, limit: 1_000 });
  const operation = deletionOf(running, name);
  const shown = operation === undefined ? {} : { operation };
  if (project === undefined) return { name, usage: {}, deletable: [], remaining: 0, ...shown };
  const usage = await resources.usage(name);
  if (project.deletingSince === undefined)
    return { name, project, usage, deletable: [], remaining: 0, ...shown };
  const inside = await lookInside(name, inProjects, resources, signal);
  return { name, project, usage, ...inside, ...shown };
}

/** Counted, not taken from the usage: the deletion has to be right also when a kind counts for nothing. */
async function lookInside(
  name: string,
  inProjects: readonly string[],
  resources: ResourceStore,
  signal: AbortSignal,
): Promise<Pick<ProjectObserved, "deletable" | "remaining">> {
  const deletable: ResourceKey[] = [];
  let remaining = 0;
  for (const kind of inProjects) {
    for await (const found of listAll(resources, { kind, projects: [name] }, { max: maxLookedAt, signal })) {
      remaining += 1;
      if (found.deletingSince === undefined && deletable.length < deletionBatch)
        deletable.push({ kind, project: name, name: found.name });
    }
  }
  return { deletable, remaining };
}

async function act(
  action: ProjectAction,
  options: ProjectReconcilerOptions,
  context: ActContext,
): Promise<"again" | void> {
  const { resources, operations, clock, random } = options;
  const { by, fence, signal } = context;
  switch (action.do) {
    case "write-status":
      return await writeStatus(resources, action.project, action.status, { by, fence });
    case "begin-operation": {
      const { name } = action.project;
      const begun = { name, resources: action.resources, actor: deletionActor };
      await operations.put(beginDeletion(begun, { clock, random }), fence);
      return "again";
    }
    case "delete-resources":
      await deleteAll(resources, action.keys, { by, fence }, signal);
      return "again";
    case "show-progress":
      await operations.put(showRemaining(action.operation, action.remaining, clock), fence);
      return undefined;
    case "finalize":
      await finalize(action.project, resources, context);
      return "again";
    case "end-operation":
      await operations.put(endDeletion(action.operation, clock), fence);
      return undefined;
    default:
      return unreachable(action);
  }
}

/** Whoever asked for the deletion is in the audit entry of it; the operation is the reconciler's own. */
const deletionActor: Actor = systemActor("reconciler/project");

async function finalize(project: Project, resources: ResourceStore, context: ActContext): Promise<void> {
  const { by, fence } = context;
  try {
    await resources.finalize({ kind: "project", name: project.name }, { by, fence });
  } catch (error) {
    // Something came in since we looked, or it is gone already: the next pass sees it.
    if (!(error instanceof VdcError && (error.code === "in-use" || error.code === "not-found"))) throw error;
  }
}

function describeObserved({ name, project, remaining }: ProjectObserved): string {
  if (project === undefined) return `${name} is gone`;
  if (project.deletingSince === undefined) return `${name} is active`;
  return `${name} is being deleted, ${remaining} resources in it`;
}
