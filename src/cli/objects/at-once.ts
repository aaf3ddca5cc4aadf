/** Files or parts that are on their way at the same time. */
export const transfersAtOnce = 4;

/** Runs `work` for each item, at most `transfersAtOnce` at a time. The first failure ends it, when what runs has ended. */
export async function forEachAtOnce<T>(
  items: Iterable<T>,
  work: (item: T, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const left = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = left.next(); next.done !== true && !both.aborted; next = left.next()) {
      try {
        await work(next.value, both);
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: transfersAtOnce }, worker));
  signal.throwIfAborted();
  // The one that failed first; the others were ended by it.
  failed.signal.throwIfAborted();
  for (const one of ended) if (one.status === "rejected") throw one.reason;
}
