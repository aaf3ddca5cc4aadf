import type { BucketRecord, VersionRecord } from "#objects/records.ts";
import { ownExtents, extentsOf } from "./extents.ts";
import { newVersion, versionOwner } from "./plan-commit.ts";
import type { Planning } from "./planning.ts";
import { addVersion, findNewest } from "./versions.ts";

/** A version that a scan of the drives found; everything but its place among the versions, which the order of the calls gives. */
export type RestoredVersion = Omit<
  VersionRecord,
  "bucketId" | "versionId" | "sequence" | "isDeleteMarker"
> & {
  readonly bucket: BucketRecord["name"];
};

/** Puts versions back, oldest first. As they were: neither locks nor conditions are asked again. */
export function planRestore(plan: Planning, versions: readonly RestoredVersion[]): void {
  for (const { bucket: name, ...said } of versions) {
    const bucket = plan.bucket(name);
    const newest = findNewest(plan.rows, bucket.id, said.key);
    const version = { ...newVersion(plan, bucket, said.key), ...said, isDeleteMarker: false };
    ownExtents(plan, extentsOf(version.data), versionOwner(version));
    addVersion(plan, version, newest);
  }
}
