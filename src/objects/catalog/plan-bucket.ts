import { bucketNameSchema } from "#api/kinds/bucket.ts";
import type { BucketChange, NewBucket } from "#objects/catalog.ts";
import { bucketsPerProjectMax } from "#objects/limits.ts";
import type { BucketRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { bucketIdLength, escapedPrefix, prefixRange, textKey } from "./keys.ts";
import type { Planning } from "./planning.ts";
import { dropUpload, uploadsOfBucket } from "./plan-upload.ts";
import { encodeJson } from "./rows.ts";

/** Uploads that are aborted with their bucket; more must be aborted before. */
const uploadsOfDeletedBucketMax = 1000;

export function planCreateBucket(plan: Planning, input: NewBucket): BucketRecord {
  if (!bucketNameSchema.safeParse(input.name).success) throw new S3Error("InvalidBucketName");
  const existing = plan.findBucket(input.name);
  if (existing !== undefined)
    throw new S3Error(existing.project === input.project ? "BucketAlreadyOwnedByYou" : "BucketAlreadyExists");
  let owned = 0;
  for (const bucket of plan.buckets()) if (bucket.project === input.project) owned += 1;
  if (owned >= bucketsPerProjectMax) throw new S3Error("TooManyBuckets");
  const bucket = {
    ...input,
    versioning: input.objectLock === undefined ? input.versioning : ("enabled" as const),
    // Three bytes are four characters.
    id: Buffer.from(plan.random.bytes((bucketIdLength / 4) * 3)).toString("base64url"),
    createdAt: plan.now,
    sequence: plan.nextSequence(),
  };
  plan.rows.put(textKey("bucketName", bucket.id), Buffer.from(bucket.name));
  plan.count(bucket.id, {});
  return putBucket(plan, bucket);
}

export function planUpdateBucket(plan: Planning, name: string, change: BucketChange): BucketRecord {
  const before = plan.bucket(name);
  checkChange(before, change);
  const fields = Object.entries({ ...before, ...withoutUndefined(change), sequence: plan.nextSequence() });
  // Fields of BucketRecord, of which `null` ones are dropped; those that must be there are checked above.
  const after = Object.fromEntries(fields.filter(([, value]) => value !== null)) as unknown as BucketRecord;
  return putBucket(plan, after);
}

function checkChange(before: BucketRecord, change: BucketChange): void {
  if (change.versioning === null || change.acl === null || change.objectLock === null)
    throw new S3Error("InvalidArgument", "This configuration cannot be removed.");
  if (change.versioning === "off" && before.versioning !== "off")
    throw new S3Error(
      "IllegalVersioningConfigurationException",
      "Versioning can be suspended, not taken away.",
    );
  const versioning = change.versioning ?? before.versioning;
  const objectLock = change.objectLock ?? before.objectLock;
  if (objectLock !== undefined && versioning !== "enabled")
    throw new S3Error("InvalidBucketState", "Object lock needs versioning to be enabled.");
}

/** Throws BucketNotEmpty while there is any version or delete marker. Uploads in progress are aborted. */
export function planDeleteBucket(plan: Planning, name: string): void {
  const bucket = plan.bucket(name);
  for (const prefix of [
    textKey("current", bucket.id),
    textKey("marker", bucket.id),
    escapedPrefix("noncurrent", bucket.id, ""),
  ]) {
    const { from, to } = prefixRange(prefix);
    if (plan.rows.scan(from, to).next().done !== true) throw new S3Error("BucketNotEmpty");
  }
  const uploads = uploadsOfBucket(plan, bucket.id, uploadsOfDeletedBucketMax + 1);
  if (uploads.length > uploadsOfDeletedBucketMax)
    throw new S3Error("BucketNotEmpty", "The bucket has too many uploads in progress; abort them first.");
  for (const upload of uploads) dropUpload(plan, upload);
  plan.count(bucket.id, {});
  plan.rows.remove(textKey("bucket", name));
  plan.rows.remove(textKey("bucketName", bucket.id));
  plan.setBucket(name, undefined);
}

function putBucket(plan: Planning, bucket: BucketRecord): BucketRecord {
  plan.rows.put(textKey("bucket", bucket.name), encodeJson(bucket));
  plan.setBucket(bucket.name, bucket);
  return bucket;
}

function withoutUndefined(change: BucketChange): Record<string, unknown> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}
