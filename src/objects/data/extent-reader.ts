import { assert } from "#lib/assert.ts";
import { backoffMs } from "#lib/backoff.ts";
import { codec } from "#objects/erasure/codec.ts";
import { holdMaxMs } from "#objects/limits.ts";
import type { ExtentRef } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { idleRunBytesMax, readAheadMaxBytes, retryBaseMs, retryMaxMs, windowsAhead } from "./data-limits.ts";
import type { DataPorts } from "./data-ports.ts";
import { ExtentSource } from "./extent-source.ts";
import type { HedgeBudget } from "./hedge-budget.ts";
import { cutsOf, planWindows, type Window } from "./read-plan.ts";
import { RunBuffers } from "./run-buffers.ts";
import { RunRead, TooFewShards } from "./run-read.ts";

interface Fetch {
  readonly window: Window;
  readonly source: ExtentSource;
  readonly got: Promise<Got>;
  /** Bytes that it took of what all readers may read ahead. */
  readonly reserved: number;
}

interface Got {
  readonly pieces: readonly Uint8Array[];
  /** What they lie in, apart from what was rebuilt. */
  readonly buffers: readonly Uint8Array[];
}

/** Reads extents, for all readers of one process. */
export class ExtentReader {
  readonly #ports: DataPorts;
  readonly #budget: HedgeBudget;
  readonly #buffers = new RunBuffers(idleRunBytesMax);
  #readAhead = 0;

  constructor(ports: DataPorts, budget: HedgeBudget) {
    this.#ports = ports;
    this.#budget = budget;
  }

  /** Bytes that are being read ahead, or wait for their readers. */
  get readAheadBytes(): number {
    return this.#readAhead;
  }

  /**
   * Bytes `start` to `end` of a body that lies in `extents`, in verified pieces of at most a chunk. Throws S3Error SlowDown when they cannot be had in time. With `isLent` a
   * piece is the reader's only until it asks for the next.
   */
  async *read(
    extents: readonly ExtentRef[],
    start: number,
    end: number,
    signal: AbortSignal,
    isLent = false,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const buffers = isLent ? this.#buffers : undefined;
    const plan = planWindows(extents, start, end);
    const line: Fetch[] = [];
    let source: ExtentSource | undefined;
    try {
      for (;;) {
        while (line.length < windowsAhead) {
          const fetch = this.#next(plan, line, signal, buffers);
          if (fetch === undefined) break;
          line.push(fetch);
        }
        const [first] = line;
        if (first === undefined) return;
        if (source !== first.source) source?.close();
        source = first.source;
        const got = await abortable(first.got, signal);
        line.shift();
        this.#readAhead -= first.reserved;
        yield* got.pieces;
        // Not when the reader ends early: what it was given last may still be under way.
        for (const buffer of got.buffers) buffers?.give(buffer);
      }
    } finally {
      source?.close();
      for (const fetch of line) {
        fetch.source.close();
        this.#readAhead -= fetch.reserved;
      }
    }
  }

  #next(
    plan: Iterator<Window, void>,
    line: readonly Fetch[],
    signal: AbortSignal,
    buffers: RunBuffers | undefined,
  ): Fetch | undefined {
    const isAhead = line.length > 0;
    // An estimate before the plan is asked: a window that was drawn must be fetched.
    if (isAhead && this.#readAhead >= readAheadMaxBytes) return undefined;
    const drawn = plan.next();
    if (drawn.done) return undefined;
    const window = drawn.value;
    const last = line.at(-1)?.source;
    const source =
      last?.extent === window.extent ? last : new ExtentSource(this.#ports, window.extent, buffers);
    const reserved = isAhead ? window.end - window.start : 0;
    this.#readAhead += reserved;
    const got = this.#fetch(source, window, signal);
    got.catch(() => undefined); // told when its turn comes, or nobody waits any more
    return { window, source, got, reserved };
  }

  async #fetch(source: ExtentSource, window: Window, signal: AbortSignal): Promise<Got> {
    const { clock, random } = this.#ports;
    const deadline = clock.monotonic() + holdMaxMs;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const read = new RunRead(this.#ports, this.#budget, source, window.run, window.wanted);
        const got = await read.result();
        // A shard that answers later than the others is not among them.
        const buffers = [...got.values()];
        return { pieces: this.#piecesOf(source, window, got), buffers };
      } catch (error) {
        if (!(error instanceof TooFewShards)) throw error;
        if (clock.monotonic() >= deadline) {
          this.#ports.count("brokenPromises");
          throw new S3Error("SlowDown", undefined, { cause: error });
        }
        this.#ports.count("insideRetries");
      }
      await clock.sleep(backoffMs(attempt, { baseMs: retryBaseMs, maxMs: retryMaxMs }, random), signal);
    }
  }

  #piecesOf(source: ExtentSource, window: Window, got: ReadonlyMap<number, Uint8Array>): Uint8Array[] {
    const { geometry } = source;
    const missing = window.wanted.filter((shard) => !got.has(shard));
    const rebuilt = Array.from({ length: missing.length === 0 ? 0 : window.run.count }, (_, index) =>
      rebuildChunks(this.#ports, source, window, index, got, missing),
    );
    return cutsOf(geometry, window, window.run.first).map(({ index, shard, from, to }) => {
      const bytes = got.get(shard);
      const chunk =
        bytes === undefined ? rebuilt[index]?.get(shard) : source.chunkOf(window.run, index, bytes);
      assert(chunk !== undefined && chunk.length >= to, "what is given out was read or rebuilt");
      return chunk.subarray(from, to);
    });
  }
}

/** The chunks of `missing` of one stripe, from k others. */
function rebuildChunks(
  ports: DataPorts,
  source: ExtentSource,
  window: Pick<Window, "run">,
  index: number,
  got: ReadonlyMap<number, Uint8Array>,
  missing: readonly number[],
): ReadonlyMap<number, Uint8Array> {
  const present = new Map(
    [...got].map(([shard, bytes]) => [shard, source.chunkOf(window.run, index, bytes)] as const),
  );
  const [some] = present.values();
  const wanted = new Map(missing.map((shard) => [shard, Buffer.allocUnsafeSlow(some?.length ?? 0)] as const));
  const { k, m } = source.geometry;
  codec(k, m, ports.slab).reconstruct(present, wanted);
  return wanted;
}

/** The promise's value, or the signal's reason when that comes first. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason as Error); // whatever the aborter gave
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
