import type { BucketConfig } from "#api/objects.ts";
import { canonicalJson, type Json } from "#lib/json.ts";

const fields = [
  "versioning",
  "encryption",
  "publicAccessBlock",
  "policy",
  "cors",
  "lifecycle",
  "objectLock",
  "tags",
] as const satisfies readonly (keyof BucketConfig)[];

/** Only what differs, as `bucket.configure` takes it. */
export function changeOf(before: BucketConfig, after: BucketConfig): Partial<BucketConfig> {
  const changed = fields.filter((field) => canonical(before[field]) !== canonical(after[field]));
  return Object.fromEntries(changed.map((field) => [field, after[field]]));
}

function canonical(value: BucketConfig[keyof BucketConfig]): string {
  return canonicalJson(JSON.parse(JSON.stringify(value)) as Json); // members that are undefined are not there
}
