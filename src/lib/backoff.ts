import type { Random } from "#lib/random.ts";

/** Exponential with full jitter between half and the whole, in milliseconds. `attempt` counts from 0. */
export function backoffMs(
  attempt: number,
  limits: { readonly baseMs: number; readonly maxMs: number },
  random: Random,
): number {
  const whole = Math.min(limits.maxMs, limits.baseMs * 2 ** Math.min(attempt, 30));
  return whole / 2 + (whole / 2) * random.fraction();
}
