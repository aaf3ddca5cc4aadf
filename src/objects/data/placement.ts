import { assert } from "#lib/assert.ts";
import type { Random } from "#lib/random.ts";
import { storeLayout } from "#objects/drive/layout.ts";
import type { DriveView } from "#objects/records.ts";

export interface ShardLayout {
  readonly k: number;
  readonly m: number;
}

export interface Placement extends ShardLayout {
  /** `drives[i]` takes shard i; -1: nobody does for now. */
  readonly drives: readonly number[];
}

/** How many shards must be durable before an extent is acknowledged: k + ⌈m/2⌉. */
export function commitMinimum({ k, m }: ShardLayout): number {
  return k + Math.ceil(m / 2);
}

/**
 * Which drives take a new extent, or undefined when too few can. The store's layout when at least its commit minimum of drives can be written (shards may be
 * missing then); otherwise the layout of a smaller store, as long as it has parity: better less room than no answer. Pure but for `random`.
 */
export function place(input: {
  readonly drives: readonly DriveView[];
  /** Those that failed or were late just now; taken only when there are not enough others. */
  readonly isAvoided: (drive: number) => boolean;
  readonly random: Random;
}): Placement | undefined {
  const active = input.drives.filter((drive) => drive.wanted === "active");
  const writable = active.filter((drive) => drive.state === "ok" && drive.freeBytes > 0);
  const calm = writable.filter((drive) => !input.isAvoided(drive.number));
  for (const candidates of [calm, writable]) {
    const layouts = [active.length, candidates.length].filter(Boolean).map(storeLayout);
    const [whole] = layouts;
    const layout = layouts.find(
      (each) => candidates.length >= commitMinimum(each) && (each === whole || each.m > 0),
    );
    if (layout !== undefined) return spread(layout, candidates, input.random);
  }
  return undefined;
}

/** Draws drives by their free space (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006) and shuffles who takes which shard. */
function spread(layout: ShardLayout, candidates: readonly DriveView[], random: Random): Placement {
  const width = layout.k + layout.m;
  const drawn = candidates
    .map((drive) => ({ number: drive.number, lot: Math.log(1 - random.fraction()) / drive.freeBytes }))
    .toSorted((a, b) => b.lot - a.lot)
    .slice(0, width)
    .map(({ number }) => number);
  for (let last = drawn.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random.fraction() * (last + 1));
    const [a, b] = [drawn[last], drawn[other]];
    assert(a !== undefined && b !== undefined, "both places lie inside");
    drawn[last] = b;
    drawn[other] = a;
  }
  // Parity is what is missing when there are too few: data shards are read without any arithmetic.
  return { ...layout, drives: Array.from({ length: width }, (_, shard) => drawn[shard] ?? -1) };
}
