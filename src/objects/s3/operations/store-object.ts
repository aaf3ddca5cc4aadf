import type { Committed, WriteCondition } from "#objects/catalog.ts";
import type { Stored, StoreOptions } from "#objects/data-path.ts";
import { putMaxBytes } from "#objects/limits.ts";
import type { BucketRecord, StoredChecksum } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";

import type { Encryption } from "./encryption-headers.ts";
import { describeObject } from "./describe-record.ts";
import { newCallId } from "./request.ts";
import type { WriteOptions } from "./write-options.ts";

/** A body that becomes an object. */
export interface ObjectSource {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Bytes, when known before. */
  readonly size?: number;
  /** Complete once `chunks` has ended. */
  readonly digest: () => {
    readonly size: number;
    /** Hexadecimal. */
    readonly md5: string;
    readonly checksums: readonly StoredChecksum[];
  };
}

export interface ObjectTarget {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly options: WriteOptions;
  readonly condition?: WriteCondition;
  readonly writer: string;
  /** See `Commit.by`. */
  readonly by?: "Post" | "Copy";
}

/** Stores the bytes durably, then commits the version that refers to them. */
export async function storeObject(
  store: ObjectStore,
  source: ObjectSource,
  target: ObjectTarget,
  signal: AbortSignal,
): Promise<Committed> {
  const { bucket, key, options } = target;
  refuseTooLarge(source.size);
  const stored = await store.data.store(boundedChunks(source), {
    ...(source.size === undefined ? {} : { expectedSize: source.size }),
    ...sealOptions(options),
    describe: () => describeObject(store, source, target),
    signal,
  });
  return discardRefused(store, stored, async () => {
    const { size, md5, checksums } = source.digest();
    const { headers, tags, retention, legalHold, owner, acl } = options;
    const version = {
      size,
      etag: md5,
      headers,
      checksums,
      data: stored.data,
      writer: target.writer,
      ...(stored.seal === undefined ? {} : { seal: stored.seal }),
      ...(tags === undefined ? {} : { tags }),
      ...(owner === undefined ? {} : { owner }),
      ...(acl === undefined ? {} : { acl }),
      ...(retention === undefined ? {} : { retention }),
      ...(legalHold === undefined ? {} : { legalHold }),
    };
    return store.catalog.commit(
      {
        callId: newCallId(store),
        bucket: bucket.name,
        key,
        version,
        missingShards: stored.missingShards,
        ...(target.by === undefined ? {} : { by: target.by }),
        ...(target.condition === undefined ? {} : { condition: target.condition }),
      },
      stored.blob,
    );
  });
}

/** For `DataPath.store`. */
export function sealOptions({
  encrypt,
  customerKey,
}: Encryption): Pick<StoreOptions, "encrypt" | "customerKey"> {
  return customerKey === undefined ? { encrypt } : { encrypt, customerKey: customerKey.key };
}

/**
 * Runs the commit of stored bytes; when it was refused they are garbage. Only a refusal is proof that nothing refers to them: after any other failure the
 * commit may have happened, and the bytes are left for the collector, which looks for references first.
 */
export async function discardRefused<Result>(
  store: ObjectStore,
  stored: Stored,
  commit: () => Promise<Result>,
): Promise<Result> {
  try {
    return await commit();
  } catch (error) {
    if (error instanceof S3Error && error.status < 500) store.data.discard(stored);
    throw error;
  }
}

/** A body that does not say its length before is counted, or it could fill the drives. */
export function boundedChunks(source: ObjectSource): AsyncIterable<Uint8Array> {
  return source.size === undefined ? counted(source.chunks) : source.chunks;
}

async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    refuseTooLarge(size);
    yield chunk;
  }
}

export function refuseTooLarge(size: number | undefined): void {
  if (size !== undefined && size > putMaxBytes)
    throw new S3Error("EntityTooLarge", undefined, {
      details: { ProposedSize: String(size), MaxSizeAllowed: String(putMaxBytes) },
    });
}
