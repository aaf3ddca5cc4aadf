import { hash } from "node:crypto";
import type { Attribution } from "#api/actor.ts";
import type { FieldChange } from "#api/diff.ts";
import type { KindRegistry } from "#api/kinds.ts";
import type { AuditEntry, Change, Event, NewAuditEntry, NewEvent, Operation } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import { assert } from "#lib/assert.ts";
import type { Clock } from "#lib/clock.ts";
import { isoTime } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import { canonicalJson, type Json } from "#lib/json.ts";
import type { Random } from "#lib/random.ts";
import { auditHash } from "../audit-chain.ts";
import { storeLimits } from "../limits.ts";
import type { Happened, Plan, PlanContext, Write } from "./plan.ts";
import { keyString, rowKey, type RowKey } from "./rows.ts";
import { View, type Head, type Loaded } from "./view.ts";

export interface BatchWorld {
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly random: Random;
}

export interface AuditRow {
  readonly entry: Omit<AuditEntry, "previousHash" | "hash">;
  readonly previousHash: string;
  readonly hash: string;
  readonly project: string | undefined;
}

/**
 * One transaction in the making: takes the plans in order, gives them revisions, and collects the rows that
 * one statement then writes.
 */
export class Batch {
  readonly view: View;
  readonly at: string;
  readonly changes: Change[] = [];
  readonly audit: AuditRow[] = [];
  /** The last state of every touched key; undefined when it is gone. */
  readonly resources = new Map<string, { readonly key: RowKey; readonly after: Resource | undefined }>();
  readonly usage = new Map<
    string,
    { readonly project: string; readonly measure: string; readonly used: number }
  >();
  readonly #world: BatchWorld;
  readonly #began: Head;
  #revision: number;
  #auditHash: string;
  #isTorn = false;

  constructor(loaded: Loaded, world: BatchWorld) {
    this.view = new View(loaded);
    this.at = isoTime(world.clock.now());
    this.#world = world;
    this.#began = loaded.head;
    this.#revision = loaded.head.revision;
    this.#auditHash = loaded.head.audit_hash;
  }

