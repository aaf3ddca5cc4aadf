import type { Clock } from "#lib/clock.ts";

/** Waits until the work has ended, well or not, but no longer than `ms`; says whether it has. */
export async function settledWithin(work: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  const ended = new AbortController();
  const late = clock.sleep(ms, ended.signal).then(
    () => false,
    () => true, // the sleep was ended because the work was
  );
  const done = work.then(
    () => true,
    () => true, // whoever began the work hears of its failure
  );
  const inTime = await Promise.race([done, late]);
  ended.abort();
  return inTime;
}
