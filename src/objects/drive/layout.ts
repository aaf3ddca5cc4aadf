import { assert } from "#lib/assert.ts";

/** How a store with so many drives keeps what it is given. */
export interface StoreLayout {
  /** Data shards and parity shards of an extent. */
  readonly k: number;
  readonly m: number;
  /** Copies of a journal segment. */
  readonly copies: number;
  /** Synced copies that acknowledge a frame. */
  readonly segmentAcks: number;
  /** Synced shards that acknowledge an extent. */
  readonly shardAcks: number;
}

const shards: readonly (readonly [k: number, m: number])[] = [
  [1, 0],
  [1, 1],
  [2, 1],
  [2, 2],
  [3, 2],
  [4, 2],
];

/** The table of the README. `driveCount`: drives that belong to the store, also those that are missing at the moment; at least one. */
export function storeLayout(driveCount: number): StoreLayout {
  assert(driveCount >= 1, "a store has a drive");
  const [k, m] = shards[Math.min(driveCount, shards.length) - 1] ?? [1, 0];
  const half = Math.ceil(m / 2);
  return { k, m, copies: m + 1, segmentAcks: 1 + half, shardAcks: k + half };
}
