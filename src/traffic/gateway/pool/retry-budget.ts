import { poolLimits } from "./limits.ts";

const slots = 10;
const slotMs = 1_000;

/** Requests and retries of the last ten seconds, counted by the second. */
export class RetryBudget {
  readonly #requests = new Uint32Array(slots);
  readonly #retries = new Uint32Array(slots);
  /** Which second each slot counts. */
  readonly #seconds = new Float64Array(slots).fill(-1);

  countRequest(now: number): void {
    const slot = this.#slotAt(now);
    this.#requests[slot] = (this.#requests[slot] ?? 0) + 1;
  }

  /** Counts a retry when it stays within `percent` of the requests; a few are always allowed, unless `percent` is 0. */
  spend(percent: number, now: number): boolean {
    if (percent === 0) return false;
    const slot = this.#slotAt(now);
    const oldest = Math.floor(now / slotMs) - slots + 1;
    let requests = 0;
    let retries = 0;
    for (let index = 0; index < slots; index += 1) {
      if ((this.#seconds[index] ?? 0) < oldest) continue;
      requests += this.#requests[index] ?? 0;
      retries += this.#retries[index] ?? 0;
    }
    if (retries >= Math.max(poolLimits.retriesAtLeast, (requests * percent) / 100)) return false;
    this.#retries[slot] = (this.#retries[slot] ?? 0) + 1;
    return true;
  }

  #slotAt(now: number): number {
    const second = Math.floor(now / slotMs);
    const slot = second % slots;
    if (this.#seconds[slot] !== second) {
      this.#seconds[slot] = second;
      this.#requests[slot] = 0;
      this.#retries[slot] = 0;
    }
    return slot;
  }
}
