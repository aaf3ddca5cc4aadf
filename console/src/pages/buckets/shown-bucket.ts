import { useOutletContext } from "react-router";
import type { Bucket, InBucket } from "#console/data/object-queries.ts";

export interface ShownBucket {
  readonly bucket: Bucket;
  readonly at: InBucket;
  readonly mayWrite: boolean;
  readonly mayConfigure: boolean;
}

/** The bucket whose page is shown. Only in its tabs. */
export function useShownBucket(): ShownBucket {
  return useOutletContext<ShownBucket>();
}
