import type { Resource, ResourceKey } from "#api/resource.ts";
import { keyString } from "./rows.ts";

/** What a transaction looks at before it plans. */
export interface Needs {
  readonly keys?: readonly ResourceKey[];
  /** A resource of which it must be known what depends on it: what it owns, and for a project what is in it. */
  readonly dependentsOf?: ResourceKey;
  /** A lease to check a fence against. */
  readonly lease?: string;
  /** An operation of which it must be known whether it is there. */
  readonly operation?: string;
}

export interface Head {
  readonly revision: number;
  readonly compacted: number;
  readonly audit_sequence: number;
  readonly audit_hash: string;
}

/** How many others name a resource as their owner, and the names of some. */
export interface Dependents {
  count: number;
  readonly names: Set<string>;
}

/** The rows that a batch touches, as they stood under the head's lock. */
export interface Loaded {
  readonly head: Head;
  readonly resources: readonly Resource[];
  readonly usage: readonly { readonly project: string; readonly measure: string; readonly used: number }[];
  readonly owned: readonly {
    readonly owner_id: string;
    readonly count: number;
    readonly names: readonly string[];
  }[];
  readonly inProjects: readonly { readonly project: string; readonly names: readonly string[] }[];
  readonly leases: readonly { readonly name: string; readonly epoch: number }[];
  readonly operations: readonly { readonly id: string }[];
}

/**
 * The state in memory that mutations are planned on: what was loaded, and what earlier mutations of the same
 * batch did to it. Planners only read it; `replace` is called with what they decided.
 */
export class View {
  readonly #resources = new Map<string, Resource>();
  readonly #usage = new Map<string, Map<string, number>>();
  readonly #owned = new Map<string, Dependents>();
  readonly #inProjects = new Map<string, Set<string>>();
  readonly #leases: ReadonlyMap<string, number>;
  readonly #operations: Set<string>;

  constructor(loaded: Loaded) {
    for (const resource of loaded.resources) this.#resources.set(keyString(resource), resource);
    for (const { project, measure, used } of loaded.usage) this.#measures(project).set(measure, used);
    for (const { owner_id, count, names } of loaded.owned)
      this.#owned.set(owner_id, { count, names: new Set(names) });
    for (const { project, names } of loaded.inProjects) this.#inProjects.set(project, new Set(names));
    this.#leases = new Map(loaded.leases.map((lease) => [lease.name, lease.epoch]));
    this.#operations = new Set(loaded.operations.map((operation) => operation.id));
  }

  resource(key: ResourceKey): Resource | undefined {
    return this.#resources.get(keyString(key));
  }

  used(project: string, measure: string): number {
    return this.#usage.get(project)?.get(measure) ?? 0;
  }

  /** What names this resource as its owner. Known for resources whose dependents were asked for, and for new ones. */
  owned(id: string): { readonly count: number; readonly names: readonly string[] } {
    const dependents = this.#owned.get(id);
    return { count: dependents?.count ?? 0, names: [...(dependents?.names ?? [])] };
  }

  /** What is in a project; the names are some of them. */
  inProject(project: string): { readonly count: number; readonly names: readonly string[] } {
    return { count: this.used(project, "resources"), names: [...(this.#inProjects.get(project) ?? [])] };
  }

  epoch(lease: string): number | undefined {
    return this.#leases.get(lease);
  }

  hasOperation(id: string): boolean {
    return this.#operations.has(id);
  }

  addOperation(id: string): void {
    this.#operations.add(id);
  }

  /** Takes what a plan decided: `after` undefined means that it is gone. */
  replace(before: Resource | undefined, after: Resource | undefined): void {
    const key = before ?? after;
    if (key === undefined) return;
    if (after === undefined) this.#resources.delete(keyString(key));
    else this.#resources.set(keyString(key), after);
    if ((before === undefined) === (after === undefined)) return;
    const by = after === undefined ? -1 : 1;
    if (key.owner !== undefined) this.#count(key.owner.id, keyString(key), by);
    if (key.project !== undefined) this.#name(key.project, keyString(key), by);
  }

  setUsed(project: string, measure: string, used: number): void {
    this.#measures(project).set(measure, used);
  }

  #measures(project: string): Map<string, number> {
    const known = this.#usage.get(project) ?? new Map<string, number>();
    this.#usage.set(project, known);
    return known;
  }

  #count(owner: string, name: string, by: 1 | -1): void {
    const dependents = this.#owned.get(owner) ?? { count: 0, names: new Set<string>() };
    dependents.count += by;
    if (by === 1) dependents.names.add(name);
    else dependents.names.delete(name);
    this.#owned.set(owner, dependents);
  }

  #name(project: string, name: string, by: 1 | -1): void {
    const names = this.#inProjects.get(project) ?? new Set<string>();
    if (by === 1) names.add(name);
    else names.delete(name);
    this.#inProjects.set(project, names);
  }
}
