import { hash } from "node:crypto";
import { diffJson, type FieldChange } from "#api/diff.ts";
import { VdcError } from "#api/errors.ts";
import type { OwnerRef, Resource, ResourceKey } from "#api/resource.ts";
import { matchesSelector } from "#api/selectors.ts";
import { newId } from "#lib/ids.ts";
import { canonicalJson, type JsonObject } from "#lib/json.ts";
import { continueToken, readContinueToken } from "../continue-token.ts";
import { storeLimits } from "../limits.ts";
import { storable } from "../storable.ts";
import type { ListQuery, MutationOptions, MutationResult, ResourcePage, ResourceStore } from "../store.ts";
import { contentDiff, keyName, type ModelState } from "./model.ts";

type Content = Pick<Resource, "labels" | "spec">;

/** Resources in a map, one mutation after the other. Written to be read beside the interface, not to be fast. */
export class ModelResources implements ResourceStore {
  readonly #state: ModelState;

  constructor(state: ModelState) {
    this.#state = state;
  }

  async apply(
    wanted: ResourceKey & Content & { readonly owner?: OwnerRef },
    options: MutationOptions,
  ): Promise<MutationResult> {
    const content = storable({ labels: wanted.labels, spec: wanted.spec }, "body").value;
    this.#state.fence(options.fence);
    this.#state.kind(wanted);
    this.#projectStands(wanted);
    const before = this.#state.get(wanted);
    revisionHolds(before, options);
    if (before === undefined) return this.#create(wanted, content, options);
    if (wanted.owner !== undefined && wanted.owner.id !== before.owner?.id)
      throw new VdcError("conflict", "other owner");
    return this.#change(before, content, options);
  }

  async patch(
    key: ResourceKey,
    change: (current: Resource) => Content,
    options: MutationOptions,
  ): Promise<MutationResult> {
    this.#state.fence(options.fence);
    this.#state.kind(key);
    this.#projectStands(key);
    const before = this.#existing(key, options);
    if (before.deletingSince !== undefined) throw new VdcError("deleting", keyName(key));
    return this.#change(before, storable(change(before), "body").value, options);
  }

