import { s3NameOf } from "#console/pages/buckets/bucket-state.ts";
import { KeysPanel } from "#console/pages/buckets/keys-panel.tsx";
import { useShownBucket } from "#console/pages/buckets/shown-bucket.ts";

/** The keys of the project that reach this bucket. */
export function BucketKeys() {
  const { at, bucket } = useShownBucket();
  return <KeysPanel project={at.project} bucket={s3NameOf(bucket)} />;
}
