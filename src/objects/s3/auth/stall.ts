import type { Clock } from "#lib/clock.ts";
import { S3Error } from "#objects/s3-error.ts";

/** How long a body may bring no byte at all before it is given up. */
export const bodyStallMs = 30_000;

/**
 * The same pieces; throws RequestTimeout when the next one takes longer than `bodyStallMs`, and IncompleteBody when the source breaks. Time that the reader
 * takes does not count.
 */
export async function* withoutStalls(
  source: AsyncIterable<Uint8Array>,
  clock: Clock,
): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let reading = false;
  try {
    for (;;) {
      reading = true;
      const next = await nextInTime(iterator, clock);
      if (next.done === true) return;
      reading = false;
      yield next.value;
    }
  } finally {
    // A source that is still being asked would answer `return` only after that; its owner closes the connection.
    if (!reading) await iterator.return?.();
  }
}

async function nextInTime(
  iterator: AsyncIterator<Uint8Array>,
  clock: Clock,
): Promise<IteratorResult<Uint8Array, unknown>> {
  const stalled = Promise.withResolvers<never>();
  using _timer = clock.after(bodyStallMs, () => stalled.reject(new S3Error("RequestTimeout")));
  try {
    return await Promise.race([iterator.next(), stalled.promise]);
  } catch (error) {
    if (error instanceof S3Error) throw error;
    throw new S3Error("IncompleteBody", "The connection broke before the body's end.", { cause: error });
  }
}
