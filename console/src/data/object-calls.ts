import { VdcError } from "#api/errors.ts";
import { api } from "#console/data/api.ts";
import { objectsChanged, paramsOf, type InBucket } from "#console/data/object-queries.ts";
import { sendToS3 } from "#console/data/object-send.ts";

/** One call deletes or lists this many. */
const batch = 1000;
/** Objects of folders that one delete takes; more are left to `vdc object delete` and lifecycle rules. */
export const maxDeletedAtOnce = 10_000;
const copyWithinMs = 120_000;

export interface Target {
  readonly key: string;
  readonly versionId?: string;
}

export interface Deleted {
  readonly count: number;
  /** Marks whose removal brings the objects back. */
  readonly marks: readonly Target[];
  readonly refusals: readonly { readonly key: string; readonly message: string }[];
}

/** Deletes in the bucket; what was refused is told and stops nothing. */
export async function deleteObjects(bucket: InBucket, targets: readonly Target[]): Promise<Deleted> {
  const marks: Target[] = [];
  const refusals: { key: string; message: string }[] = [];
  for (let at = 0; at < targets.length; at += batch) {
    const { items } = await api.call(api.routes["bucket.delete-objects"], {
      params: paramsOf(bucket),
      body: { targets: targets.slice(at, at + batch) },
    });
    for (const { key, markerVersionId, error } of items) {
      if (error !== undefined) refusals.push({ key, message: error });
      else if (markerVersionId !== undefined) marks.push({ key, versionId: markerVersionId });
    }
  }
  await objectsChanged(bucket);
  return { count: targets.length - refusals.length, marks, refusals };
}

/** Every key under these folders. Throws `limit-exceeded` when there are more than one delete takes. */
export async function keysUnder(bucket: InBucket, prefixes: readonly string[]): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const prefix of prefixes) {
    let after: string | undefined = "";
    while (after !== undefined) {
      const page: {
        readonly items: readonly { readonly key: string }[];
        readonly next?: string | undefined;
      } = await api.call(api.routes["bucket.objects"], {
        params: paramsOf(bucket),
        query: { prefix, after, limit: batch },
      });
      keys.push(...page.items.map(({ key }) => key));
      if (keys.length > maxDeletedAtOnce)
        throw new VdcError(
          "invalid",
          `There are more than ${maxDeletedAtOnce} objects in these folders. Delete them with vdc object delete, or with a lifecycle rule.`,
        );
      after = page.next;
    }
  }
  return keys;
}

/** An address at the S3 service for reading, which works for an hour. */
export async function readUrl(bucket: InBucket, target: Target, download?: string): Promise<string> {
  const item = { operation: "get" as const, ...target, ...(download === undefined ? {} : { download }) };
  const { urls } = await api.call(api.routes["bucket.read-urls"], {
    params: paramsOf(bucket),
    body: { items: [item] },
  });
  return urls[0] ?? "";
}

/** Has the browser save an object under the last part of its key. */
export async function downloadObject(bucket: InBucket, target: Target): Promise<void> {
  const name = target.key.split("/").findLast((part) => part !== "") ?? "object";
  const link = document.createElement("a");
  link.href = await readUrl(bucket, target, name);
  link.rel = "noreferrer";
  link.click();
}

/** Writes an old version again as the newest one; metadata and tags come with it. */
export async function copyBack(bucket: InBucket, target: Target): Promise<void> {
  const { urls } = await api.call(api.routes["bucket.write-urls"], {
    params: paramsOf(bucket),
    body: { items: [{ operation: "copy", ...target }] },
  });
  await sendToS3("PUT", urls[0] ?? "", { signal: AbortSignal.timeout(copyWithinMs) });
  await objectsChanged(bucket);
}
