import type {
  AccessKeyRecord,
  BucketRecord,
  DriveRecord,
  DriveView,
  ExtentRef,
  VersionRecord,
} from "#objects/records.ts";

/**
 * What control (and nobody else) asks of the catalog, over the same socket as the fronts. All of it works on one machine, as the data center's own user.
 */
export interface CatalogAdmin {
  status(input: object): Promise<StoreStatus>;
  drives(input: object): Promise<readonly DriveDetail[]>;
  /** Makes the folder and its identity; refuses one that belongs to another store, holds foreign files, or lies inside another drive. */
  addDrive(input: { readonly path: string }): Promise<DriveRecord>;
  /** `drained` empties it, `failed` gives it up (what lay on it is rebuilt), `active` takes it back. */
  setDrive(input: { readonly number: number; readonly wanted: DriveRecord["wanted"] }): Promise<void>;
  /** A drained or failed drive is forgotten; refused while something has its only copies there. */
  forgetDrive(input: { readonly number: number; readonly force: boolean }): Promise<void>;
  /** A fault made on purpose, in every process's port to that drive; ends by itself. */
  drill(input: {
    readonly number: number;
    readonly fault: DrillFault;
    readonly seconds: number;
  }): Promise<void>;
  endDrill(input: { readonly number: number }): Promise<void>;
  /** Long work; one of a kind at a time. Progress by `work`. */
  start(input: { readonly work: WorkKind; readonly drive?: number }): Promise<WorkView>;
  work(input: object): Promise<readonly WorkView[]>;
  cancel(input: { readonly id: string }): Promise<void>;
  usage(input: { readonly bucket?: string }): Promise<readonly BucketUsage[]>;
  /** Where one version's bytes lie, shard by shard, and whether each is good. */
  layout(input: {
    readonly bucket: string;
    readonly key: string;
    readonly versionId?: string;
    readonly verify: boolean;
  }): Promise<ObjectLayout>;
  buckets(input: { readonly project?: string }): Promise<readonly BucketRecord[]>;
  /** Credentials with their secrets: control puts them again when a scope changes. Of one owner, or all. */
  keys(input: { readonly owner?: string }): Promise<readonly AccessKeyRecord[]>;
  /** Webhook endpoints of notification rules. Secrets are Standard Webhooks' `whsec_…`. */
  putEndpoint(input: {
    readonly project: string;
    readonly name: string;
    readonly url: string;
    readonly secret: string;
    /** It may lie in a private network. */
    readonly allowPrivate: boolean;
  }): Promise<void>;
  endpoints(input: object): Promise<readonly EndpointView[]>;
  removeEndpoint(input: { readonly project: string; readonly name: string }): Promise<void>;
}
/** A webhook endpoint without its secret. */
export interface EndpointView {
  readonly project: string;
  readonly name: string;
  readonly url: string;
  readonly allowPrivate: boolean;
  /** Events that wait for it; at most `waitingShownMax` are counted. */
  readonly waiting: number;
}
export const waitingShownMax = 1_000;

export type CatalogAdminCall = keyof CatalogAdmin;

export type DrillFault = "stall" | "error" | "read-only" | "full" | "corrupt" | "slow" | "missing";

export type WorkKind =
  | "repair"
  | "scrub"
  | "rebalance"
  | "drain"
  | "rebuild-index"
  | "scan-rebuild"
  /** Only counts what `scan-rebuild` would bring back. */
  | "scan-preview"
  | "clean-journal"
  | "collect-garbage";

export interface WorkView {
  readonly id: string;
  readonly work: WorkKind;
  readonly drive?: number;
  readonly state: "running" | "done" | "failed" | "cancelled";
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly doneItems: number;
  readonly totalItems: number;
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly message?: string;
}

export interface StoreStatus {
  readonly storeId: string;
  readonly phase: "serving" | "holding" | "starting";
  /** Why it holds, and what to do. */
  readonly reason?: string;
  readonly layout: { readonly k: number; readonly m: number; readonly copies: number };
  /** How many more drives may be lost with nothing lost: by the worst extent and segment. */
  readonly margin: number;
  readonly objects: number;
  readonly bytes: number;
  readonly buckets: number;
  readonly repairQueue: number;
  readonly oldestRepairAt?: number;
  readonly garbageBytes: number;
  readonly journal: { readonly segments: number; readonly bytes: number; readonly lastSequence: number };
  /** Since the catalog's start, its own and those that fronts reported. */
  readonly counters: Readonly<Record<StoreCounter, number>>;
}
export type StoreCounter =
  | "hedges"
  | "insideRetries"
  | "heldRequests"
  | "checksumMismatches"
  | "repairedShards"
  | "brokenPromises"
  | "segmentMoves"
  /** Event notifications that nobody gets: the outbox was full, or the receiver refused for a day. */
  | "droppedEvents";

export interface DriveDetail extends DriveView {
  readonly shards: number;
  readonly segments: number;
  readonly usedBytes: number;
  readonly readLatencyMs?: number;
  readonly syncLatencyMs?: number;
  readonly errors: number;
  readonly missingShards: number;
  readonly drill?: { readonly fault: DrillFault; readonly until: number };
}

export interface BucketUsage {
  readonly bucket: string;
  readonly project: string;
  readonly objects: number;
  readonly versions: number;
  readonly bytes: number;
  readonly uploads: number;
}

export interface ObjectLayout {
  readonly version: VersionRecord;
  readonly inline?: {
    readonly segment: number;
    readonly offset: number;
    readonly copies: readonly ShardPlace[];
  };
  readonly extents: readonly { readonly extent: ExtentRef; readonly shards: readonly ShardPlace[] }[];
}
export interface ShardPlace {
  readonly drive: number;
  readonly shard: number;
  readonly state: "good" | "missing" | "damaged" | "unknown";
}
