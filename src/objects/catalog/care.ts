import { waitingShownMax, type BucketUsage, type EndpointView } from "#objects/admin.ts";
import type { Journal } from "#objects/journal/journal-contract.ts";
import type { BucketRecord, DriveRecord, ExtentRef, VersionRecord } from "#objects/records.ts";
import { findExtent, planForgetGarbage, planPlaceShards, tablePage, type RowPage } from "./care-rows.ts";
import type { Executor } from "./executor.ts";
import { ownerOfExtent, queueRepair, type GarbageRow } from "./extents.ts";
import type { Index } from "./index-contract.ts";
import type { OutboxRow } from "./outbox.ts";
import { driveKey, endpointKey, outboxKeyPrefix, prefixRange, repairKey, type Table } from "./keys.ts";
import { planRestore, type RestoredVersion } from "./plan-restore.ts";
import { rewriteSegment } from "./rewrite.ts";
import { decodeJson, encodeJson, type ExtentOwner } from "./rows.ts";
import { usageOf } from "./usage-counters.ts";

/** A webhook endpoint of notification rules; its secret is sealed by whoever puts it. */
export interface EndpointRow {
  readonly project: string;
  readonly name: string;
  readonly url: string;
  readonly sealedSecret: string;
  /** It may lie in a private network. */
  readonly allowPrivate?: boolean;
}

/** What the catalog's process does besides serving clients: repair, scrub, garbage, cleaning the journal, drives and endpoints. */
export interface CatalogCare {
  /** Rows of a table in key order, in bounded pages. Decoded by `decodeGarbage`, `decodeRepair` and those of rows.ts. */
  page(table: Table, after: Uint8Array | undefined, limit: number): RowPage;
  ownerOf(extentId: string): ExtentOwner | undefined;
  /** As its owner's record has it now; undefined: garbage, or unknown. */
  extent(extentId: string): { readonly extent: ExtentRef; readonly version?: VersionRecord } | undefined;
  queueRepair(shards: readonly { readonly extentId: string; readonly shard: number }[]): Promise<void>;
  /** The repair is not needed any more. */
  dropRepair(shards: readonly { readonly extentId: string; readonly shard: number }[]): Promise<void>;
  /** See planPlaceShards. */
  placeShards(
    extentId: string,
    moves: readonly { readonly shard: number; readonly from: number; readonly to: number }[],
  ): Promise<void>;
  forgetGarbage(garbage: readonly GarbageRow[]): Promise<void>;
  /** See rewriteSegment. */
  rewriteSegment(segment: number, limit: number): Promise<number>;
  /** See planRestore. */
  restore(versions: readonly RestoredVersion[]): Promise<void>;
  putDrive(drive: DriveRecord): Promise<void>;
  removeDrive(number: number): Promise<void>;
  drives(): readonly DriveRecord[];
  putEndpoint(endpoint: EndpointRow): Promise<void>;
  removeEndpoint(project: string, name: string): Promise<void>;
  endpoints(): readonly EndpointRow[];
  /** Events that wait for an endpoint, oldest first. */
  outbox(
    project: string,
    endpoint: string,
    limit: number,
  ): readonly { readonly key: Uint8Array; readonly event: OutboxRow }[];
  /** They were taken, or given up. */
  forgetEvents(keys: readonly Uint8Array[]): Promise<void>;
  usage(bucket: BucketRecord): BucketUsage;
}

/** The endpoints as the operator sees them. */
export function endpointViews(care: Pick<CatalogCare, "endpoints" | "outbox">): readonly EndpointView[] {
  return care.endpoints().map(({ project, name, url, allowPrivate = false }) => {
    const waiting = care.outbox(project, name, waitingShownMax).length;
    return { project, name, url, allowPrivate, waiting };
  });
}

/** Drives and endpoints are few. */
const smallTableMax = 100_000;

export function catalogCare(parts: {
  readonly index: Index;
  readonly journal: Journal;
  readonly executor: Executor;
}): CatalogCare {
  const { index, executor } = parts;
  const rowsOf = (table: Table) => tablePage(index, table, undefined, smallTableMax).rows;
  return {
    page: (table, after, limit) => tablePage(index, table, after, limit),
    ownerOf: (extentId) => ownerOfExtent(index, extentId),
    extent: (extentId) => findExtent(index, extentId),
    queueRepair: async (shards) =>
      await executor.run(undefined, (plan) => {
        for (const { extentId, shard } of shards)
          if (findExtent(plan.rows, extentId) !== undefined) queueRepair(plan, extentId, shard);
      }),
    dropRepair: async (shards) =>
      await executor.run(undefined, (plan) => {
        for (const { extentId, shard } of shards) plan.rows.remove(repairKey(extentId, shard));
      }),
    placeShards: async (extentId, moves) =>
      await executor.run(undefined, (plan) => planPlaceShards(plan, extentId, moves)),
    forgetGarbage: async (garbage) =>
      await executor.run(undefined, (plan) => planForgetGarbage(plan, garbage)),
    rewriteSegment: async (segment, limit) => await rewriteSegment(parts, segment, limit),
    restore: async (versions) => await executor.run(undefined, (plan) => planRestore(plan, versions)),
    putDrive: async (drive) =>
      await executor.run(undefined, (plan) => plan.rows.put(driveKey(drive.number), encodeJson(drive))),
    removeDrive: async (number) =>
      await executor.run(undefined, (plan) => plan.rows.remove(driveKey(number))),
    drives: () => rowsOf("drive").map((row) => decodeJson(row.value) as DriveRecord), // as putDrive left them
    putEndpoint: async (endpoint) =>
      await executor.run(undefined, (plan) =>
        plan.rows.put(endpointKey(endpoint.project, endpoint.name), encodeJson(endpoint)),
      ),
    removeEndpoint: async (project, name) =>
      await executor.run(undefined, (plan) => {
        plan.rows.remove(endpointKey(project, name));
        const { from, to } = prefixRange(outboxKeyPrefix(project, name));
        executor.outbox.forget(
          plan.rows,
          Array.from(plan.rows.scan(from, to), ({ key }) => key),
        );
      }),
    endpoints: () => rowsOf("endpoint").map((row) => decodeJson(row.value) as EndpointRow), // as putEndpoint left them
    outbox: (project, endpoint, limit) => {
      const { from, to } = prefixRange(outboxKeyPrefix(project, endpoint));
      const events: { readonly key: Uint8Array; readonly event: OutboxRow }[] = [];
      for (const { key, value } of index.scan(from, to)) {
        events.push({ key, event: decodeJson(value) as OutboxRow }); // rows of `outbox` hold nothing else
        if (events.length >= limit) break;
      }
      return events;
    },
    forgetEvents: async (keys) =>
      await executor.run(undefined, (plan) => executor.outbox.forget(plan.rows, keys)),
    usage: (bucket) => ({
      bucket: bucket.name,
      project: bucket.project,
      ...usageOf(index, bucket.id),
    }),
  };
}
