import { diffJson, type FieldChange } from "#api/diff.ts";
import { VdcError } from "#api/errors.ts";
import type { KindDefinition } from "#api/kind.ts";
import type { KindRegistry } from "#api/kinds.ts";
import { keyText, type OwnerRef, type Resource, type ResourceKey } from "#api/resource.ts";
import type { Id } from "#lib/ids.ts";
import type { Json, JsonObject } from "#lib/json.ts";
import { storable } from "../storable.ts";
import type { Fence, MutationOptions, MutationResult } from "../store.ts";
import { planUsage, type UsageChange } from "./quota.ts";
import type { View } from "./view.ts";

/** What a mutation decides: its answer, and what it writes (nothing when it changes nothing). */
export interface Plan {
  readonly result: MutationResult;
  readonly write?: Write;
}

export interface Write {
  readonly before?: Resource;
  readonly after?: Resource;
  readonly usage: readonly UsageChange[];
  /** Absent for status writes, which leave neither audit entry nor event. */
  readonly record?: {
    readonly verb: Verb;
    readonly happened: Happened;
    readonly diff: readonly FieldChange[];
  };
}

export type Verb = "create" | "change" | "delete" | "finalize";
export type Happened = "created" | "changed" | "deleting" | "deleted";

/** All that a planner may ask of the world. */
export interface PlanContext {
  readonly view: View;
  readonly kinds: KindRegistry;
  /** The revision that a write of this plan gets. */
  readonly revision: number;
  /** Time of the batch, ISO 8601. */
  readonly at: string;
  readonly newId: () => Id<"resource">;
}

export interface Wanted extends ResourceKey {
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
  readonly owner?: OwnerRef;
}

/** Creates or changes by the whole spec. */
export function planApply(context: PlanContext, wanted: Wanted, options: MutationOptions): Plan {
  checkFence(context.view, options.fence);
  const kind = kindOf(context.kinds, wanted);
  const project = standingProject(context.view, wanted);
  const before = context.view.resource(wanted);
  checkRevision(wanted, before, options.ifRevision);
  if (before === undefined) return planCreate(context, wanted, kind, project, options);
  if (wanted.owner !== undefined && wanted.owner.id !== before.owner?.id) {
    throw new VdcError("conflict", `${keyText(before)} belongs to another owner already.`);
  }
  return planChange(context, before, wanted, kind, project, options);
}

/** Changes what stands by a function of it. */
export function planPatch(
  context: PlanContext,
  key: ResourceKey,
  change: (current: Resource) => Pick<Wanted, "labels" | "spec">,
  options: MutationOptions,
): Plan {
  checkFence(context.view, options.fence);
  const kind = kindOf(context.kinds, key);
  const project = standingProject(context.view, key);
  const before = standing(context.view, key, options);
  if (before.deletingSince !== undefined) throw isDeleting(before);
  const { labels, spec } = change(before);
  const clean = storable({ labels, spec }, "body").value;
  return planChange(context, before, clean, kind, project, options);
}

/** Replaces status and nothing else. */
export function planStatus(
  context: PlanContext,
  key: ResourceKey,
  status: JsonObject,
  options: MutationOptions,
): Plan {
  checkFence(context.view, options.fence);
  kindOf(context.kinds, key);
  const before = standing(context.view, key, options);
  const diff = diffJson({ status: before.status }, { status });
  const after = { ...before, status, revision: context.revision, updatedAt: context.at };
  options.check?.({ before, after, diff });
  if (diff.length === 0) return { result: { outcome: "unchanged", resource: before, diff } };
  return {
    result: { outcome: "changed", resource: seen(after, before, options), diff },
    write: { before, after, usage: [] },
  };
}

/** Removes it, or marks it as deleting when somebody has to clean up first. */
export function planDelete(context: PlanContext, key: ResourceKey, options: MutationOptions): Plan {
  checkFence(context.view, options.fence);
  const kind = kindOf(context.kinds, key);
  const before = standing(context.view, key, options);
  if (!kind.finalized && context.view.owned(before.id).count === 0)
    return planRemoval(context, before, "delete", options);
  const marked = before.deletingSince !== undefined;
  const after = marked
    ? before
    : { ...before, revision: context.revision, updatedAt: context.at, deletingSince: context.at };
  options.check?.({ before, after, diff: [] });
  const result = { outcome: "deleting", resource: seen(after, before, options), diff: [] } as const;
  if (marked) return { result };
  return {
    result,
    write: { before, after, usage: [], record: { verb: "delete", happened: "deleting", diff: [] } },
  };
}

/** Removes a resource whose owners have cleaned up. */
export function planFinalize(context: PlanContext, key: ResourceKey, options: MutationOptions): Plan {
  checkFence(context.view, options.fence);
  kindOf(context.kinds, key);
  const before = standing(context.view, key, options);
  if (before.deletingSince === undefined) {
    throw new VdcError("conflict", `${keyText(before)} is not being deleted.`);
  }
  refuseDependents(before, "owns", context.view.owned(before.id));
  if (before.kind === "project") refuseDependents(before, "holds", context.view.inProject(before.name));
  return planRemoval(context, before, "finalize", options);
}

function planCreate(
  context: PlanContext,
  wanted: Wanted,
  kind: KindDefinition,
  project: Resource | undefined,
  options: MutationOptions,
): Plan {
  const owner = wanted.owner === undefined ? {} : { owner: standingOwner(context.view, wanted.owner) };
  const after: Resource = {
    kind: wanted.kind,
    ...(wanted.project === undefined ? {} : { project: wanted.project }),
    name: wanted.name,
    id: context.newId(),
    generation: 1,
    revision: context.revision,
    labels: wanted.labels,
    ...owner,
    spec: wanted.spec,
    status: kind.initialStatus ?? {},
    createdAt: context.at,
    updatedAt: context.at,
  };
  const diff = userDiff({ labels: {}, spec: {} }, wanted);
  options.check?.({ before: undefined, after, diff });
  const usage = planUsage(context.view, kind, project, undefined, after);
  return {
    result: { outcome: "created", resource: seen(after, undefined, options), diff },
    write: { after, usage, record: { verb: "create", happened: "created", diff } },
  };
}

