import type { ManualClock } from "./clock.ts";

/** The first steps are short, so that what takes no time takes none; then time goes on by this. */
const stepMs = 100;
const shortSteps = 20;

/** Lets the clock go on until the promise is settled; undefined when the power went before. Throws after `maxSteps`. */
export async function settleWithin<T>(
  promise: Promise<T>,
  {
    clock,
    isOff,
    maxSteps,
  }: { readonly clock: ManualClock; readonly isOff: () => boolean; readonly maxSteps: number },
): Promise<T | undefined> {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  promise.then(
    (value) => (outcome = { value }),
    (error: unknown) => (outcome = { error }),
  );
  for (let steps = 0; steps < maxSteps; steps += 1) {
    if (outcome !== undefined) {
      if ("error" in outcome) throw outcome.error;
      return outcome.value;
    }
    if (isOff()) return undefined;
    await clock.advance(steps < shortSteps ? 1 : stepMs);
  }
  throw new Error("it neither ended nor did the power go");
}