  async setStatus(key: ResourceKey, wanted: JsonObject, options: MutationOptions): Promise<MutationResult> {
    const status = storable(wanted, "status").value;
    this.#state.fence(options.fence);
    this.#state.kind(key);
    const before = this.#existing(key, options);
    const diff = diffJson({ status: before.status }, { status });
    const after = { ...before, status, revision: this.#state.revision + 1, updatedAt: this.#state.now() };
    options.check?.({ before, after, diff });
    if (diff.length === 0) return { outcome: "unchanged", resource: before, diff };
    if (options.dryRun === true)
      return { outcome: "changed", resource: { ...after, revision: before.revision }, diff };
    this.#state.write(before, after);
    return { outcome: "changed", resource: after, diff };
  }

  async delete(key: ResourceKey, options: MutationOptions): Promise<MutationResult> {
    this.#state.fence(options.fence);
    const kind = this.#state.kind(key);
    const before = this.#existing(key, options);
    if (!kind.finalized && this.#owned(before.id).length === 0)
      return this.#remove(before, "delete", options);
    if (before.deletingSince !== undefined) {
      options.check?.({ before, after: before, diff: [] });
      return { outcome: "deleting", resource: before, diff: [] };
    }
    const at = this.#state.now();
    const after = { ...before, revision: this.#state.revision + 1, updatedAt: at, deletingSince: at };
    options.check?.({ before, after, diff: [] });
    if (options.dryRun === true) {
      return { outcome: "deleting", resource: { ...after, revision: before.revision }, diff: [] };
    }
    this.#record("delete", "is being deleted", "deleting", before, after, [], options);
    return { outcome: "deleting", resource: after, diff: [] };
  }

  async finalize(key: ResourceKey, options: MutationOptions): Promise<MutationResult> {
    this.#state.fence(options.fence);
    this.#state.kind(key);
    const before = this.#existing(key, options);
    if (before.deletingSince === undefined) throw new VdcError("conflict", "not deleting");
    const inside = this.#state.all().filter((other) => key.kind === "project" && other.project === key.name);
    for (const dependents of [this.#owned(before.id), inside]) {
      const names = dependents.map((other) => keyName(other).replace("//", "/")).toSorted();
      if (names.length > 0)
        throw new VdcError("in-use", names.join(", "), { extra: { count: names.length } });
    }
    return this.#remove(before, "finalize", options);
  }

  async get(key: ResourceKey): Promise<Resource | undefined> {
    return this.#state.get(key);
  }

  async list(query: ListQuery): Promise<ResourcePage> {
    const from = query.continue === undefined ? undefined : readContinueToken(query.continue, query.kind);
    const revision = from?.revision ?? this.#state.revision;
    const after = from === undefined ? "" : place(from);
    const all = this.#state
      .all()
      .filter((resource) => resource.kind === query.kind && matchesSelector(resource, query.selector ?? []))
      .filter(({ project }) => query.projects === undefined || query.projects.includes(project ?? ""))
      .filter(({ name }) => query.names === undefined || query.names.includes(name))
      .filter((resource) => place(resource) > after)
      .toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
    const items = all.slice(0, Math.max(1, Math.min(query.limit, storeLimits.pageItems)));
    const last = items.at(-1);
    if (last === undefined || items.length === all.length) return { items, revision };
    const position = { kind: query.kind, revision, project: last.project ?? "", name: last.name };
    return { items, revision, continue: continueToken(position) };
  }

  async ownedBy(id: string, limit: number): Promise<readonly Resource[]> {
    return this.#owned(id).slice(0, limit);
  }

  async usage(project: string): Promise<Readonly<Record<string, number>>> {
    return this.#state.usage(project);
  }

  #create(
    wanted: ResourceKey & { readonly owner?: OwnerRef },
    content: Content,
    options: MutationOptions,
  ): MutationResult {
    const { owner } = wanted;
    if (owner !== undefined) {
      const stands = this.#state.get(owner);
      if (stands?.id !== owner.id) throw new VdcError("not-found", "no such owner");
      if (stands.deletingSince !== undefined) throw new VdcError("deleting", "the owner goes");
    }
    const at = this.#state.now();
    const after: Resource = {
      kind: wanted.kind,
      ...(wanted.project === undefined ? {} : { project: wanted.project }),
      name: wanted.name,
      id: newId("resource", this.#state.world.clock, this.#state.world.random),
      generation: 1,
      revision: this.#state.revision + 1,
      ...content,
      ...(owner === undefined ? {} : { owner }),
      status: this.#state.kind(wanted).initialStatus ?? {},
      createdAt: at,
      updatedAt: at,
    };
    const diff = contentDiff({ labels: {}, spec: {} }, after);
    options.check?.({ before: undefined, after, diff });
    this.#state.quotas(undefined, after);
    if (options.dryRun === true) return { outcome: "created", resource: { ...after, revision: 0 }, diff };
    this.#record("create", "was created", "created", undefined, after, diff, options);
    return { outcome: "created", resource: after, diff };
  }

  #change(before: Resource, content: Content, options: MutationOptions): MutationResult {
    if (before.deletingSince !== undefined) throw new VdcError("deleting", keyName(before));
    const diff = contentDiff(before, content);
    const generation =
      before.generation + (canonicalJson(before.spec) === canonicalJson(content.spec) ? 0 : 1);
    const after = {
      ...before,
      ...content,
      generation,
      revision: this.#state.revision + 1,
      updatedAt: this.#state.now(),
    };
    options.check?.({ before, after, diff });
    if (diff.length === 0) return { outcome: "unchanged", resource: before, diff };
    this.#state.quotas(before, after);
    if (options.dryRun === true)
      return { outcome: "changed", resource: { ...after, revision: before.revision }, diff };
    this.#record("change", "was changed", "changed", before, after, diff, options);
    return { outcome: "changed", resource: after, diff };
  }

  #remove(before: Resource, verb: "delete" | "finalize", options: MutationOptions): MutationResult {
    options.check?.({ before, after: undefined, diff: [] });
    if (options.dryRun !== true) this.#record(verb, "was deleted", "deleted", before, undefined, [], options);
    return { outcome: "removed", resource: before, diff: [] };
  }

  /** Writes, tells and records. */
  #record(
    verb: string,
    words: string,
    happened: string,
    before: Resource | undefined,
    after: Resource | undefined,
    diff: readonly FieldChange[],
    options: MutationOptions,
  ): void {
    const revision = this.#state.write(before, after);
    const object = after ?? before;
    if (object === undefined) return;
    const { kind, project, name, id } = object;
    const key = { kind, ...(project === undefined ? {} : { project }), name };
    const within = project ?? (kind === "project" ? name : undefined);
    const { actor, address, requestId, operationId } = options.by;
    this.#state.emit({
      type: `${kind}.${happened}`,
      severity: "info",
      ...(within === undefined ? {} : { project: within }),
      subject: key,
      message: `${this.#state.kind(key).title} ${name}${project === undefined ? "" : ` in project ${project}`} ${words}.`,
      actor,
      ...(operationId === undefined ? {} : { operationId }),
    });
    this.#state.append({
      actor,
      ...(address === undefined ? {} : { address }),
      ...(requestId === undefined ? {} : { requestId }),
      ...(operationId === undefined ? {} : { operationId }),
      verb,
      target: { ...key, id },
      outcome: "done",
      revision,
      ...(before === undefined ? {} : { beforeHash: sha256(before) }),
      ...(after === undefined ? {} : { afterHash: sha256(after) }),
      ...(diff.length === 0 ? {} : { detail: boundedDiff(diff) }),
    });
  }

  #projectStands(key: ResourceKey): void {
    if (key.project === undefined) return;
    const project = this.#state.get({ kind: "project", name: key.project });
    if (project === undefined) throw new VdcError("not-found", `no project ${key.project}`);
    if (project.deletingSince !== undefined) throw new VdcError("deleting", `project ${key.project}`);
  }

  #existing(key: ResourceKey, options: MutationOptions): Resource {
    const resource = this.#state.get(key);
    if (resource === undefined) throw new VdcError("not-found", keyName(key));
    revisionHolds(resource, options);
    return resource;
  }

  #owned(id: string): readonly Resource[] {
    const older = (a: Resource, b: Resource) =>
      `${a.createdAt} ${a.id}` < `${b.createdAt} ${b.id}` ? -1 : 1;
    return this.#state
      .all()
      .filter((resource) => resource.owner?.id === id)
      .toSorted(older);
  }
}

