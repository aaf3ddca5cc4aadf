import { setTimeout as sleep } from "node:timers/promises";

/**
 * Cores that this machine does not have: a call of the test's kernel takes the milliseconds that its first argument says, on a core of the reference's speed, however many run at once
 * and whatever else this machine does. What the kernel computes is computed for real. The kernel by which a worker measures itself takes its stated time, too.
 */
export function paceMs(fn: string, args: readonly number[]): number {
  return fn === "calibrate" ? referenceMs : (args[0] ?? 0);
}

/** What the calibration kernel takes on the reference core (src/burst/worker/calibration.ts). */
const referenceMs = 7;
/** Timers come late by about so much; the rest is waited for awake. */
const timerMs = 2;

export async function waitUntil(endMs: number): Promise<void> {
  const ms = endMs - performance.now() - timerMs;
  if (ms > 0) await sleep(ms);
  while (performance.now() < endMs);
}
