import type { DescribedRecord } from "#objects/data/described-record.ts";
import type { BucketRecord, UploadRecord } from "#objects/records.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";

import { newCallId } from "./request.ts";
import type { ObjectSource } from "./store-object.ts";

/** Fields that objects and uploads have alike. */
type Said = Pick<DescribedRecord, "headers" | "tags" | "retention" | "legalHold" | "owner" | "acl">;

/** What is written into the shards of an object; called when its body has ended. */
export function describeObject(
  store: ObjectStore,
  source: ObjectSource,
  target: {
    readonly bucket: BucketRecord;
    readonly key: string;
    readonly options: Said;
    readonly writer: string;
  },
): Readonly<Record<string, unknown>> {
  const { bucket, key, options, writer } = target;
  return { ...described(store, source, bucket, options), key, writer };
}

/** The same for a part: what its upload was begun with goes along. */
export function describePart(
  store: ObjectStore,
  source: ObjectSource,
  target: { readonly bucket: string; readonly upload: UploadRecord; readonly number: number },
): Readonly<Record<string, unknown>> {
  const { upload, number } = target;
  const bucket = store.configuration.bucket(target.bucket);
  const { uploadId, checksum, key, writer } = upload;
  const part = { uploadId, number, checksum } as const;
  // The bucket was just deleted: nothing will refer to the part.
  return bucket === undefined ? {} : { ...described(store, source, bucket, upload), key, writer, part };
}

function described(
  store: ObjectStore,
  source: ObjectSource,
  { id, name, project, versioning, objectLock }: BucketRecord,
  { headers, tags, retention, legalHold, owner, acl }: Said,
): Omit<DescribedRecord, "key" | "writer"> {
  const { size, md5: etag, checksums } = source.digest();
  return {
    bucket: { id, name, project, versioning, ...(objectLock === undefined ? {} : { hasObjectLock: true }) },
    write: newCallId(store),
    writtenAt: store.clock.now(),
    size,
    etag,
    checksums,
    headers,
    ...(tags === undefined ? {} : { tags }),
    ...(retention === undefined ? {} : { retention }),
    ...(legalHold === undefined ? {} : { legalHold }),
    ...(owner === undefined ? {} : { owner }),
    ...(acl === undefined ? {} : { acl }),
  };
}
