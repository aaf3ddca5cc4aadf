import type { Clock } from "#lib/clock.ts";

/** What was refused is asked again after this: a name may be free by then, a folder empty. */
export const refusedForMs = 30_000;
const maxRefusals = 10_000;

/** Why the store refused what a resource wants, by the resource's id. Remembered by this process alone: it can be lost. */
export class Refusals {
  readonly #clock: Clock;
  readonly #reasons = new Map<string, { readonly reason: string; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(id: string, reason: string): void {
    if (this.#reasons.size >= maxRefusals) this.#reasons.clear();
    this.#reasons.set(id, { reason, at: this.#clock.monotonic() });
  }

  /** Undefined when nothing was refused lately. */
  reason(id: string): string | undefined {
    const found = this.#reasons.get(id);
    if (found === undefined || this.#clock.monotonic() - found.at < refusedForMs) return found?.reason;
    this.#reasons.delete(id);
    return undefined;
  }
}
