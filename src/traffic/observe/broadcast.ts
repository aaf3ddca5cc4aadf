import { VdcError } from "#api/errors.ts";

/** Gives every value to all who listen. A slow reader loses the oldest of what waits for it; nobody is held up. */
export class Broadcast<T> {
  readonly #limits: { readonly maxReaders: number; readonly maxWaiting: number };
  readonly #readers = new Set<Reader<T>>();

  constructor(limits: { readonly maxReaders: number; readonly maxWaiting: number }) {
    this.#limits = limits;
  }

  get readers(): number {
    return this.#readers.size;
  }

  publish(value: T): void {
    for (const reader of this.#readers) {
      reader.waiting.push(value);
      if (reader.waiting.length > this.#limits.maxWaiting) reader.waiting.shift();
      reader.wake();
    }
  }

  /**
   * `first`, then what is published, until the signal aborts. Counts as a reader from now on, and not from the first read: so a
   * stream that nobody reads does not stay. Throws `busy` when too many read.
   */
  read(first: readonly T[], signal: AbortSignal, onLeave: () => void): AsyncIterable<T> {
    if (this.#readers.size >= this.#limits.maxReaders)
      throw new VdcError(
        "busy",
        `${this.#limits.maxReaders} viewers follow this app already; that is the limit.`,
      );
    const reader: Reader<T> = { waiting: [...first], wake: () => undefined };
    const leave = () => {
      signal.removeEventListener("abort", leave);
      if (!this.#readers.delete(reader)) return;
      reader.wake();
      onLeave();
    };
    this.#readers.add(reader);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    return this.#values(reader, leave);
  }

  async *#values(reader: Reader<T>, leave: () => void): AsyncGenerator<T> {
    try {
      while (this.#readers.has(reader)) {
        const next = reader.waiting.shift();
        if (next === undefined) await new Promise<void>((resolve) => (reader.wake = resolve));
        else yield next;
      }
    } finally {
      leave();
    }
  }
}

interface Reader<T> {
  readonly waiting: T[];
  wake: () => void;
}
