import { backoffMs } from "#lib/backoff.ts";
import { VdcError } from "#api/errors.ts";
import type { MissingShard } from "#objects/catalog.ts";
import { storeLayout } from "#objects/drive/layout.ts";
import { holdMaxMs } from "#objects/limits.ts";
import type { ExtentRef, SealRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { finishAtOnce, retryBaseMs, retryMaxMs } from "./data-limits.ts";
import type { DataPorts } from "./data-ports.ts";
import type { ExtentReader } from "./extent-reader.ts";
import { ExtentWriter, TooFewDrives } from "./extent-writer.ts";
import { Gather, type Pieces } from "./gather.ts";
import { place } from "./placement.ts";

export interface Description {
  readonly record: Readonly<Record<string, unknown>>;
  readonly seal?: SealRecord;
}

/** Writes one body as extents. The next batch is taken in while the one before is written; never more than that. */
export class BodyWriter {
  readonly #ports: DataPorts;
  readonly #reader: ExtentReader;
  readonly #signal: AbortSignal;
  /** In the order of the body; the last one may be open. */
  #extents: ExtentWriter[] = [];
  readonly #resting: Promise<void>[] = [];
  /** All that was ever begun and did not become part of the body. */
  readonly #garbage: ExtentRef[] = [];
  readonly #deadline: Deadline;

  constructor(ports: DataPorts, reader: ExtentReader, signal: AbortSignal) {
    this.#ports = ports;
    this.#reader = reader;
    this.#signal = signal;
    this.#deadline = new Deadline(ports);
  }

  /** Takes the body to its end and makes it durable. When that fails, what was written has been handed to the garbage. */
  async write(
    source: AsyncIterable<Uint8Array>,
    describe: () => Description,
  ): Promise<{ readonly extents: readonly ExtentRef[]; readonly missingShards: readonly MissingShard[] }> {
    try {
      await this.#take(source);
      await this.#finish(describe());
    } catch (error) {
      await Promise.allSettled(this.#resting);
      this.#giveUp(this.#extents);
      throw this.#asS3Error(error);
    } finally {
      if (this.#garbage.length > 0) this.#ports.discard(this.#garbage);
    }
    const extents = this.#extents.map(({ ref }) => ref);
    return { extents, missingShards: extents.flatMap(missingShards) };
  }

  async #take(source: AsyncIterable<Uint8Array>): Promise<void> {
    const gather = new Gather();
    let writing: Promise<void> = Promise.resolve();
    try {
      for await (const piece of source) {
        gather.push(piece);
        while (gather.size >= this.#batchBytes()) {
          await writing;
          // The batch before may have begun an extent of another layout.
          if (gather.size < this.#batchBytes()) break;
          writing = this.#append(gather.take(this.#batchBytes()));
          writing.catch(() => undefined); // told when it is waited for
        }
        this.#signal.throwIfAborted();
      }
    } catch (error) {
      await Promise.allSettled([writing]);
      throw error;
    }
    await writing;
    if (gather.size > 0) await this.#append(gather.take(gather.size));
  }

  #batchBytes(): number {
    const open = this.#extents.at(-1);
    if (open !== undefined) return open.batchBytes;
    const drives = this.#ports.drives().filter(({ wanted }) => wanted === "active");
    const { batchStripes, chunkBytes } = this.#ports.sizes;
    return storeLayout(Math.max(1, drives.length)).k * batchStripes * chunkBytes;
  }

  async #append(pieces: Pieces): Promise<void> {
    const open = this.#extents.at(-1);
    if (open?.isOpen === true) return await open.append(pieces, this.#signal);
    if (open !== undefined) {
      const resting = open.rest();
      resting.catch(() => undefined); // told at the end of the body
      this.#resting.push(resting);
    }
    this.#extents.push(await this.#begin(pieces));
  }

  /** A new extent that begins with `pieces`; they are still here, so that other drives are tried when too many fail. */
  async #begin(pieces: Pieces): Promise<ExtentWriter> {
    const deadline = new Deadline(this.#ports);
    for (;;) {
      const { drives, random } = this.#ports;
      const placement = place({ drives: drives(), isAvoided: this.#isAvoided, random });
      if (placement !== undefined) {
        const extent = new ExtentWriter(this.#ports, placement);
        const isSound = await this.#tryAppend(extent, pieces);
        if (isSound) return extent;
        this.#giveUp([extent]);
      }
      await deadline.pause(this.#signal);
    }
  }

  readonly #isAvoided = (drive: number): boolean => this.#ports.health.isAvoided(drive);

  async #tryAppend(extent: ExtentWriter, pieces: Pieces): Promise<boolean> {
    try {
      await extent.append(pieces, this.#signal);
      return extent.isSound;
    } catch (error) {
      if (error instanceof TooFewDrives) return false;
      this.#giveUp([extent]);
      throw error;
    }
  }

  /** Until every extent is durable by the commit rule: those that lost too many drives are written again from what is left of them. */
  async #finish(description: Description): Promise<void> {
    await Promise.all(this.#resting);
    const total = this.#size();
    const finished = new Set<ExtentWriter>();
    for (;;) {
      const rest = this.#extents.filter((extent) => !finished.has(extent));
      if (rest.length === 0) return;
      for (const extent of rest.filter(({ isSound }) => !isSound)) await this.#writeAgain(extent);
      const offsets = this.#offsets();
      const open = this.#extents.filter((extent) => !finished.has(extent) && extent.isSound);
      for (let at = 0; at < open.length; at += finishAtOnce)
        await Promise.all(
          open.slice(at, at + finishAtOnce).map(async (extent) => {
            await extent.finish({ ...description, offset: offsets.get(extent) ?? 0, total });
            if (extent.isSound) finished.add(extent);
          }),
        );
      if (finished.size < this.#extents.length) await this.#deadline.pause(this.#signal);
    }
  }

  /** Reads an extent that can still be read and writes it to drives that can be written now. */
  async #writeAgain(wounded: ExtentWriter): Promise<void> {
    const again = new BodyWriter(this.#ports, this.#reader, this.#signal);
    try {
      await again.#take(this.#reader.read([wounded.ref], 0, wounded.size, this.#signal));
    } catch (error) {
      again.#giveUp(again.#extents);
      throw error;
    } finally {
      this.#resting.push(...again.#resting);
      this.#garbage.push(...again.#garbage);
    }
    await Promise.all(again.#resting);
    this.#extents.splice(this.#extents.indexOf(wounded), 1, ...again.#extents);
    this.#giveUp([wounded]);
  }

  #giveUp(extents: readonly ExtentWriter[]): void {
    for (const extent of extents) {
      this.#garbage.push(extent.remains);
      extent.abandon();
    }
  }

  #asS3Error(error: unknown): unknown {
    const isShortage = error instanceof TooFewDrives || (error instanceof VdcError && error.code === "busy");
    if (!isShortage) return error;
    this.#ports.count("brokenPromises");
    return new S3Error("SlowDown", undefined, { cause: error });
  }

  #size(): number {
    return this.#extents.reduce((sum, extent) => sum + extent.size, 0);
  }

  #offsets(): ReadonlyMap<ExtentWriter, number> {
    const offsets = new Map<ExtentWriter, number>();
    let at = 0;
    for (const extent of this.#extents) {
      offsets.set(extent, at);
      at += extent.size;
    }
    return offsets;
  }
}

/** How long a body is held inside while too few drives can be written; the first pause is none. */
class Deadline {
  readonly #ports: DataPorts;
  #until: number | undefined;
  #attempt = 0;

  constructor(ports: DataPorts) {
    this.#ports = ports;
  }

  async pause(signal: AbortSignal): Promise<void> {
    const { clock, random, count } = this.#ports;
    signal.throwIfAborted();
    this.#until ??= clock.monotonic() + holdMaxMs;
    if (clock.monotonic() >= this.#until) throw new TooFewDrives();
    count(this.#attempt === 0 ? "heldRequests" : "insideRetries");
    const ms = backoffMs(this.#attempt, { baseMs: retryBaseMs, maxMs: retryMaxMs }, random);
    this.#attempt += 1;
    await clock.sleep(ms, signal);
  }
}

function missingShards(extent: ExtentRef): readonly MissingShard[] {
  return extent.drives.flatMap((drive, shard) => (drive < 0 ? [{ extentId: extent.id, shard }] : []));
}