  /** Where the log and the audit chain stand after this batch: what its commit writes. */
  get head(): Head {
    assert(!this.#isTorn, "only whole changes are committed, each with its records");
    return {
      revision: this.#revision,
      compacted: this.#began.compacted,
      audit_sequence: this.#began.audit_sequence + this.audit.length,
      audit_hash: this.#auditHash,
    };
  }

  get empty(): boolean {
    return this.changes.length === 0 && this.audit.length === 0;
  }

  /** What the next plan may look at. */
  context(): PlanContext {
    const { kinds, clock, random } = this.#world;
    return {
      view: this.view,
      kinds,
      revision: this.#revision + 1,
      at: this.at,
      newId: () => newId("resource", clock, random),
    };
  }

  /**
   * Takes a plan that `context` was the last to be asked for. Whole or not at all: one that throws leaves no trace, or a
   * change would be committed without its audit entry.
   */
  take(plan: Plan, by: Attribution): void {
    const { write } = plan;
    if (write === undefined) return;
    const object = write.after ?? write.before;
    assert(object !== undefined, "a write is of something");
    // Before anything is changed, because this reads what the caller sent.
    const records = write.record === undefined ? undefined : this.#recordsOf(write, write.record, object, by);
    this.#isTorn = true;
    this.view.replace(write.before, write.after);
    for (const sum of write.usage) {
      this.view.setUsed(sum.project, sum.measure, sum.used);
      this.usage.set(`${sum.project}/${sum.measure}`, sum);
    }
    this.resources.set(keyString(object), { key: rowKey(object), after: write.after });
    const type = write.before === undefined ? "created" : write.after === undefined ? "deleted" : "updated";
    const revision = this.#log(type, object.kind, object.project, object.name, object);
    if (records !== undefined) {
      this.addEvent(records.event);
      this.addAudit({ ...records.audit, revision });
    }
    this.#isTorn = false;
  }

  addEvent(event: NewEvent): Event {
    const id = newId("event", this.#world.clock, this.#world.random);
    const whole: Event = { id, revision: this.#revision + 1, at: this.at, ...event };
    this.#log("created", "event", event.project, id, whole);
    return whole;
  }

  addOperation(operation: Omit<Operation, "revision">): Operation {
    const whole: Operation = { ...operation, revision: this.#revision + 1 };
    const type = this.view.hasOperation(whole.id) ? "updated" : "created";
    this.view.addOperation(whole.id);
    this.#log(type, "operation", whole.project, whole.id, whole);
    return whole;
  }

  addAudit(entry: NewAuditEntry): void {
    const sequence = this.#began.audit_sequence + this.audit.length + 1;
    const rest = { sequence, at: this.at, ...entry };
    const previousHash = this.#auditHash;
    this.#auditHash = auditHash(previousHash, rest);
    const { target } = entry;
    this.audit.push({
      entry: rest,
      previousHash,
      hash: this.#auditHash,
      project: target.project ?? (target.kind === "project" ? target.name : undefined),
    });
  }

  #recordsOf(
    write: Write,
    record: NonNullable<Write["record"]>,
    object: Resource,
    by: Attribution,
  ): { readonly event: NewEvent; readonly audit: NewAuditEntry } {
    const { kind, project, name, id } = object;
    const key = { kind, ...(project === undefined ? {} : { project }), name };
    const of = project ?? (kind === "project" ? name : undefined);
    const operation = by.operationId === undefined ? {} : { operationId: by.operationId };
    const event: NewEvent = {
      type: `${kind}.${record.happened}`,
      severity: "info",
      ...(of === undefined ? {} : { project: of }),
      subject: key,
      message: this.#sentence(object, record.happened),
      actor: by.actor,
      ...operation,
    };
    const audit: NewAuditEntry = {
      actor: by.actor,
      ...(by.address === undefined ? {} : { address: by.address }),
      ...(by.requestId === undefined ? {} : { requestId: by.requestId }),
      ...operation,
      verb: record.verb,
      target: { ...key, id },
      outcome: "done",
      ...(write.before === undefined ? {} : { beforeHash: contentHash(write.before) }),
      ...(write.after === undefined ? {} : { afterHash: contentHash(write.after) }),
      ...(record.diff.length === 0 ? {} : { detail: diffDetail(record.diff) }),
    };
    return { event, audit };
  }

  #sentence(resource: Resource, happened: Happened): string {
    const title = this.#world.kinds.get(resource.kind)?.title ?? resource.kind;
    const where = resource.project === undefined ? "" : ` in project ${resource.project}`;
    return `${title} ${resource.name}${where} ${happened === "deleting" ? "is being deleted" : `was ${happened}`}.`;
  }

  #log(
    type: Change["type"],
    kind: string,
    project: string | undefined,
    name: string,
    object: object,
  ): number {
    this.#revision += 1;
    this.changes.push({
      revision: this.#revision,
      type,
      kind,
      ...(project === undefined ? {} : { project }),
      name,
      // Resources, events and operations are plain JSON; their interfaces only name the members.
      object: object as Change["object"],
    });
    return this.#revision;
  }
}

function contentHash(resource: Resource): string {
  return hash("sha256", canonicalJson({ labels: resource.labels, spec: resource.spec }), "hex");
}

/** The first fields of a diff, with their values clipped; `more` says how many were left out. */
function diffDetail(diff: readonly FieldChange[]): NonNullable<NewAuditEntry["detail"]> {
  const fields = diff.slice(0, storeLimits.auditDiffFields).map((field) => ({
    op: field.op,
    path: clippedText(field.path),
    ...(field.before === undefined ? {} : { before: clipped(field.before) }),
    ...(field.after === undefined ? {} : { after: clipped(field.after) }),
  }));
  return diff.length > fields.length ? { diff: fields, more: diff.length - fields.length } : { diff: fields };
}

/** The value, or the beginning of its text when that is long. The detail's schema has mutable JSON. */
function clipped(value: Json): JsonValue {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= storeLimits.auditDiffCharacters ? (value as JsonValue) : clippedText(text);
}

type JsonValue = NonNullable<NewAuditEntry["detail"]>[string];

function clippedText(text: string): string {
  if (text.length <= storeLimits.auditDiffCharacters) return text;
  return `${text.slice(0, storeLimits.auditDiffCharacters).toWellFormed()}…`;
}