/** A string that sorts by project and then by name: a space sorts before anything in a name. */
function place(key: { readonly project?: string; readonly name: string }): string {
  return `${key.project ?? ""} ${key.name}`;
}

function revisionHolds(resource: Resource | undefined, { ifRevision }: MutationOptions): void {
  const holds = ifRevision === "absent" ? resource === undefined : resource?.revision === ifRevision;
  if (ifRevision !== undefined && !holds) throw new VdcError("precondition-failed", `not at ${ifRevision}`);
}

function sha256({ labels, spec }: Content): string {
  return hash("sha256", canonicalJson({ labels, spec }), "hex");
}

function boundedDiff(diff: readonly FieldChange[]): JsonObject & Record<string, never> {
  const clip = (text: string) => (text.length > 200 ? `${text.slice(0, 200).toWellFormed()}…` : text);
  const fields = diff.slice(0, 50).map((field) => {
    const values = Object.entries(field).map(([name, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return [name, text.length > 200 ? clip(text) : value];
    });
    return Object.fromEntries(values);
  });
  const more = diff.length > 50 ? { more: diff.length - 50 } : {};
  // The record's schema has mutable JSON; this list was made here and nobody else has it.
  return { diff: fields, ...more } as unknown as JsonObject & Record<string, never>;
}
