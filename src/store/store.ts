import type { Attribution } from "#api/actor.ts";
import type { FieldChange } from "#api/diff.ts";
import type { AuditEntry, Change, Event, NewAuditEntry, NewEvent, Operation } from "#api/records.ts";
import type { OwnerRef, Resource, ResourceKey } from "#api/resource.ts";
import type { Selector } from "#api/selectors.ts";
import type { JsonObject } from "#lib/json.ts";

/**
 * The truth: resources, the log of changes, events, operations, audit and leases. Two engines pass one
 * conformance suite: PostgreSQL, and a model in memory that is the oracle of the property test.
 *
 * Invariant: a write that was acknowledged is on disk. Invariant: commit order is revision order, without gaps
 * that a watcher could see.
 */
export interface Store {
  readonly resources: ResourceStore;
  readonly feed: Feed;
  readonly events: EventStore;
  readonly operations: OperationStore;
  readonly audit: AuditStore;
  readonly leases: LeaseStore;
}

/** Only the holder of the lease's newest epoch may write; checked inside the transaction. */
export interface Fence {
  readonly lease: string;
  readonly epoch: number;
}

export interface MutationOptions {
  readonly by: Attribution;
  /** Compare-and-set: the revision the resource must have, or `absent`. Else the error is `precondition-failed`. */
  readonly ifRevision?: number | "absent";
  readonly fence?: Fence;
  /** Plans and checks everything, returns what would happen, and writes nothing. */
  readonly dryRun?: boolean;
  /** Called inside the transaction with what would change; throws a `VdcError` to refuse. Pure and synchronous. */
  readonly check?: (proposal: Proposal) => void;
}

export interface Proposal {
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
  readonly diff: readonly FieldChange[];
}

/** `deleting`: owners have to clean up first. `removed`: it is gone. */
export type Outcome = "created" | "changed" | "unchanged" | "deleting" | "removed";

export interface MutationResult {
  readonly outcome: Outcome;
  /** The state after; for `removed` the last state. */
  readonly resource: Resource;
  /** Of `labels`, `spec` and (for status writes) `status`. */
  readonly diff: readonly FieldChange[];
}

/** The specs given here are valid for their kind: callers parse them with the kind's schema first. */
export interface ResourceStore {
  /** Creates or changes by the whole spec. An apply that changes nothing writes nothing, not even audit. */
  apply(
    wanted: ResourceKey & {
      readonly labels: Readonly<Record<string, string>>;
      readonly spec: JsonObject;
      readonly owner?: OwnerRef;
    },
    options: MutationOptions,
  ): Promise<MutationResult>;
  /**
   * Changes what stands by `change`, a pure function of the current labels and spec run inside the transaction
   * (it parses its result with the kind's schema). `not-found` when there is nothing.
   */
  patch(
    key: ResourceKey,
    change: (current: Resource) => {
      readonly labels: Readonly<Record<string, string>>;
      readonly spec: JsonObject;
    },
    options: MutationOptions,
  ): Promise<MutationResult>;
  /** Replaces status and nothing else: neither generation nor spec changes. No event, no audit entry. */
  setStatus(key: ResourceKey, status: JsonObject, options: MutationOptions): Promise<MutationResult>;
  /** Removes it, or sets `deletingSince` when its kind is finalized or other resources name it as their owner. */
  delete(key: ResourceKey, options: MutationOptions): Promise<MutationResult>;
  /** Removes a resource that is `deleting`; `in-use` (with names) while owned resources, or ones in the project, remain. */
  finalize(key: ResourceKey, options: MutationOptions): Promise<MutationResult>;
  get(key: ResourceKey): Promise<Resource | undefined>;
  list(query: ListQuery): Promise<ResourcePage>;
  /** Resources that name `id` as their owner, oldest first, at most `limit`. */
  ownedBy(id: string, limit: number): Promise<readonly Resource[]>;
  /** What a project uses of each measure; kept in the same transaction as every change. */
  usage(project: string): Promise<Readonly<Record<string, number>>>;
}

