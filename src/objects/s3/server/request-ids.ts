import type { Random } from "#lib/random.ts";

const idBytes = 8;
/** Ids that are drawn together: asking the system for eight bytes costs as much as verifying half a signature. */
const drawnAtOnce = 512;

/** Names of requests: 16 hexadecimal digits, which nobody can guess from those before. */
export class RequestIds {
  readonly #random: Random;
  #drawn = Buffer.alloc(0);
  #at = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): string {
    if (this.#at === this.#drawn.length) {
      this.#drawn = Buffer.from(this.#random.bytes(idBytes * drawnAtOnce));
      this.#at = 0;
    }
    const begin = this.#at;
    this.#at += idBytes;
    return this.#drawn.toString("hex", begin, this.#at).toUpperCase();
  }
}
