import { assert } from "#lib/assert.ts";
import { diffJson } from "#api/diff.ts";
import { VdcError } from "#api/errors.ts";
import type { KindDefinition } from "#api/kind.ts";
import type { KindRegistry } from "#api/kinds.ts";
import type { AuditEntry, Change, Event, NewAuditEntry, NewEvent, Operation } from "#api/records.ts";
import type { Resource, ResourceKey } from "#api/resource.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { Random } from "#lib/random.ts";
import { auditHash, genesisHash } from "../audit-chain.ts";
import type { Fence } from "../store.ts";

export interface ModelWorld {
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly random: Random;
}

/** The whole state of the model, in plain maps and lists, and the steps that every mutation is made of. */
export class ModelState {
  readonly world: ModelWorld;
  readonly resources = new Map<string, Resource>();
  readonly operations = new Map<string, Operation>();
  readonly leases = new Map<string, { holder: string; epoch: number; until: number }>();
  changes: { readonly change: Change; readonly at: number }[] = [];
  events: Event[] = [];
  audit: AuditEntry[] = [];
  revision = 0;
  compacted = 0;
  #listeners = new Set<() => void>();

  constructor(world: ModelWorld) {
    this.world = world;
  }

  get(key: ResourceKey): Resource | undefined {
    return this.resources.get(keyName(key));
  }

  all(): readonly Resource[] {
    return [...this.resources.values()];
  }

  now(): string {
    return isoTime(this.world.clock.now());
  }

  kind(key: ResourceKey): KindDefinition {
    const kind = this.world.kinds.get(key.kind);
    if (kind === undefined) throw new VdcError("not-found", `no kind ${key.kind}`);
    const placed = key.project !== undefined;
    if (placed !== (kind.scope === "project")) {
      throw new VdcError("invalid", "wrong place", { fields: [{ path: "project", message: "wrong place" }] });
    }
    return kind;
  }

  fence(fence: Fence | undefined): void {
    if (fence !== undefined && this.leases.get(fence.lease)?.epoch !== fence.epoch) {
      throw new VdcError("fenced", `lease ${fence.lease}`);
    }
  }

  /** Sums up from scratch what a project uses. */
  usage(project: string): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const resource of this.all()) {
      if (resource.project !== project) continue;
      const own = this.kind(resource).usage?.(resource.spec) ?? {};
      for (const [measure, used] of Object.entries({ ...own, resources: 1 })) {
        sums[measure] = (sums[measure] ?? 0) + used;
      }
    }
    return Object.fromEntries(Object.entries(sums).filter(([, used]) => used > 0));
  }

  /** Refuses when putting `after` for `before` would grow its project past a quota. */
  quotas(before: Resource | undefined, after: Resource): void {
    if (after.project === undefined) return;
    const quotas = this.get({ kind: "project", name: after.project })?.spec["quotas"] ?? {};
    const uses = (resource: Resource | undefined): Record<string, number> =>
      resource === undefined ? {} : { ...this.kind(resource).usage?.(resource.spec), resources: 1 };
    const sums = this.usage(after.project);
    for (const measure of Object.keys(uses(after)).toSorted()) {
      const limit = Number(
        Object.entries(quotas).find(([name]) => name === measure)?.[1] ?? Number.MAX_SAFE_INTEGER,
      );
      const wanted = (uses(after)[measure] ?? 0) - (uses(before)[measure] ?? 0);
      const used = sums[measure] ?? 0;
      if (wanted > 0 && BigInt(used) + BigInt(wanted) > BigInt(limit)) {
        throw new VdcError("quota-exceeded", `${measure} of ${after.project}`, {
          extra: { measure, limit, used, wanted },
        });
      }
    }
  }

  /** Puts or removes a resource, with its line in the log. The given resource has its new revision already. */
  write(before: Resource | undefined, after: Resource | undefined): number {
    const object = after ?? before;
    assert(object !== undefined, "a write is of something");
    if (after === undefined) this.resources.delete(keyName(object));
    else this.resources.set(keyName(object), after);
    const type = before === undefined ? "created" : after === undefined ? "deleted" : "updated";
    return this.log(type, object.kind, object.project, object.name, object);
  }

  log(type: Change["type"], kind: string, project: string | undefined, name: string, object: object): number {
    this.revision += 1;
    const place = project === undefined ? {} : { project };
    const change: Change = {
      revision: this.revision,
      type,
      kind,
      ...place,
      name,
      object: object as Change["object"], // plain JSON, of which the interface only names the members
    };
    this.changes.push({ change, at: this.world.clock.now() });
    for (const listener of this.#listeners) listener();
    return this.revision;
  }

  emit(event: NewEvent): Event {
    const id = newId("event", this.world.clock, this.world.random);
    const whole: Event = { ...event, id, revision: this.revision + 1, at: this.now() };
    this.events.push(whole);
    this.log("created", "event", event.project, id, whole);
    return whole;
  }

  append(entry: NewAuditEntry): void {
    const previousHash = this.audit.at(-1)?.hash ?? genesisHash;
    const rest = { ...entry, sequence: this.audit.length + 1, at: this.now() };
    this.audit.push({ ...rest, previousHash, hash: auditHash(previousHash, rest) });
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}

export function keyName(key: ResourceKey): string {
  return `${key.kind}/${key.project ?? ""}/${key.name}`;
}

/** The difference of what users write. */
export function contentDiff(
  before: Pick<Resource, "labels" | "spec">,
  after: Pick<Resource, "labels" | "spec">,
): ReturnType<typeof diffJson> {
  return diffJson({ labels: before.labels, spec: before.spec }, { labels: after.labels, spec: after.spec });
}
