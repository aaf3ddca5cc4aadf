import type { ProjectSpec, ProjectStatus } from "#api/kinds/project.ts";
import type { Operation } from "#api/records.ts";
import type { Resource, ResourceKey } from "#api/resource.ts";
import { assert } from "#lib/assert.ts";
import { canonicalJson } from "#lib/json.ts";

export type Project = Resource<ProjectSpec, ProjectStatus>;

/** What a pass knows of one project. */
export interface ProjectObserved {
  readonly name: string;
  /** Absent once it is gone. */
  readonly project?: Project;
  readonly usage: Readonly<Record<string, number>>;
  /** Resources in it that nobody deletes yet, at most a batch; read only while the project is deleted. */
  readonly deletable: readonly ResourceKey[];
  /** Resources in it, those that are being deleted included. */
  readonly remaining: number;
  /** The operation that shows the deletion, while it runs. */
  readonly operation?: Operation;
}

export type ProjectAction =
  | { readonly do: "write-status"; readonly project: Project; readonly status: ProjectStatus }
  | { readonly do: "begin-operation"; readonly project: Project; readonly resources: number }
  | { readonly do: "delete-resources"; readonly project: Project; readonly keys: readonly ResourceKey[] }
  | { readonly do: "show-progress"; readonly operation: Operation; readonly remaining: number }
  | { readonly do: "finalize"; readonly project: Project }
  | { readonly do: "end-operation"; readonly operation: Operation };

/** What has to be done so that the project's status is true, and so that a deleted project goes. Pure. */
export function planProject(observed: ProjectObserved): readonly ProjectAction[] {
  const { project, operation } = observed;
  // A deletion cannot be taken back: a project of that name that is not being deleted is another, newer one.
  const isOver = operation !== undefined && project?.deletingSince === undefined;
  const ending: readonly ProjectAction[] = isOver ? [{ do: "end-operation", operation }] : [];
  if (project === undefined) return ending;
  return [...ending, ...planStatus(project, observed.usage), ...planDeletion(project, observed)];
}

function planStatus(project: Project, usage: ProjectObserved["usage"]): readonly ProjectAction[] {
  const used = Object.entries(usage).filter(([, value]) => value !== 0);
  const status: ProjectStatus = {
    phase: project.deletingSince === undefined ? "active" : "deleting",
    usage: Object.fromEntries(used),
  };
  if (canonicalJson(status) === canonicalJson(project.status)) return [];
  return [{ do: "write-status", project, status }];
}

function planDeletion(project: Project, observed: ProjectObserved): readonly ProjectAction[] {
  if (project.deletingSince === undefined) return [];
  const { operation, deletable: keys, remaining } = observed;
  assert(keys.length <= remaining, "what can be deleted is part of what remains");
  if (operation === undefined) return [{ do: "begin-operation", project, resources: remaining }];
  const actions: ProjectAction[] = [];
  if (keys.length > 0) actions.push({ do: "delete-resources", project, keys });
  if (shownRemaining(operation) !== remaining) actions.push({ do: "show-progress", operation, remaining });
  if (remaining === 0) actions.push({ do: "finalize", project });
  return actions;
}

/** How many resources the operation says are left; its result keeps the number for the next pass. */
export function shownRemaining(operation: Operation): number | undefined {
  const value = operation.result?.["remaining"];
  return typeof value === "number" ? value : undefined;
}
