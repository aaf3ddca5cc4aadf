import { assert } from "#lib/assert.ts";
import { codec } from "#objects/erasure/codec.ts";
import type { ExtentRef } from "#objects/records.ts";
import { writeChecks } from "./chunk-checks.ts";
import { windowStripes } from "./data-limits.ts";
import type { DataPorts } from "./data-ports.ts";
import { encodeDescription, type ShardDescription } from "./description.ts";
import { DamagedShard } from "./drive-trouble.ts";
import { ExtentSource, type StripeRun } from "./extent-source.ts";
import { HedgeBudget } from "./hedge-budget.ts";
import { hasCode } from "./local-shards.ts";
import { RunRead } from "./run-read.ts";
import { headerBytes } from "./shard-header.ts";

/** What repair and scrub do with one shard. Their loops, and how fast they may go, are `care/`'s business. */
export class ShardCare {
  readonly #ports: DataPorts;
  readonly #budget: HedgeBudget;

  constructor(ports: DataPorts) {
    this.#ports = ports;
    this.#budget = new HedgeBudget(ports.health);
  }

  /**
   * Reads all of a shard where the record says it lies. `damaged`: a checksum or the header does not hold, or it is too short. Throws the drive's error when
   * the drive does not answer: that says nothing of the shard.
   */
  async verifyShard(extent: ExtentRef, shard: number): Promise<"good" | "missing" | "damaged"> {
    const drive = extent.drives[shard] ?? -1;
    if (drive < 0) return "missing";
    const source = new ExtentSource(this.#ports, extent);
    try {
      for (const run of runsOf(source)) await source.read(shard, run);
      const found = await this.#ports.shards(drive)?.describe({ extentId: extent.id, shard });
      const header = found?.header;
      const isOurs = header?.extentId === extent.id && header.shard === shard && header.k === extent.k;
      return isOurs && found?.description !== undefined ? "good" : "damaged";
    } catch (error) {
      if (error instanceof DamagedShard) return "damaged";
      if (hasCode(error, "ENOENT")) return "missing";
      throw error;
    } finally {
      source.close();
    }
  }

  /**
   * Makes a shard anew from k others, on `toDrive`, durable with the newest description that the others have. The record is the caller's to change, after this. What
   * lies there stays until the new one is whole: a crash in between must not cost a shard that may be good, or good in part.
   * Throws TooFewShards when it cannot be made now, and the drive's error.
   */
  async rebuildShard(extent: ExtentRef, shard: number, toDrive: number): Promise<void> {
    const store = this.#ports.shards(toDrive);
    assert(store !== undefined, "the new drive can be reached");
    const others = { ...extent, drives: extent.drives.map((drive, index) => (index === shard ? -1 : drive)) };
    assert(!others.drives.includes(toDrive), "no drive holds two shards of an extent");
    const description = await this.#descriptionOf(others);
    const { id: extentId, k, m, chunkBytes } = extent;
    const writer = store.replace({ extentId, shard, k, m, chunkBytes, storeId: this.#ports.storeId });
    const source = new ExtentSource(this.#ports, others);
    try {
      for (const run of runsOf(source)) await writer.append(await this.#rebuildRun(source, shard, run));
      const drives = extent.drives.map((drive, index) => (index === shard ? toDrive : drive));
      const frame = encodeDescription(extentId, { ...description, extent: { size: extent.size, drives } });
      await writer.finish(frame);
    } catch (error) {
      writer.abandon();
      throw error;
    } finally {
      source.close();
    }
  }

  /** What a shard says of itself, for a rebuild of metadata by a scan. Undefined when its header is damaged. */
  async describeShard(extentId: string, shard: number, drive: number) {
    return await this.#ports.shards(drive)?.describe({ extentId, shard });
  }

  /** The bytes of the shard file for one run; before the first, room for the header. */
  async #rebuildRun(source: ExtentSource, shard: number, run: StripeRun): Promise<Uint8Array> {
    const { geometry, extent } = source;
    const got = await new RunRead(this.#ports, this.#budget, source, run, [shard]).result();
    const room = run.first === 0 ? headerBytes : 0;
    const [some] = got.values();
    assert(some, "k shards were read");
    const bytes = Buffer.alloc(room + some.length);
    const body = bytes.subarray(room);
    const code = codec(geometry.k, geometry.m, this.#ports.slab);
    for (let index = 0; index < run.count; index += 1) {
      const present = new Map(
        [...got].map(([other, read]) => [other, source.chunkOf(run, index, read)] as const),
      );
      const chunk = source.chunkOf(run, index, body);
      code.reconstruct(present, new Map([[shard, chunk]]));
      const prefixAt = index * geometry.strideBytes;
      const prefix = body.subarray(prefixAt, prefixAt + geometry.prefixBytes);
      writeChecks({ extentId: extent.id, shard, stripe: run.first + index }, prefix, chunk);
    }
    return bytes;
  }

  /** The first that one of the shards tells; an extent without any is rebuilt all the same, with an empty record. */
  async #descriptionOf(extent: ExtentRef): Promise<Omit<ShardDescription, "extent">> {
    for (const [shard, drive] of extent.drives.entries()) {
      const store = drive < 0 ? undefined : this.#ports.shards(drive);
      // A drive that does not answer is not the only one to ask.
      const found = await store?.describe({ extentId: extent.id, shard }).catch(() => undefined);
      if (found?.description !== undefined) return found.description;
    }
    return { offset: 0, total: extent.size, record: {} };
  }
}

function* runsOf(source: ExtentSource): Generator<StripeRun, void, undefined> {
  const { stripes, chunkBytes } = source.geometry;
  for (let first = 0; first < stripes; first += windowStripes)
    yield { first, count: Math.min(windowStripes, stripes - first), upTo: chunkBytes };
}
