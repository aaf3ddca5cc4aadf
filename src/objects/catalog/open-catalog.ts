import { createCatalog, type CatalogParts, type OpenedCatalog } from "./create-catalog.ts";
import type { Index, PlacedMutation } from "./index-contract.ts";
import type { Journal } from "#objects/journal/journal-contract.ts";

/** Mutations that are put into the index at once while it is brought up to date: a few tens of MiB. */
const replayBatch = 50_000;

/** Brings the index up to date with the journal, and opens the catalog over it. */
export async function openCatalog(parts: CatalogParts): Promise<OpenedCatalog> {
  await bringUpToDate(parts.index, parts.journal);
  return createCatalog(parts);
}

/**
 * An index that is ahead of the journal is of another journal. One that ends before the oldest segment may hold rows whose removal went away with a retired
 * segment. Both are made anew from the journal.
 */
export async function bringUpToDate(index: Index, journal: Journal): Promise<void> {
  const oldest = Math.min(...journal.segments().map(({ firstSequence }) => firstSequence));
  if (index.applied > journal.lastSequence || index.applied + 1 < oldest) index.clear();
  let waiting: PlacedMutation[] = [];
  let sequence = index.applied;
  for await (const frame of journal.replay(index.applied)) {
    for (const mutation of frame.mutations) waiting.push(mutation);
    sequence = frame.sequence;
    if (waiting.length < replayBatch) continue;
    index.apply(sequence, inOrder(waiting));
    waiting = [];
  }
  if (waiting.length > 0) index.apply(sequence, inOrder(waiting));
}

/**
 * By key, because neighbours lie on the same pages of the index. Only what is done last to a key counts, and sorting keeps the order of what is done to the same one: the batch has the
 * same effect.
 */
function inOrder(mutations: readonly PlacedMutation[]): readonly PlacedMutation[] {
  return mutations.toSorted((a, b) => Buffer.compare(a.key, b.key));
}
