import { assert } from "#lib/assert.ts";

/** Smaller pieces are copied together: a client that sends single bytes must not make us keep a buffer for each. */
const referenceMinBytes = 4 * 1024;
const stagingBytes = 64 * 1024;

/** Some bytes in a row that lie in several pieces. */
export class Pieces {
  readonly list: readonly Uint8Array[];
  readonly size: number;

  constructor(list: readonly Uint8Array[], size: number) {
    this.list = list;
    this.size = size;
  }

  /** Bytes `start` to `end`, without a copy. */
  slice(start: number, end: number): Pieces {
    assert(start >= 0 && start <= end && end <= this.size, "a slice lies inside");
    const list: Uint8Array[] = [];
    let at = 0;
    for (const piece of this.list) {
      const from = Math.max(start - at, 0);
      const to = Math.min(end - at, piece.length);
      if (from < to) list.push(from === 0 && to === piece.length ? piece : piece.subarray(from, to));
      at += piece.length;
    }
    return new Pieces(list, end - start);
  }

  /** Copies all of it to `into`, which is large enough. */
  copyTo(into: Uint8Array): void {
    let at = 0;
    for (const piece of this.list) {
      into.set(piece, at);
      at += piece.length;
    }
  }

  /** In one piece; copied only when it is in several. */
  contiguous(): Uint8Array {
    const [only] = this.list;
    return only !== undefined && this.list.length === 1 ? only : Buffer.concat(this.list, this.size);
  }
}

/** Bytes that arrived and were not taken yet, kept by reference: a slow sender occupies no buffer of the slab while it is slow. */
export class Gather {
  #list: Uint8Array[] = [];
  #size = 0;
  /** Small pieces are copied here. */
  #staging: Buffer | undefined;
  #staged = 0;

  get size(): number {
    return this.#size;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    const isFirst = this.#size === 0;
    this.#size += piece.length;
    // Most short bodies come in one piece.
    if (isFirst || piece.length >= referenceMinBytes) {
      this.#flush();
      this.#list.push(piece);
      return;
    }
    if (this.#staging === undefined || this.#staged + piece.length > this.#staging.length) {
      this.#flush();
      this.#staging = Buffer.allocUnsafe(stagingBytes);
    }
    this.#staging.set(piece, this.#staged);
    this.#staged += piece.length;
  }

  /** The first `size` bytes; they are no longer here. */
  take(size: number): Pieces {
    assert(size <= this.#size, "no more is taken than has come");
    this.#flush();
    const taken: Uint8Array[] = [];
    let missing = size;
    let used = 0;
    for (const piece of this.#list) {
      if (missing === 0) break;
      if (piece.length > missing) {
        taken.push(piece.subarray(0, missing));
        this.#list[used] = piece.subarray(missing);
        missing = 0;
      } else {
        taken.push(piece);
        used += 1;
        missing -= piece.length;
      }
    }
    this.#list.splice(0, used);
    this.#size -= size;
    return new Pieces(taken, size);
  }

  #flush(): void {
    if (this.#staging === undefined || this.#staged === 0) return;
    this.#list.push(this.#staging.subarray(0, this.#staged));
    this.#staging = this.#staging.subarray(this.#staged);
    this.#staged = 0;
  }
}
