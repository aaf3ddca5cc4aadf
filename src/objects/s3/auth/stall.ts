import type { Clock } from "#lib/clock.ts";
import { S3Error } from "#objects/s3-error.ts";

/** How long a body may bring no byte at all before it is given up. */
export const bodyStallMs = 30_000;
/** What a body must bring on the average, or it would hold its connection and its buffers for hours with a byte now and then. */
export const bodyFloorBytesPerSecond = 1024;
/** Time over which the average is taken; also the grace of a body that begins slowly. */
export const bodyRateWindowMs = 60_000;

/**
 * The same pieces; throws RequestTimeout when the next one takes longer than `bodyStallMs`, or when they are slower than `bodyFloorBytesPerSecond`, and
 * IncompleteBody when the source breaks. Time that the reader takes does not count.
 */
export function withoutStalls(
  source: AsyncIterable<Uint8Array>,
  clock: Clock,
): AsyncIterableIterator<Uint8Array> {
  return new Watched(source[Symbol.asyncIterator](), clock);
}

/** A generator and a timer for each piece would cost as much as its checksum: pieces are many. */
class Watched implements AsyncIterableIterator<Uint8Array> {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #clock: Clock;
  /** One for the whole body: when it comes too early for the piece that is waited for, it is set again. */
  #timer: Disposable | undefined;
  /** Of the piece that is waited for. */
  #giveUp: ((error: S3Error) => void) | undefined;
  #since = 0;
  /** Of the window that runs: time that was waited, and what it brought. */
  #waitedMs = 0;
  #bytes = 0;

  constructor(iterator: AsyncIterator<Uint8Array>, clock: Clock) {
    this.#iterator = iterator;
    this.#clock = clock;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      this.#since = this.#clock.monotonic();
      this.#timer ??= this.#clock.after(bodyStallMs, () => this.#look());
      this.#ask().then(resolve, reject);
    });
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#end();
    // A source that is still being asked would answer `return` only after that; its owner closes the connection.
    if (this.#giveUp === undefined) await this.#iterator.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #ask(): Promise<IteratorResult<Uint8Array, undefined>> {
    let next: IteratorResult<Uint8Array, unknown> = { done: true, value: undefined };
    try {
      next = await this.#iterator.next();
    } catch (cause) {
      if (cause instanceof S3Error) throw cause;
      throw new S3Error("IncompleteBody", "The connection broke before the body's end.", { cause });
    } finally {
      this.#giveUp = undefined;
      if (next.done === true) this.#end();
    }
    if (next.done === true) return { done: true, value: undefined };
    this.#checkRate(next.value);
    return next;
  }

  #checkRate(piece: Uint8Array): void {
    this.#waitedMs += this.#clock.monotonic() - this.#since;
    this.#bytes += piece.length;
    if (this.#waitedMs < bodyRateWindowMs) return;
    const isSlow = this.#bytes < (bodyFloorBytesPerSecond * this.#waitedMs) / 1000;
    this.#waitedMs = 0;
    this.#bytes = 0;
    if (!isSlow) return;
    this.#end();
    throw new S3Error("RequestTimeout", "The body comes too slowly.");
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#giveUp === undefined) return;
    const left = this.#since + bodyStallMs - this.#clock.monotonic();
    if (left <= 0) this.#giveUp(new S3Error("RequestTimeout"));
    else this.#timer = this.#clock.after(left, () => this.#look());
  }

  #end(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
