import { createHash, randomUUID } from "node:crypto";
import type { Commit, Committed, NewBucket, Removed, RemoveTarget } from "#objects/catalog.ts";
import type { BucketRecord, ExtentRef } from "#objects/records.ts";
import { memoryObjectStore } from "#test/support/object-store.ts";

/** Short words for tests of the catalog. */
export async function catalogWorld(options: Parameters<typeof memoryObjectStore>[0] = {}) {
  const store = await memoryObjectStore(options);
  const { catalog } = store;
  return {
    store,
    catalog,
    bucket: async (name: string, fields: Partial<NewBucket> = {}): Promise<BucketRecord> =>
      await catalog.createBucket({ callId: randomUUID(), bucket: newBucket(name, fields) }),
    /** A small object, in the journal. */
    put: async (bucket: string, key: string, body: string, more: Partial<Commit> = {}): Promise<Committed> =>
      await catalog.commit(inlineCommit(bucket, key, body, more), Buffer.from(body)),
    /** A large one, of one extent. */
    putExtent: async (bucket: string, key: string, extent: ExtentRef): Promise<Committed> =>
      await catalog.commit(extentCommit(bucket, key, extent)),
    remove: async (
      bucket: string,
      key: string,
      more: Partial<RemoveTarget> & { readonly bypassGovernance?: boolean } = {},
    ): Promise<Removed> =>
      await catalog.remove({
        callId: randomUUID(),
        bucket,
        key,
        bypassGovernance: false,
        writer: "tester",
        ...more,
      }),
    keys: async (bucket: string, prefix = "", delimiter = ""): Promise<readonly string[]> => {
      const { entries } = await catalog.list({ bucket, prefix, delimiter, after: "", limit: 1000 });
      return entries.map((entry) => (entry.type === "prefix" ? entry.prefix : entry.key));
    },
    versions: async (bucket: string): Promise<readonly string[]> => {
      const { entries } = await catalog.listVersions({
        bucket,
        prefix: "",
        delimiter: "",
        keyMarker: "",
        limit: 1000,
      });
      return entries.map((entry) =>
        entry.type === "prefix"
          ? entry.prefix
          : `${entry.version.key} ${entry.version.isDeleteMarker ? "marker" : entry.version.etag}${entry.isLatest ? " latest" : ""}`,
      );
    },
  };
}

export function newBucket(name: string, fields: Partial<NewBucket> = {}): NewBucket {
  return { name, project: "default", versioning: "off", acl: "private", ...fields };
}

export function inlineCommit(bucket: string, key: string, body: string, more: Partial<Commit> = {}): Commit {
  const { version, ...rest } = more;
  return {
    callId: randomUUID(),
    bucket,
    key,
    ...rest,
    version: {
      size: Buffer.byteLength(body),
      etag: md5(body),
      headers: { user: {} },
      checksums: [],
      data: { at: "inline", size: Buffer.byteLength(body) },
      writer: "tester",
      ...version,
    },
  };
}

function extentCommit(bucket: string, key: string, extent: ExtentRef): Commit {
  return {
    callId: randomUUID(),
    bucket,
    key,
    version: {
      size: extent.size,
      etag: md5(extent.id),
      headers: { user: {} },
      checksums: [],
      data: { at: "extents", extents: [extent] },
      writer: "tester",
    },
  };
}

export function newExtent(size = 1_000_000): ExtentRef {
  return { id: randomUUID().replaceAll("-", ""), size, k: 2, m: 1, chunkBytes: 262_144, drives: [0, 1, 2] };
}

export function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