export interface ListQuery {
  readonly kind: string;
  /** One project, or several (what the caller may view), or all when absent. For center kinds: names. */
  readonly projects?: readonly string[];
  readonly names?: readonly string[];
  readonly selector?: Selector;
  readonly limit: number;
  /** From the page before; opaque. A broken one is `invalid`. */
  readonly continue?: string;
}

export interface ResourcePage {
  readonly items: readonly Resource[];
  /** Watch from here to miss nothing that came after the first page began. */
  readonly revision: number;
  readonly continue?: string;
}

/** The log of changes: resources, events and operations in one order. */
export interface Feed {
  head(): Promise<{ readonly revision: number; readonly compacted: number }>;
  /**
   * Everything after `since`, then everything new, in batches: never a gap, never a duplicate. A batch without
   * changes is a bookmark: nothing up to its revision matches. Ends when the signal aborts. Throws `compacted`
   * when `since` is below the compaction floor, also when the watcher falls behind it later.
   */
  watch(query: WatchQuery, signal: AbortSignal): AsyncIterable<WatchBatch>;
  /** Deletes log lines older than `keepMs` or beyond `keepChanges`, at most `batch` of them; says how many went. */
  compact(limits: {
    readonly keepMs: number;
    readonly keepChanges: number;
    readonly batch: number;
  }): Promise<number>;
}

export interface WatchQuery {
  /** Kinds wanted, `event` and `operation` among them; all when absent. */
  readonly kinds?: readonly string[];
  readonly project?: string;
  readonly name?: string;
  readonly since: number;
}

export interface WatchBatch {
  readonly changes: readonly Change[];
  /** Resume from here. At least the revision of the last change. */
  readonly revision: number;
}

export interface EventStore {
  emit(events: readonly NewEvent[]): Promise<readonly Event[]>;
  /** Newest first. `before` is a revision. */
  list(query: {
    readonly projects?: readonly string[];
    /** Events of one thing, or of all things of a kind. */
    readonly subject?: { readonly kind: string; readonly name?: string };
    readonly before?: number;
    readonly limit: number;
  }): Promise<readonly Event[]>;
  prune(limits: {
    readonly keepMs: number;
    readonly keepEvents: number;
    readonly batch: number;
  }): Promise<number>;
}

export interface OperationStore {
  /** Creates or replaces by id; gives it a revision and puts it into the feed. */
  put(operation: Omit<Operation, "revision">, fence?: Fence): Promise<Operation>;
  get(id: string): Promise<Operation | undefined>;
  /** Newest first. */
  list(query: {
    readonly projects?: readonly string[];
    readonly states?: readonly Operation["state"][];
    readonly before?: string;
    readonly limit: number;
  }): Promise<readonly Operation[]>;
  prune(limits: { readonly keepMs: number; readonly batch: number }): Promise<number>;
}

export interface AuditStore {
  append(entries: readonly NewAuditEntry[]): Promise<void>;
  /** Newest first unless `after` is given, then oldest first. */
  list(query: {
    readonly projects?: readonly string[];
    readonly before?: number;
    readonly after?: number;
    readonly limit: number;
  }): Promise<readonly AuditEntry[]>;
  /** Where the chain ends now; a chain that ends elsewhere was cut. */
  head(): Promise<{ readonly sequence: number; readonly hash: string }>;
}

/** Who may act, by the store's own clock: a caller's clock is never asked. */
export interface LeaseStore {
  /** Takes the lease when it is free or has run out (the epoch grows), or extends it for the same holder (it does not). */
  acquire(
    name: string,
    holder: string,
    ttlMs: number,
  ): Promise<Lease | { readonly heldBy: string; readonly forMs: number }>;
  /** Gives it up, when this epoch still holds it. */
  release(name: string, epoch: number): Promise<void>;
  /** Gives up all that a process held that is known to have ended. */
  releaseAll(holder: string): Promise<void>;
  list(): Promise<readonly Lease[]>;
  /**
   * Removes at most `batch` leases that ran out `ranOutForMs` ago and whose names begin with `prefix`; says how many
   * went. For names that no later process takes: a lease that many take keeps its row, so that its epochs only grow.
   */
  prune(options: {
    readonly prefix: string;
    readonly ranOutForMs: number;
    readonly batch: number;
  }): Promise<number>;
}

export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly epoch: number;
  readonly remainingMs: number;
}
