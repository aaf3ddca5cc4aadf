import type { Clock } from "#lib/clock.ts";
import { storeLimits } from "../limits.ts";

/**
 * Says which commits tell other processes that the log has grown. The first after a pause does so at once, in its
 * own transaction; of those that follow closely one notice is sent later, for all. Each notice wakes a server
 * process and every listener, which at full load cost more than a tenth of a write.
 */
export class Notices implements Disposable {
  readonly #clock: Clock;
  readonly #sendLater: () => void;
  #lastMs = Number.NEGATIVE_INFINITY;
  #owed: Disposable | undefined;

  /** `sendLater` sends one; when it fails, the other processes' poll finds what they were not told. */
  constructor(clock: Clock, sendLater: () => void) {
    this.#clock = clock;
    this.#sendLater = sendLater;
  }

  /** Whether the transaction that is about to commit carries the notice; else one is owed and will be sent. */
  due(): boolean {
    if (this.#owed !== undefined) return false;
    const now = this.#clock.monotonic();
    const restMs = this.#lastMs + storeLimits.noticeEveryMs - now;
    if (restMs <= 0) {
      this.#lastMs = now;
      return true;
    }
    this.#owed = this.#clock.after(restMs, () => {
      this.#owed = undefined;
      this.#lastMs = this.#clock.monotonic();
      this.#sendLater();
    });
    return false;
  }

  [Symbol.dispose](): void {
    this.#owed?.[Symbol.dispose]();
  }
}
