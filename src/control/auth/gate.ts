import { VdcError } from "#api/errors.ts";

/** Lets so many in at once and so many wait; one more is `busy`. */
export class Gate {
  #inside = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #limits: { readonly atOnce: number; readonly waiting: number; readonly what: string };

  constructor(limits: { readonly atOnce: number; readonly waiting: number; readonly what: string }) {
    this.#limits = limits;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #enter(): Promise<void> {
    if (this.#inside < this.#limits.atOnce) {
      this.#inside += 1;
      return Promise.resolve();
    }
    if (this.#waiting.length >= this.#limits.waiting)
      return Promise.reject(new VdcError("busy", `Too many ${this.#limits.what} are waiting.`));
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    // The place is handed over, so that nobody who comes now overtakes who waits.
    if (next === undefined) this.#inside -= 1;
    else next();
  }
}
