/** Ids that changed, each at most once until it is taken: however slow the reader, never more than there are ids. */
export class Wakeups {
  readonly #ids = new Set<string>();
  readonly #readers = new Set<() => void>();

  add(id: string): void {
    this.#ids.add(id);
    for (const wake of this.#readers) wake();
  }

  /** Ends when the signal aborts. One reader at a time: a second one takes ids from the first. */
  async *ids(signal: AbortSignal): AsyncGenerator<string> {
    let wake = Promise.withResolvers<void>();
    const onWake = () => wake.resolve();
    this.#readers.add(onWake);
    signal.addEventListener("abort", onWake, { once: true });
    try {
      while (!signal.aborted) {
        for (const id of this.#ids) {
          this.#ids.delete(id);
          yield id;
          if (signal.aborted) return;
        }
        if (this.#ids.size > 0) continue;
        await wake.promise;
        wake = Promise.withResolvers();
      }
    } finally {
      this.#readers.delete(onWake);
      signal.removeEventListener("abort", onWake);
    }
  }
}
