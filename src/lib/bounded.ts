import { assert } from "#lib/assert.ts";

/** A map that forgets its least recently used entry when full, and every entry after its time. */
export class BoundedCache<K, V> {
  readonly #entries = new Map<K, { readonly value: V; readonly until: number }>();
  readonly #limits: { readonly maxEntries: number; readonly ttlMs: number; readonly monotonic: () => number };

  constructor(limits: {
    readonly maxEntries: number;
    readonly ttlMs: number;
    readonly monotonic: () => number;
  }) {
    assert(limits.maxEntries > 0, "a cache holds at least one entry");
    this.#limits = limits;
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.until <= this.#limits.monotonic()) return undefined;
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: this.#limits.monotonic() + this.#limits.ttlMs });
    if (this.#entries.size <= this.#limits.maxEntries) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  get size(): number {
    return this.#entries.size;
  }
}

/** The last `capacity` values, oldest first. */
export class Ring<T> {
  #values: T[] = [];
  readonly #capacity: number;

  constructor(capacity: number) {
    assert(capacity > 0, "a ring holds at least one value");
    this.#capacity = capacity;
  }

  push(value: T): void {
    this.#values.push(value);
    // Trimming by halves keeps pushes O(1) amortised without index arithmetic at every read.
    if (this.#values.length >= this.#capacity * 2) this.#values = this.#values.slice(-this.#capacity);
  }

  values(): readonly T[] {
    return this.#values.slice(-this.#capacity);
  }

  get last(): T | undefined {
    return this.#values.at(-1);
  }
}
