import type { Change } from "#api/records.ts";
import { assert } from "#lib/assert.ts";

/** The newest changes without a gap, bounded; shared by all watchers of the process. */
export class RecentChanges {
  #changes: Change[] = [];
  /** Everything up to here is not in memory. */
  #floor: number;
  readonly #capacity: number;

  constructor(revision: number, capacity: number) {
    this.#floor = revision;
    this.#capacity = capacity;
  }

  /** Changes after this revision are in memory, up to `revision`. */
  get floor(): number {
    return this.#floor;
  }

  /** The newest revision that is known. */
  get revision(): number {
    return this.#floor + this.#changes.length;
  }

  /** Takes what follows directly. */
  push(changes: readonly Change[]): void {
    const [first] = changes;
    if (first === undefined) return;
    assert(first.revision === this.revision + 1, "changes come without a gap");
    this.#changes.push(...changes);
    // Trimming by halves keeps pushes cheap.
    if (this.#changes.length >= this.#capacity * 2) this.#drop(this.#changes.length - this.#capacity);
  }

  /** Forgets everything and goes on from `revision`. */
  restart(revision: number): void {
    this.#changes = [];
    this.#floor = revision;
  }

  /** At most `limit` changes after `revision`, which must not be below the floor. */
  after(revision: number, limit: number): readonly Change[] {
    assert(revision >= this.#floor, "what is asked for is in memory");
    const start = revision - this.#floor;
    return this.#changes.slice(start, start + limit);
  }

  #drop(count: number): void {
    this.#changes = this.#changes.slice(count);
    this.#floor += count;
  }
}
