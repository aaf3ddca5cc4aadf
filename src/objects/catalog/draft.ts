import type { BlobPlace } from "#objects/records.ts";
import type { Index, Mutation, Row } from "./index-contract.ts";
import { binaryBytes, binaryText, SortedMap } from "./sorted-map.ts";

/** Bytes beside a row: in the journal already, or on their way. */
export interface Held {
  readonly place?: BlobPlace;
  readonly blob?: Uint8Array;
}
/** A row as planners see it. */
export interface Cell extends Held {
  readonly value: Uint8Array;
}
export interface KeyedCell extends Cell {
  readonly key: Uint8Array;
}
/** `null`: the row is removed. */
export type Change = Cell | null;

/** What a planner may read. */
export interface Rows {
  get(key: Uint8Array): Cell | undefined;
  /** Ascending, `from` inclusive, `to` exclusive. */
  scan(from: Uint8Array, to: Uint8Array): IterableIterator<KeyedCell>;
}

/** The index with the changes that are planned but not yet durable: what the next plan must build on. */
export class Overlay implements Rows {
  readonly #index: Index;
  readonly #pending = new SortedMap<{ readonly change: Change; readonly batch: number }>();

  constructor(index: Index) {
    this.#index = index;
  }

  get(key: Uint8Array): Cell | undefined {
    const pending = this.#pending.get(binaryText(key));
    if (pending !== undefined) return pending.change ?? undefined;
    return this.#index.get(key);
  }

  *scan(from: Uint8Array, to: Uint8Array): IterableIterator<KeyedCell> {
    const pending = this.#pending.range(binaryText(from), binaryText(to));
    yield* covered(changesOf(pending), this.#index.scan(from, to));
  }

  /** Puts a plan on top. */
  add(draft: Draft, batch: number): void {
    for (const [key, change] of draft.changes()) this.#pending.set(key, { change, batch });
  }

  /** The index has this plan now. */
  settle(draft: Draft, batch: number): void {
    for (const [key] of draft.changes())
      if (this.#pending.get(key)?.batch === batch) this.#pending.delete(key);
  }
}

/** The changes of one plan, over what it started from. A plan that fails is dropped with its draft. */
export class Draft implements Rows {
  readonly #under: Rows;
  readonly #changes = new SortedMap<Change>();

  constructor(under: Rows) {
    this.#under = under;
  }

  get(key: Uint8Array): Cell | undefined {
    const change = this.#changes.get(binaryText(key));
    return change === undefined ? this.#under.get(key) : (change ?? undefined);
  }

  /** The draft must not change while the scan goes on. */
  *scan(from: Uint8Array, to: Uint8Array): IterableIterator<KeyedCell> {
    yield* covered(this.#changes.range(binaryText(from), binaryText(to)), this.#under.scan(from, to));
  }

  put(key: Uint8Array, value: Uint8Array, held: Held = {}): void {
    this.#changes.set(binaryText(key), {
      value,
      ...(held.place === undefined ? {} : { place: held.place }),
      ...(held.blob === undefined ? {} : { blob: held.blob }),
    });
  }

  remove(key: Uint8Array): void {
    this.#changes.set(binaryText(key), null);
  }

  get size(): number {
    return this.#changes.size;
  }

  changes(): IterableIterator<[string, Change]> {
    return this.#changes.range("", "\u00ff");
  }

  mutations(): readonly Mutation[] {
    return Array.from(this.changes(), ([text, change]): Mutation => {
      const key = binaryBytes(text);
      if (change === null) return { type: "remove", key };
      // Bytes that are still on their way are written once more with the row: waiting for their place would make hot objects wait for syncs.
      if (change.blob !== undefined) return { type: "put", key, value: change.value, blob: change.blob };
      if (change.place !== undefined) return { type: "put", key, value: change.value, keep: change.place };
      return { type: "put", key, value: change.value };
    });
  }
}

function* changesOf(
  entries: IterableIterator<[string, { readonly change: Change }]>,
): IterableIterator<[string, Change]> {
  for (const [key, { change }] of entries) yield [key, change];
}

/** Rows in key order, where a change stands for the row under it. */
function* covered(
  changes: IterableIterator<[string, Change]>,
  under: IterableIterator<KeyedCell | Row>,
): IterableIterator<KeyedCell> {
  let change = changes.next();
  for (const row of under) {
    const key = change.done === true ? "" : binaryText(row.key);
    while (change.done !== true && change.value[0] < key) {
      yield* visible(change.value);
      change = changes.next();
    }
    if (change.done === true || change.value[0] !== key) yield row;
  }
  for (; change.done !== true; change = changes.next()) yield* visible(change.value);
}

function* visible([key, change]: [string, Change]): IterableIterator<KeyedCell> {
  if (change !== null) yield { key: binaryBytes(key), ...change };
}
