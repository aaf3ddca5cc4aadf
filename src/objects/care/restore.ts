import type { Catalog } from "#objects/catalog.ts";
import type { CatalogCare } from "#objects/catalog/care.ts";
import type { Random } from "#lib/random.ts";
import type { FoundStore } from "./found-bodies.ts";

/** Versions that are put back in one batch. */
const versionsAtOnce = 200;

/** Puts what a scan found into a store that is empty. */
export async function restoreFound(
  found: FoundStore,
  store: { readonly catalog: Pick<Catalog, "createBucket">; readonly care: Pick<CatalogCare, "restore"> },
  random: Random,
): Promise<void> {
  for (const { name, project, versioning, hasObjectLock } of found.buckets) {
    const lock = hasObjectLock === true ? { objectLock: {} } : {};
    const bucket = { name, project, versioning, acl: "private" as const, ...lock };
    await store.catalog.createBucket({ callId: Buffer.from(random.bytes(16)).toString("hex"), bucket });
  }
  for (let at = 0; at < found.versions.length; at += versionsAtOnce)
    await store.care.restore(found.versions.slice(at, at + versionsAtOnce));
}

/** For people. */
export function foundText({ buckets, versions, bytes, broken, ofParts }: FoundStore): string {
  return (
    `${versions.length} objects in ${buckets.length} buckets, ${bytes} bytes; ${ofParts} of them were sent in parts, and may not have been completed; ` +
    `${broken} more are not whole. Small objects, access keys and settings of buckets were in the journal alone.`
  );
}
