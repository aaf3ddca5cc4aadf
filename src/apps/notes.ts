import type { WakeTimers } from "./wake-timers.ts";

/** What is refused is tried again this often. */
const retryMs = 5_000;
const maxNotes = 10_000;

/** Why the last pass of a key could not do what was planned. The next pass shows it, and forgets it unless it happens again. */
export class Notes {
  readonly #notes = new Map<string, string>();
  readonly #shown = new Map<string, string>();
  readonly #timers: WakeTimers;

  constructor(timers: WakeTimers) {
    this.#timers = timers;
  }

  /** `again` when no pass has shown it yet; else it is tried again after a while. */
  note(key: string, message: string): "again" | undefined {
    if (this.#notes.size >= maxNotes) this.#notes.clear();
    this.#notes.set(key, message);
    if (this.#shown.get(key) !== message) return "again";
    this.#timers.set(key, retryMs);
    return undefined;
  }

  take(key: string): string | undefined {
    const message = this.#notes.get(key);
    this.#notes.delete(key);
    if (message === undefined) this.#shown.delete(key);
    else this.#shown.set(key, message);
    return message;
  }
}
