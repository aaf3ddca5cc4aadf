import { VdcError } from "#api/errors.ts";
import type { Catalog, Refused, Removed } from "../../catalog.ts";
import { systemOwner } from "../ports.ts";

/** Versions or uploads of one step: the pass between two of them shows how far it is. */
export const emptiedAtOnce = 1_000;

/**
 * Removes up to `emptiedAtOnce` versions, delete markers among them, and uploads. Locked versions stay: nobody's wish to be rid of a bucket
 * ends a retention. Throws `in-use` with the reason of the first when all that is left is locked.
 */
export async function emptyStep(
  catalog: Pick<Catalog, "listVersions" | "removeMany" | "listUploads" | "abortUpload">,
  bucket: string,
  callId: () => string,
): Promise<void> {
  const page = { bucket, prefix: "", delimiter: "", limit: emptiedAtOnce, keyMarker: "" };
  const uploads = await catalog.listUploads(page);
  for (const entry of uploads.entries)
    if (entry.type === "upload") {
      const { key, uploadId } = entry.upload;
      await catalog.abortUpload({ callId: callId(), bucket, key, uploadId });
    }
  const versions = await catalog.listVersions(page);
  const targets = versions.entries.flatMap((entry) =>
    entry.type === "version" ? [{ key: entry.version.key, versionId: entry.version.versionId }] : [],
  );
  if (targets.length === 0) return;
  const removed = await catalog.removeMany({
    callId: callId(),
    bucket,
    targets,
    bypassGovernance: false,
    writer: systemOwner,
  });
  const refused = removed.filter(isRefused);
  const [first] = refused;
  // Some went: the next step comes further. None did: the page is full of locked ones.
  if (first !== undefined && refused.length === removed.length)
    throw new VdcError("in-use", `${first.key} cannot be removed: ${first.message}`);
}

export function isRefused(answer: Removed | Refused): answer is Refused {
  return "code" in answer;
}
