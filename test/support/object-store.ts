import { systemClock, type Clock } from "#lib/clock.ts";
import { systemRandom, type Random } from "#lib/random.ts";
import type { OpenedCatalog } from "#objects/catalog/create-catalog.ts";
import { memoryIndex } from "#sim/memory-index.ts";
import type { Index } from "#objects/catalog/index-contract.ts";
import { openCatalog } from "#objects/catalog/open-catalog.ts";
import { withSharedIndex } from "#objects/catalog/shared-index.ts";
import type { Sealer } from "#objects/catalog/settings.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";
import { memoryDataPath } from "#test/support/object-store-data.ts";
import { MemoryJournal } from "#test/support/object-store-journal.ts";

export interface MemoryObjectStore extends ObjectStore {
  readonly opened: OpenedCatalog;
  readonly journal: MemoryJournal;
  readonly index: Index;
}

/** A whole object store in memory: the real catalog, over a journal and a data path that keep everything in maps. */
export async function memoryObjectStore(
  options: { readonly clock?: Clock; readonly random?: Random; readonly journal?: MemoryJournal } = {},
): Promise<MemoryObjectStore> {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const journal = options.journal ?? new MemoryJournal();
  const index = memoryIndex();
  const opened = await openCatalog({
    index,
    journal,
    clock,
    random,
    sealer: plainSealer,
    onConfiguration: async () => {},
    onFindings: () => {},
    onBroken: () => {},
  });
  return {
    catalog: withSharedIndex(opened.catalog, index, opened.configuration, queueMicrotask), // as fronts do
    configuration: opened.configuration,
    data: memoryDataPath(journal, random),
    clock,
    random,
    region: "us-east-1",
    opened,
    journal,
    index,
  };
}

/** Shows in a dump of rows whether a secret went through it. */
export const plainSealer: Sealer = {
  seal: (text) => `sealed:${Buffer.from(text).toString("base64")}`,
  open: (text) => Buffer.from(text.replace("sealed:", ""), "base64").toString(),
};
