import type { ExtentRef } from "#objects/records.ts";
import { checksHold } from "./chunk-checks.ts";
import type { DataPorts } from "./data-ports.ts";
import { DamagedShard } from "./drive-trouble.ts";
import { geometryOf, pieceSize, prefixOffset, type Geometry } from "./geometry.ts";
import type { RunBuffers } from "./run-buffers.ts";
import type { ShardReader } from "./shard-store.ts";

/** Some whole stripes of an extent, of which the first `upTo` bytes of each chunk are wanted. */
export interface StripeRun {
  readonly first: number;
  readonly count: number;
  /** Only in a run of one stripe less than the chunk; then a whole number of blocks. */
  readonly upTo: number;
}

/** One extent while it is read: its shards, opened when they are first needed. Nothing leaves it that has not passed its checksums. */
export class ExtentSource {
  readonly extent: ExtentRef;
  readonly geometry: Geometry;
  readonly #ports: DataPorts;
  readonly #buffers: RunBuffers | undefined;
  readonly #open = new Map<number, Promise<ShardReader>>();
  #isClosed = false;

  /** `buffers`: memory for what is read, which the caller gives back. */
  constructor(ports: DataPorts, extent: ExtentRef, buffers?: RunBuffers) {
    this.#ports = ports;
    this.#buffers = buffers;
    this.extent = extent;
    this.geometry = geometryOf(extent);
  }

  drive(shard: number): number {
    return this.extent.drives[shard] ?? -1;
  }

  /**
   * The chunks of a run in one read: those of `run.count` stripes, each where `chunkOf` says. Throws DamagedShard when a checksum does not hold or the shard is too short,
   * and the drive's error. Nobody else has the buffer: a drive that answers after it was given up writes into nobody's memory, because a buffer is only given back when its
   * read has gone well.
   */
  async read(shard: number, run: StripeRun): Promise<Uint8Array> {
    const size = this.#runBytes(run);
    const into = this.#buffers?.take(size) ?? Buffer.allocUnsafeSlow(size);
    const reader = await this.#opened(shard);
    const count = await reader.read(into, prefixOffset(this.geometry, run.first));
    if (count < into.length || !this.#isWhole(shard, run, into))
      throw new DamagedShard(`shard ${shard} of extent ${this.extent.id} is damaged`);
    return into;
  }

  /** Where the chunk of stripe `first + index` lies in what `read` gave. */
  chunkOf(run: StripeRun, index: number, bytes: Uint8Array): Uint8Array {
    const at = index * this.geometry.strideBytes + this.geometry.prefixBytes;
    return bytes.subarray(at, at + Math.min(run.upTo, pieceSize(this.geometry, run.first + index)));
  }

  /** What fails after this says nothing of a drive: its shard may have been closed under it. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    this.#isClosed = true;
    for (const opening of this.#open.values()) closeWhenOpen(opening);
    this.#open.clear();
  }

  #runBytes(run: StripeRun): number {
    const { strideBytes, prefixBytes } = this.geometry;
    const last = Math.min(run.upTo, pieceSize(this.geometry, run.first + run.count - 1));
    return (run.count - 1) * strideBytes + prefixBytes + last;
  }

  #isWhole(shard: number, run: StripeRun, bytes: Uint8Array): boolean {
    const { strideBytes, prefixBytes } = this.geometry;
    for (let index = 0; index < run.count; index += 1) {
      const name = { extentId: this.extent.id, shard, stripe: run.first + index };
      const prefix = bytes.subarray(index * strideBytes, index * strideBytes + prefixBytes);
      if (!checksHold(name, prefix, this.chunkOf(run, index, bytes))) return false;
    }
    return true;
  }

  async #opened(shard: number): Promise<ShardReader> {
    const known = this.#open.get(shard);
    if (known !== undefined) return await known;
    if (this.#isClosed) throw new Error("nobody reads the extent any more");
    const store = this.#ports.shards(this.drive(shard));
    if (store === undefined) throw new Error("the drive cannot be reached");
    const opening = store.open({ extentId: this.extent.id, shard });
    this.#open.set(shard, opening);
    try {
      return await opening;
    } catch (error) {
      this.#open.delete(shard);
      throw error;
    }
  }
}

function closeWhenOpen(opening: Promise<ShardReader>): void {
  opening.then(
    (reader) => reader.close(),
    () => undefined, // then there is nothing to close
  );
}
