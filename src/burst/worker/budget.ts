import { assert } from "#lib/assert.ts";

interface Waiter {
  readonly amount: number;
  readonly admit: () => void;
}

/** What was lent; disposing gives it back, and does no harm twice. */
export interface Loan extends Disposable {
  /** Gives back what is beyond this much. */
  shrink(amount: number): void;
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

  /** Rejects with the signal's reason. */
  async borrow(wanted: number, signal: AbortSignal): Promise<Loan> {
    signal.throwIfAborted();
    let lent = Math.min(wanted, this.#whole);
    if (this.#waiting.size > 0 || lent > this.#free) await this.#wait(lent, signal);
    else this.#free -= lent;
    const shrink = (amount: number): void => {
      if (amount >= lent) return;
      this.#free += lent - amount;
      lent = amount;
      this.#admit();
    };
    return { shrink, [Symbol.dispose]: () => shrink(0) };
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
