import type { Random } from "#lib/random.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { AccessKeyRecord, BucketRecord } from "#objects/records.ts";
import type { Draft } from "./draft.ts";
import type { ObjectEvent } from "./outbox.ts";

/** Counters of a bucket, kept in the batch that changes them. */
export interface Usage {
  /** Newest versions that are objects. */
  readonly objects: number;
  /** All versions, delete markers too. */
  readonly versions: number;
  /** Of all versions. */
  readonly bytes: number;
  /** In progress. */
  readonly uploads: number;
}

/**
 * What one command is planned with: rows as they will be once everything before it is durable, and the draft of its own changes. Planners read and
 * write nothing else; they throw S3Error to refuse, and their draft is dropped.
 */
export interface Planning {
  readonly rows: Draft;
  readonly now: number;
  readonly random: Random;
  /** Larger than every one before, also after a restart. */
  nextSequence(): number;
  /** Throws NoSuchBucket. */
  bucket(name: string): BucketRecord;
  findBucket(name: string): BucketRecord | undefined;
  buckets(): Iterable<BucketRecord>;
  /** Puts or removes the bucket in what fronts know, once it is durable. */
  setBucket(name: string, bucket: BucketRecord | undefined): void;
  setKey(accessKeyId: string, key: AccessKeyRecord | undefined): void;
  /** Whoever has a rule for it is told, once it is durable. */
  notify(event: ObjectEvent): void;
  count(bucketId: string, delta: Partial<Usage>): void;
}

export function noSuchBucket(name: string): S3Error {
  return new S3Error("NoSuchBucket", undefined, { details: { BucketName: name } });
}
