import { assert } from "#lib/assert.ts";
import { holdMaxMs } from "#objects/limits.ts";
import type { ExtentRef } from "#objects/records.ts";
import { fillBatch } from "./batch.ts";
import { lateFactor, lateLongMs, lateShortMs } from "./data-limits.ts";
import type { DataPorts } from "./data-ports.ts";
import { encodeDescription, type ShardDescription } from "./description.ts";
import { findingOf } from "./drive-trouble.ts";
import type { Pieces } from "./gather.ts";
import { commitMinimum, type Placement } from "./placement.ts";
import { settle, type Outcome, type Patience } from "./settle.ts";
import { headerBytes } from "./shard-header.ts";
import type { ShardWriter } from "./shard-store.ts";

/** Fewer drives took part than the commit rule asks for. The drives that failed have been reported. */
export class TooFewDrives extends Error {
  override readonly name = "TooFewDrives";
}

interface Slot {
  readonly drive: number;
  readonly shard: number;
  readonly writer: ShardWriter;
}

/** One extent while it is written. Drives that fail or are late leave it; it never waits for one while enough others are done. */
export class ExtentWriter {
  readonly id: string;
  readonly #ports: DataPorts;
  readonly #placement: Placement;
  #slots: readonly Slot[];
  #size = 0;

  constructor(ports: DataPorts, placement: Placement) {
    this.#ports = ports;
    this.#placement = placement;
    this.id = Buffer.from(ports.random.bytes(16)).toString("hex");
    const { k, m } = placement;
    const { chunkBytes } = ports.sizes;
    this.#slots = placement.drives.flatMap((drive, shard) => {
      const store = drive < 0 ? undefined : ports.shards(drive);
      if (store === undefined) return [];
      const header = { extentId: this.id, shard, k, m, chunkBytes, storeId: ports.storeId };
      return [{ drive, shard, writer: store.create(header) }];
    });
  }

  /** What is appended at once. */
  get batchBytes(): number {
    return this.#ports.sizes.batchStripes * this.#stripeBytes;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether enough drives are left for the extent to be acknowledged. */
  get isSound(): boolean {
    return this.#slots.length >= commitMinimum(this.#placement);
  }

  /** Whether more may be appended: not after a short stripe, and not when a drive more could make it unreadable. */
  get isOpen(): boolean {
    return (
      this.isSound &&
      this.#size % this.#stripeBytes === 0 &&
      this.#size + this.batchBytes <= this.#ports.sizes.extentMaxBytes
    );
  }

  /** With -1 for the drives that have left. */
  get ref(): ExtentRef {
    return this.#refOf(new Set(this.#slots.map(({ drive }) => drive)));
  }

  /** With all drives where something of it may lie, for the garbage. */
  get remains(): ExtentRef {
    return this.#refOf(new Set(this.#placement.drives));
  }

  /** Writes what follows. Throws TooFewDrives when fewer than k drives are left, so that what was written cannot be read. */
  async append(body: Pieces, signal: AbortSignal): Promise<void> {
    for (let at = 0; at < body.size; at += this.batchBytes)
      await this.#appendBatch(body.slice(at, Math.min(at + this.batchBytes, body.size)), signal);
  }

  /** Writes back what there is and holds nothing open, while other extents are written. */
  async rest(): Promise<void> {
    await this.#all((slot) => slot.writer.rest());
  }

  /** Appends the description and makes the extent durable. Afterwards `isSound` says whether the commit rule was met. */
  async finish(description: Omit<ShardDescription, "extent">): Promise<void> {
    const extent = { size: this.#size, drives: this.ref.drives };
    const frame = encodeDescription(this.id, { ...description, extent });
    await this.#all((slot) => slot.writer.finish(frame));
  }

  /** Gives it up; what was written is garbage. */
  abandon(): void {
    for (const slot of this.#slots) slot.writer.abandon();
    this.#slots = [];
  }

  get #stripeBytes(): number {
    return this.#placement.k * this.#ports.sizes.chunkBytes;
  }

  async #appendBatch(body: Pieces, signal: AbortSignal): Promise<void> {
    const { k, m } = this.#placement;
    assert(this.#size % this.#stripeBytes === 0, "nothing follows a short stripe");
    const lease = await this.#ports.slab.acquire(k + m, signal);
    try {
      const firstStripe = this.#size / this.#stripeBytes;
      const coding = { k, m, chunkBytes: this.#ports.sizes.chunkBytes };
      const { buffers } = lease;
      const used = fillBatch({
        extentId: this.id,
        coding,
        firstStripe,
        body,
        buffers,
        slab: this.#ports.slab,
      });
      const from = firstStripe === 0 ? 0 : headerBytes;
      this.#size += body.size;
      await this.#all((slot) => slot.writer.append(bufferOf(buffers, slot.shard).subarray(from, used)));
    } finally {
      // A late write may still read from it: what it writes then has another extent's checksums, in a file that no record names.
      lease.release();
    }
  }

  async #all(act: (slot: Slot) => Promise<void>): Promise<void> {
    const slots = this.#slots;
    const outcomes = await settle(slots.map(act), this.#patience(), this.#ports.clock);
    this.#slots = slots.filter((slot, index) => this.#stays(slot, outcomes[index]));
    if (this.#slots.length < this.#placement.k) throw new TooFewDrives();
  }

  #patience(): Patience {
    const enough = Math.min(commitMinimum(this.#placement), this.#slots.length);
    const useful = Math.min(this.#placement.k, this.#slots.length);
    return {
      enough,
      useful,
      factor: lateFactor,
      shortMs: lateShortMs,
      longMs: lateLongMs,
      holdMs: holdMaxMs,
    };
  }

  #stays(slot: Slot, outcome: Outcome<void> | undefined): boolean {
    if (outcome?.state === "done") {
      this.#ports.health.good(slot.drive);
      return true;
    }
    this.#ports.health.trouble(slot.drive);
    const error = outcome?.state === "failed" ? outcome.error : undefined;
    this.#ports.report(findingOf(slot.drive, error, { extentId: this.id, shard: slot.shard }));
    slot.writer.abandon();
    return false;
  }

  #refOf(drives: ReadonlySet<number>): ExtentRef {
    const { k, m } = this.#placement;
    return {
      id: this.id,
      size: this.#size,
      k,
      m,
      chunkBytes: this.#ports.sizes.chunkBytes,
      drives: this.#placement.drives.map((drive) => (drives.has(drive) ? drive : -1)),
    };
  }
}

function bufferOf(buffers: readonly Uint8Array[], shard: number): Uint8Array {
  const buffer = buffers[shard];
  assert(buffer, "each shard has a buffer");
  return buffer;
}
