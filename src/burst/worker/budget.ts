import { assert } from "#lib/assert.ts";

interface Waiter {
  readonly amount: number;
  readonly admit: () => void;
}

/** A bounded amount of something that is lent: slots, bytes. Who came first is served first; who wants more than there is gets all of it, alone. */
export class Budget {
  #free: number;
  readonly #whole: number;
  readonly #waiting = new Set<Waiter>();

  constructor(whole: number) {
    assert(whole > 0, "a budget has something to lend");
    this.#whole = whole;
    this.#free = whole;
  }

  /** Resolves with what gives it back, safe twice; rejects with the signal's reason. */
  async borrow(wanted: number, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    const amount = Math.min(wanted, this.#whole);
    if (this.#waiting.size > 0 || amount > this.#free) await this.#wait(amount, signal);
    else this.#free -= amount;
    let isLent = true;
    return {
      [Symbol.dispose]: () => {
        if (!isLent) return;
        isLent = false;
        this.#free += amount;
        this.#admit();
      },
    };
  }

  async #wait(amount: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { amount, admit: resolve };
    const stop = () => {
      // One that was admitted already has its amount; its owner gives it back.
      if (!this.#waiting.delete(waiter)) return;
      reject(signal.reason);
      this.#admit();
    };
    this.#waiting.add(waiter);
    signal.addEventListener("abort", stop, { once: true });
    await promise.finally(() => signal.removeEventListener("abort", stop));
  }

  #admit(): void {
    for (const waiter of this.#waiting) {
      if (waiter.amount > this.#free) return;
      this.#waiting.delete(waiter);
      this.#free -= waiter.amount;
      waiter.admit();
    }
  }
}
