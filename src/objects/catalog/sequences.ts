import type { Draft } from "./draft.ts";
import type { Index } from "./index-contract.ts";
import { textKey } from "./keys.ts";
import { decodeJson, encodeJson } from "./rows.ts";

/** Sequences that are reserved with one row; a start leaves out what was left of the last block. */
const block = 1_000_000;

/** Numbers that only grow, also over restarts: the order of versions. */
export class Sequences {
  #next: number;
  #reserved: number;
  #written: number;

  constructor(index: Index) {
    const row = index.get(textKey("sequence"));
    this.#written = row === undefined ? 1 : Number(decodeJson(row.value));
    this.#reserved = this.#written;
    this.#next = this.#written;
  }

  next(): number {
    const sequence = this.#next;
    this.#next += 1;
    if (this.#next > this.#reserved) this.#reserved += block;
    return sequence;
  }

  /** Reserves the block in the batch that uses its first number. */
  writeTo(draft: Draft): void {
    if (this.#written === this.#reserved) return;
    draft.put(textKey("sequence"), encodeJson(this.#reserved));
    this.#written = this.#reserved;
  }
}