function planChange(
  context: PlanContext,
  before: Resource,
  wanted: Pick<Wanted, "labels" | "spec">,
  kind: KindDefinition,
  project: Resource | undefined,
  options: MutationOptions,
): Plan {
  if (before.deletingSince !== undefined) throw isDeleting(before);
  const diff = userDiff(before, wanted);
  const specChanged = diff.some((field) => field.path === "spec" || field.path.startsWith("spec."));
  const after: Resource = {
    ...before,
    labels: wanted.labels,
    spec: wanted.spec,
    generation: before.generation + (specChanged ? 1 : 0),
    revision: context.revision,
    updatedAt: context.at,
  };
  options.check?.({ before, after, diff });
  if (diff.length === 0) return { result: { outcome: "unchanged", resource: before, diff } };
  const usage = planUsage(context.view, kind, project, before, after);
  return {
    result: { outcome: "changed", resource: seen(after, before, options), diff },
    write: { before, after, usage, record: { verb: "change", happened: "changed", diff } },
  };
}

function planRemoval(
  context: PlanContext,
  before: Resource,
  verb: "delete" | "finalize",
  options: MutationOptions,
): Plan {
  options.check?.({ before, after: undefined, diff: [] });
  const kind = kindOf(context.kinds, before);
  const usage = planUsage(context.view, kind, undefined, before, undefined);
  return {
    result: { outcome: "removed", resource: before, diff: [] },
    write: { before, usage, record: { verb, happened: "deleted", diff: [] } },
  };
}

/** A dry run gets no revision: the answer keeps the one that stands, or 0. */
function seen(after: Resource, before: Resource | undefined, options: MutationOptions): Resource {
  return options.dryRun === true ? { ...after, revision: before?.revision ?? 0 } : after;
}

function userDiff(
  before: Pick<Wanted, "labels" | "spec">,
  after: Pick<Wanted, "labels" | "spec">,
): readonly FieldChange[] {
  const json = (part: Pick<Wanted, "labels" | "spec">): Json => ({ labels: part.labels, spec: part.spec });
  return diffJson(json(before), json(after));
}

/** The kind, when there is one and the key has the form that it asks for. */
export function kindOf(kinds: KindRegistry, key: ResourceKey): KindDefinition {
  const kind = kinds.get(key.kind);
  if (kind === undefined) throw new VdcError("not-found", `There is no kind '${key.kind}'.`);
  if ((kind.scope === "project") === (key.project !== undefined)) return kind;
  const message =
    kind.scope === "project" ? `a ${kind.kind} lives in a project` : `a ${kind.kind} lives in no project`;
  throw new VdcError("invalid", `The key is not one of a ${kind.kind}.`, {
    fields: [{ path: "project", message }],
  });
}

function checkFence(view: View, fence: Fence | undefined): void {
  if (fence === undefined || view.epoch(fence.lease) === fence.epoch) return;
  throw new VdcError("fenced", `The lease ${fence.lease} is no longer held with epoch ${fence.epoch}.`);
}

/** Refuses a write whose lease was taken over; for operations, which are no resources. */
export const checkOperationFence = checkFence;

function standingProject(view: View, key: ResourceKey): Resource | undefined {
  if (key.project === undefined) return undefined;
  const project = view.resource({ kind: "project", name: key.project });
  if (project === undefined) throw new VdcError("not-found", `There is no project ${key.project}.`);
  if (project.deletingSince !== undefined) throw isDeleting(project);
  return project;
}

function standing(view: View, key: ResourceKey, options: MutationOptions): Resource {
  const resource = view.resource(key);
  if (resource === undefined) throw new VdcError("not-found", `There is no ${keyText(key)}.`);
  checkRevision(key, resource, options.ifRevision);
  return resource;
}

function standingOwner(view: View, owner: OwnerRef): OwnerRef {
  const resource = view.resource(owner);
  if (resource === undefined || resource.id !== owner.id) {
    throw new VdcError("not-found", `The owner ${keyText(owner)} is not there.`);
  }
  if (resource.deletingSince !== undefined) throw isDeleting(resource);
  return owner;
}

function checkRevision(
  key: ResourceKey,
  current: Resource | undefined,
  wanted: number | "absent" | undefined,
): void {
  if (wanted === undefined || wanted === (current?.revision ?? "absent")) return;
  const stands = current === undefined ? "it is not there" : `it stands at ${current.revision}`;
  throw new VdcError("precondition-failed", `${keyText(key)} is not at revision ${wanted}: ${stands}.`, {
    extra: current === undefined ? {} : { revision: current.revision },
  });
}

function isDeleting(resource: Resource): VdcError {
  return new VdcError("deleting", `${keyText(resource)} is being deleted.`);
}

function refuseDependents(
  resource: Resource,
  verb: "owns" | "holds",
  dependents: { readonly count: number; readonly names: readonly string[] },
): void {
  if (dependents.count === 0) return;
  const names = dependents.names
    .map((name) => name.replace("//", "/"))
    .toSorted()
    .slice(0, 5);
  const more = dependents.count > names.length ? ` and ${dependents.count - names.length} more` : "";
  throw new VdcError("in-use", `${keyText(resource)} still ${verb} ${names.join(", ")}${more}.`, {
    extra: { count: dependents.count, names },
  });
}
