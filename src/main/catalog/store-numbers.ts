import type { Clock } from "#lib/clock.ts";
import { decodeGarbage, decodeRepair } from "#objects/catalog/care-rows.ts";
import type { Table } from "#objects/catalog/keys.ts";
import { segmentNumbers } from "#objects/journal/survey.ts";
import type { OpenStore } from "./store.ts";
import type { StoreDrive } from "./store-drives.ts";

/** Rows of a queue that are counted; a longer one is as bad as this. */
const countedMax = 20_000;
/** Counting the files of a drive takes a while; it is done again after this. */
const contentsForMs = 60_000;
const folders = Array.from({ length: 256 }, (_, number) => number.toString(16).padStart(2, "0"));

export interface StoreNumbers {
  readonly objects: number;
  readonly bytes: number;
  readonly buckets: number;
  readonly repairQueue: number;
  readonly garbageBytes: number;
  readonly margin: number;
}

/** What is counted for people, from the index. */
export function storeNumbers(store: OpenStore) {
  const rows = (table: Table) => store.care.page(table, undefined, countedMax).rows;
  const drivesOfRepair = () =>
    rows("repair").map((row) => {
      const { extentId, shard } = decodeRepair(row);
      return store.care.extent(extentId)?.extent.drives[shard] ?? -1;
    });
  return {
    /** Shards that should be on the drive and wait for their repair. */
    waitingOn: (number: number) => drivesOfRepair().filter((drive) => drive === number).length,
    /** Whether a segment's only whole copies are there, or shards of any extent wait for repair. */
    isNeeded: (number: number) =>
      store.journal
        .segments()
        .some(({ whole }) => whole.length > 0 && whole.every((drive) => drive === number)) ||
      rows("repair").length > 0,
    all: (drives: readonly StoreDrive[], m: number): StoreNumbers => {
      const usages = store.configuration.buckets().map((bucket) => store.care.usage(bucket));
      const repairQueue = rows("repair").length;
      const lost = drives.filter(({ condition: { state } }) => isLost(state)).length;
      const copies = store.journal.segments().map(({ whole }) => whole.length);
      const waiting = repairQueue > 0 && lost === 0 ? 1 : 0;
      return {
        objects: sum(usages.map(({ objects }) => objects)),
        bytes: sum(usages.map(({ bytes }) => bytes)),
        buckets: usages.length,
        repairQueue,
        garbageBytes: sum(rows("garbage").map((row) => decodeGarbage(row).extent.size)),
        margin: Math.max(0, Math.min(m - lost - waiting, ...copies.map((whole) => whole - 1))),
      };
    },
  };
}

function isLost(state: string): boolean {
  return state === "missing" || state === "wrong" || state === "stale" || state === "failed";
}

interface Contents {
  readonly shards: number;
  readonly segments: number;
  readonly usedBytes: number;
}

/** How much the store keeps on each drive; counted when somebody asks, now and then. */
export class DriveContents {
  readonly #clock: Clock;
  readonly #known = new Map<StoreDrive, { readonly at: number; readonly contents: Promise<Contents> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async of(drive: StoreDrive): Promise<Contents> {
    const known = this.#known.get(drive);
    const now = this.#clock.monotonic();
    if (known !== undefined && now - known.at < contentsForMs) return await known.contents;
    const nothing: Contents = { shards: 0, segments: 0, usedBytes: 0 };
    const contents = count(drive).catch(() => nothing); // a drive that cannot be read shows nothing; its state says why
    this.#known.set(drive, { at: now, contents });
    return await contents;
  }
}

async function count({ disk, space }: StoreDrive): Promise<Contents> {
  let shards = 0;
  for (const folder of folders) shards += (await disk.list(`extents/${folder}`).catch(() => [])).length; // many folders are not made yet
  const segments = (await segmentNumbers(disk)).length;
  return { shards, segments, usedBytes: space.totalBytes - space.freeBytes };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
