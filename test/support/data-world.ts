import type { StoreCounter } from "#objects/admin.ts";
import type { Finding } from "#objects/catalog.ts";
import type { Readable, Stored, StoreOptions } from "#objects/data-path.ts";
import { slabBufferBytes, usualSizes, type CutSizes } from "#objects/data/data-limits.ts";
import { DriveHealth } from "#objects/data/drive-health.ts";
import { LocalDataPath } from "#objects/data/local-data-path.ts";
import { LocalShards } from "#objects/data/local-shards.ts";
import { ShardCare } from "#objects/data/shard-care.ts";
import { boundDisk } from "#objects/drive/bounded-disk.ts";
import { driveFolders } from "#objects/drive/paths.ts";
import { Slab } from "#objects/erasure/slab.ts";
import type { BlobPlace, DriveState, DriveView, ExtentRef } from "#objects/records.ts";
import { ManualClock } from "#sim/clock.ts";
import { SimulatedDisk, type FaultPlan } from "#sim/disk.ts";
import { SeededRandom } from "#sim/random.ts";

/** Small enough that a test crosses every edge, and with two blocks in a chunk. */
export const smallSizes: CutSizes = {
  ...usualSizes,
  chunkBytes: 70_000,
  batchStripes: 2,
  extentMaxBytes: 1_200_000,
};
const slabBuffers = 24;

/** A data path over simulated drives and a clock that only the test moves. */
export class DataWorld {
  readonly clock = new ManualClock();
  readonly random: SeededRandom;
  disks: readonly SimulatedDisk[];
  #shards: readonly LocalShards[];
  readonly findings: Finding[] = [];
  readonly discarded: ExtentRef[] = [];
  readonly counts = new Map<StoreCounter, number>();
  readonly states: DriveState[];
  readonly slab: Slab;
  readonly data: LocalDataPath;
  readonly care: ShardCare;
  readonly #blobs: Uint8Array[] = [];

  constructor(driveCount: number, seed = 1, sizes: CutSizes = usualSizes) {
    this.random = new SeededRandom(seed);
    const { clock, random } = this;
    this.disks = Array.from(
      { length: driveCount },
      () => new SimulatedDisk({ clock, random, folders: driveFolders }),
    );
    this.states = this.disks.map(() => "ok");
    this.#shards = this.#opened();
    this.slab = new Slab({ bufferBytes: slabBufferBytes(sizes), count: slabBuffers, waitingMax: 100 });
    const key = random.bytes(32);
    const ports = {
      clock,
      random,
      storeId: "store",
      sizes,
      slab: this.slab,
      drives: () => this.#views(),
      shards: (drive: number) => (this.states[drive] === "missing" ? undefined : this.#shards[drive]),
      health: new DriveHealth(clock),
      masterKeys: {
        current: () => ({ id: "master", key }),
        byId: (id: string) => (id === "master" ? key : undefined),
      },
      readBlob: (place: BlobPlace) => Promise.resolve(this.#blobs[place.offset] ?? new Uint8Array()),
      report: (finding: Finding) => void this.findings.push(finding),
      discard: (extents: readonly ExtentRef[]) => void this.discarded.push(...extents),
      count: (counter: StoreCounter) => void this.counts.set(counter, (this.counts.get(counter) ?? 0) + 1),
    };
    this.data = new LocalDataPath(ports);
    this.care = new ShardCare(ports);
  }

  /** Moves time on until the promise is settled, and gives its value. */
  async run<T>(promise: Promise<T>): Promise<T> {
    const progress = { isOver: false };
    const watched = promise.finally(() => {
      progress.isOver = true;
    });
    watched.catch(() => undefined); // the caller gets it
    while (!progress.isOver) await this.clock.advance(5);
    return await watched;
  }

  store(body: Uint8Array, options: Partial<Pick<StoreOptions, "encrypt" | "customerKey" | "signal">> = {}) {
    return this.run(
      this.data.store(piecesOf(body, this.random), {
        encrypt: options.encrypt ?? false,
        ...(options.customerKey === undefined ? {} : { customerKey: options.customerKey }),
        describe: () => ({ key: "k" }),
        signal: options.signal ?? new AbortController().signal,
      }),
    );
  }

  readable(stored: Stored, size: number): Readable {
    return { size, data: this.#dataOf(stored), ...(stored.seal === undefined ? {} : { seal: stored.seal }) };
  }

  read(what: Readable, start: number, end: number): Promise<Buffer> {
    return this.run(this.#collect(what, start, end));
  }

  /** Every call to this drive from now on. */
  plan(drive: number, plan: FaultPlan | undefined): void {
    const disk = this.disks[drive];
    if (disk !== undefined) disk.plan = plan;
  }

  /** The power goes everywhere at once, and comes back: of what was not durable, any part is there. */
  crash(): void {
    this.disks = this.disks.map((disk) => disk.crash());
    this.#shards = this.#opened();
  }

  get openFiles(): number {
    return this.disks.reduce((sum, disk) => sum + disk.openFiles, 0);
  }

  /** Whether nothing is kept any more: all buffers are back and all files closed. */
  get isAtRest(): boolean {
    return this.slab.free === slabBuffers && this.slab.waiting === 0 && this.openFiles === 0;
  }

  #opened(): readonly LocalShards[] {
    return this.disks.map((disk) => new LocalShards(boundDisk(disk, { clock: this.clock })));
  }

  async #collect(what: Readable, start: number, end: number): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.data.read(what, { start, end }, new AbortController().signal))
      pieces.push(piece);
    return Buffer.concat(pieces);
  }

  #dataOf(stored: Stored): Readable["data"] {
    if (stored.data.at === "extents") return stored.data;
    const offset = this.#blobs.push(stored.blob ?? new Uint8Array()) - 1;
    const length = stored.blob?.length ?? 0;
    return { at: "inline", place: { segment: 1, offset, length, crc: 0 } };
  }

  #views(): readonly DriveView[] {
    return this.states.map((state, number) => ({
      number,
      id: `drive-${number}`,
      path: "",
      wanted: "active",
      addedAt: 0,
      state,
      since: 0,
      totalBytes: 2 ** 40,
      freeBytes: 2 ** 39,
    }));
  }
}

/** Bytes in which no word of four repeats, nearly: a piece in the wrong place is seen. */
export function bodyOf(size: number, seed = 1): Buffer {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let at = 0, word = seed; at < words.length; at += 1) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    words[at] = word ^ (word >>> 15);
  }
  return Buffer.from(words.buffer, 0, size);
}

export function extentsOf(stored: Stored): readonly ExtentRef[] {
  return stored.data.at === "extents" ? stored.data.extents : [];
}

async function* piecesOf(body: Uint8Array, random: SeededRandom): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length;) {
    const size = random.chance(0.2) ? 1 + random.below(100) : 16_384 + random.below(100_000);
    yield body.subarray(at, at + size);
    at += size;
    await Promise.resolve();
  }
}
