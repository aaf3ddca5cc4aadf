import { runLimits } from "./limits.ts";

/** How long the tasks of a stage take, measured: milliseconds for each millisecond of stated cost. */
export class StageStats {
  failed = 0;
  readonly #samples: number[] = [];
  #next = 0;
  #median: number | undefined;

  add(elapsedMs: number, cost: number): void {
    this.#samples[this.#next] = elapsedMs / Math.max(cost, 1);
    this.#next = (this.#next + 1) % runLimits.stageSamples;
    this.#median = undefined;
  }

  /** Undefined before anything was measured. */
  median(): number | undefined {
    this.#median ??= this.#samples.toSorted((a, b) => a - b)[this.#samples.length >> 1];
    return this.#median;
  }
}
