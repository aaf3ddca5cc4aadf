/**
 * Ready tasks, newest first: what a finished task made ready is taken before what waited from the beginning, so chains end before new ones begin and few blobs live at
 * once. A task that is no longer ready stays where it is until it comes up, and is thrown away then.
 */
export class TaskStack {
  readonly #items: Int32Array;
  readonly #inside: Uint8Array;
  #size = 0;

  /** Tasks are numbers below `count`. */
  constructor(count: number) {
    this.#items = new Int32Array(count);
    this.#inside = new Uint8Array(count);
  }

  get size(): number {
    return this.#size;
  }

  /** Nothing when it is inside already. */
  push(task: number): void {
    if (this.#inside[task] === 1) return;
    this.#inside[task] = 1;
    this.#items[this.#size] = task;
    this.#size += 1;
  }

  /** The task so many places below the top. */
  peek(depth: number): number {
    return this.#items[this.#size - 1 - depth] ?? -1;
  }

  remove(depth: number): void {
    const at = this.#size - 1 - depth;
    this.#inside[this.#items[at] ?? 0] = 0;
    this.#items.copyWithin(at, at + 1, this.#size);
    this.#size -= 1;
  }
}
