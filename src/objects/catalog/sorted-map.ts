/** Entries that a block holds before it is cut in two: small enough to splice, large enough that there are few. */
const blockMax = 512;

interface Block<V> {
  readonly keys: string[];
  readonly values: V[];
}

/**
 * A map in the order of its keys. Keys are bytes as "latin1" strings: one character a byte, so that the engine's own comparison of strings is bytewise.
 * An ordered list of blocks, each an ordered array: lookups are two binary searches, changes move one block.
 */
export class SortedMap<V> {
  #blocks: Block<V>[] = [{ keys: [], values: [] }];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    const block = this.#blockOf(key);
    const at = lowerBound(block.keys, key);
    return block.keys[at] === key ? block.values[at] : undefined;
  }

  set(key: string, value: V): void {
    const block = this.#blockOf(key);
    const at = lowerBound(block.keys, key);
    if (block.keys[at] === key) {
      block.values[at] = value;
      return;
    }
    block.keys.splice(at, 0, key);
    block.values.splice(at, 0, value);
    this.#size += 1;
    if (block.keys.length <= blockMax) return;
    const half = { keys: block.keys.splice(blockMax / 2), values: block.values.splice(blockMax / 2) };
    this.#blocks.splice(this.#blocks.indexOf(block) + 1, 0, half);
  }

  delete(key: string): void {
    const block = this.#blockOf(key);
    const at = lowerBound(block.keys, key);
    if (block.keys[at] !== key) return;
    block.keys.splice(at, 1);
    block.values.splice(at, 1);
    this.#size -= 1;
    if (block.keys.length === 0 && this.#blocks.length > 1)
      this.#blocks.splice(this.#blocks.indexOf(block), 1);
  }

  /** Keys from `from` (inclusive) to `to` (exclusive). The map must not change meanwhile. */
  *range(
    from: string,
    to: string,
    direction: "ascending" | "descending" = "ascending",
  ): IterableIterator<[string, V]> {
    const step = direction === "ascending" ? 1 : -1;
    const start = direction === "ascending" ? from : to;
    let blockAt = this.#blockIndex(start);
    let block = this.#blocks[blockAt];
    let at = block === undefined ? 0 : lowerBound(block.keys, start);
    if (direction === "descending") at -= 1;
    while (block !== undefined) {
      for (; at >= 0 && at < block.keys.length; at += step) {
        const key = block.keys[at];
        if (key === undefined || (step === 1 ? key >= to : key < from)) return;
        // `values` has a value wherever `keys` has a key; V may itself be undefined.
        yield [key, block.values[at] as V];
      }
      blockAt += step;
      block = this.#blocks[blockAt];
      at = step === 1 ? 0 : (block?.keys.length ?? 0) - 1;
    }
  }

  clear(): void {
    this.#blocks = [{ keys: [], values: [] }];
    this.#size = 0;
  }

  #blockOf(key: string): Block<V> {
    // There is always a first block.
    return this.#blocks[this.#blockIndex(key)] as Block<V>;
  }

  /** The last block whose first key is not above `key`, or the first. */
  #blockIndex(key: string): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const first = this.#blocks[middle]?.keys[0];
      if (first !== undefined && first <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Where `key` is or would be. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    // In range: low ≤ middle < high ≤ length.
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Bytes as a key of a SortedMap. */
export function binaryText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
export function binaryBytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
