import type { Pressure } from "./burst-worker.ts";

/** Busy samples within so long make a machine busy. */
const enterMs = 10_000;
/** And so long without one make it quiet again. */
const leaveMs = 30_000;

/** Samples of a machine's pressure without its moments: one sample is not yet a state, and a quiet second not yet the end of one. */
export class SteadyPressure {
  #busySince: number | undefined;
  #lastBusy = Number.NEGATIVE_INFINITY;
  #worst: Pressure = "nominal";

  /** Takes a sample at `now` (monotonic milliseconds); answers the state. */
  sample(pressure: Pressure, now: number): Pressure {
    const isBusy = pressure === "serious" || pressure === "critical";
    if (isBusy) {
      const isSecond = now - this.#lastBusy <= enterMs;
      if (isSecond) this.#busySince ??= now;
      if (isSecond) this.#worst = pressure;
      this.#lastBusy = now;
    } else if (now - this.#lastBusy >= leaveMs) {
      this.#busySince = undefined;
    }
    if (this.#busySince !== undefined) return this.#worst;
    return isBusy ? "fair" : pressure;
  }
}
