import type { BucketSpec, BucketStatus } from "#api/kinds/bucket.ts";
import type { DriveSpec, DriveStatus } from "#api/kinds/drive.ts";
import type { KeySpec, KeyStatus } from "#api/kinds/key.ts";
import type { Resource } from "#api/resource.ts";
import type { CatalogAdmin } from "../admin.ts";
import type { Catalog } from "../catalog.ts";

export type Bucket = Resource<BucketSpec, BucketStatus>;
export type Key = Resource<KeySpec, KeyStatus>;
export type Drive = Resource<DriveSpec, DriveStatus>;

/** The object store of this data center, as control reaches it. */
export interface ObjectStoreHere {
  readonly catalog: Catalog & CatalogAdmin;
  /** Address of the S3 service, such as `http://127.0.0.1:9000`. */
  readonly endpoint: string;
  readonly region: string;
}

/** Owner of credentials that are VDC's own; everybody else's owner is the id of a key resource. */
export const systemOwner = "system";

/** Why nothing can be done where there is no object store. */
export const absentReason =
  "This data center runs without object storage; start it with `vdc up` without --no-objects.";
