/** As the Compute Pressure API says it (W3C); other sources are put on the same scale. */
export type PressureState = "nominal" | "fair" | "serious" | "critical";

export interface PressureSample {
  /** Monotonic milliseconds. */
  readonly atMs: number;
  readonly state: PressureState;
}

/** What is remembered between samples. Begin with `calm`. */
export interface PressureView {
  readonly isPressed: boolean;
  /** When the machine was under pressure last while it was calm in between; Infinity and -Infinity: never. */
  readonly seriousAtMs: number;
  /** Since when every sample was fair or better; Infinity: not now. */
  readonly fairSinceMs: number;
}

export const calm: PressureView = { isPressed: false, seriousAtMs: -Infinity, fairSinceMs: Infinity };

/** Two serious samples within this enter; one alone is a hiccup. */
const enterWithinMs = 10_000;
/** Fair for so long leaves: tiles that move to and fro cost more than those that stay. */
const leaveAfterMs = 30_000;

/** The next view. Samples come in the order of their times; a gap in them is no rest. */
export function nextPressure(view: PressureView, { atMs, state }: PressureSample): PressureView {
  if (state === "serious" || state === "critical") {
    const isSecond = atMs - view.seriousAtMs <= enterWithinMs;
    return { isPressed: view.isPressed || isSecond, seriousAtMs: atMs, fairSinceMs: Infinity };
  }
  const fairSinceMs = Math.min(view.fairSinceMs, atMs);
  const isPressed = view.isPressed && atMs - fairSinceMs < leaveAfterMs;
  return { ...view, isPressed, fairSinceMs };
}

/** What a browser without the Compute Pressure API can measure of itself. */
export interface Throughput {
  /** Reference milliseconds of tiles done for each millisecond of a worker, now. */
  readonly now: number;
  /** The same when the machine was idle: the best that was measured here; 0 when nothing was. */
  readonly best: number;
  /** How late a timer of the page comes, in milliseconds. */
  readonly lagMs: number;
}

/**
 * What the Compute Pressure API tells counts the page's own tiles too, which are to use all cores. While these get done at their pace and timers come in time, nobody else
 * wants the machine: the pressure is our own, and no reason to leave.
 */
export function othersPressure(told: PressureState, own: Throughput): PressureState {
  const isOurs = own.best > 0 && pressureOf(own) === "nominal";
  return isOurs && (told === "serious" || told === "critical") ? "fair" : told;
}

/** Throughput as a state: a machine that does a third of what it can has something else to do. */
export function pressureOf({ now, best, lagMs }: Throughput): PressureState {
  const part = best > 0 ? now / best : 1;
  if (part < 0.25 || lagMs > 500) return "critical";
  if (part < 0.5 || lagMs > 150) return "serious";
  if (part < 0.8 || lagMs > 50) return "fair";
  return "nominal";
}
