import type { BucketStatus } from "#api/kinds/bucket.ts";
import { appLabel } from "#api/objects.ts";
import { canonicalJson } from "#lib/json.ts";
import type { BucketUsage } from "../../admin.ts";
import type { BucketRecord } from "../../records.ts";
import { absentReason, type Bucket } from "../ports.ts";
import { hasBucket, importedName, s3NameOf } from "./names.ts";

/** What a pass knows of the buckets of one project. */
export interface BucketsObserved {
  readonly project: string;
  readonly buckets: readonly Bucket[];
  /** By id of the resource: why the store refused to make its bucket. */
  readonly refusals: ReadonlyMap<string, string>;
  /** Absent where there is no object store. */
  readonly store?: {
    readonly endpoint: string;
    /** Those of the project, by S3 name. */
    readonly records: ReadonlyMap<string, BucketRecord>;
    /** By S3 name; as of now for those that are being deleted, else as last counted. */
    readonly usage: ReadonlyMap<string, BucketUsage>;
    /** Names of those that somebody may read something of without a key. */
    readonly isPublic: ReadonlySet<string>;
  };
}
type Store = NonNullable<BucketsObserved["store"]>;

export type BucketAction =
  | { readonly do: "create"; readonly bucket: Bucket; readonly s3Name: string }
  | { readonly do: "import"; readonly record: BucketRecord; readonly name: string }
  | { readonly do: "write-status"; readonly bucket: Bucket; readonly status: BucketStatus }
  /** One bounded piece of emptying it. */
  | { readonly do: "empty"; readonly bucket: Bucket; readonly s3Name: string }
  | { readonly do: "remove"; readonly bucket: Bucket; readonly s3Name: string }
  /** An S3 client deleted it. */
  | { readonly do: "delete-resource"; readonly bucket: Bucket }
  | { readonly do: "finalize"; readonly bucket: Bucket };

/** Buckets of the catalog and bucket resources are the same, whoever made or deleted one. Pure. */
export function planBuckets(observed: BucketsObserved): readonly BucketAction[] {
  const { store, buckets, refusals } = observed;
  if (store === undefined) return buckets.flatMap(withoutStore);
  const claimed = new Map<string, Bucket>();
  // Who has a bucket keeps it; else the first to ask for a name has it, in every pass.
  for (const bucket of buckets.toSorted(claimOrder))
    if (!claimed.has(s3NameOf(bucket))) claimed.set(s3NameOf(bucket), bucket);
  const ofResources = buckets.flatMap((bucket) => {
    const rival = claimed.get(s3NameOf(bucket));
    if (rival !== undefined && rival.id !== bucket.id)
      return lost(bucket, `Bucket ${rival.name} of this project has the S3 name ${s3NameOf(bucket)}.`);
    return bucket.deletingSince === undefined
      ? planBucket(bucket, refusals.get(bucket.id), store)
      : planDeletion(bucket, refusals.get(bucket.id), store);
  });
  const taken = new Set(buckets.map(({ name }) => name));
  const made = [...store.records.values()]
    .filter(({ name }) => !claimed.has(name))
    .map((record): BucketAction => ({ do: "import", record, name: importedName(record.name, taken) }));
  return [...ofResources, ...made];
}

function planBucket(bucket: Bucket, refusal: string | undefined, store: Store): readonly BucketAction[] {
  const s3Name = s3NameOf(bucket);
  const record = store.records.get(s3Name);
  if (record !== undefined) return write(bucket, readyStatus(bucket, record, store));
  if (hasBucket(bucket)) return [{ do: "delete-resource", bucket }];
  if (refusal !== undefined) return lost(bucket, refusal);
  return [{ do: "create", bucket, s3Name }];
}

function planDeletion(bucket: Bucket, refusal: string | undefined, store: Store): readonly BucketAction[] {
  const s3Name = s3NameOf(bucket);
  const record = store.records.get(s3Name);
  if (record === undefined) return [{ do: "finalize", bucket }];
  const { objects = 0, versions = 0, uploads = 0 } = store.usage.get(s3Name) ?? {};
  if (versions === 0 && uploads === 0) return [{ do: "remove", bucket, s3Name }];
  const left = `${count(objects, "object")}, ${count(versions, "version")} and ${count(uploads, "unfinished upload")} are left`;
  const status = (reason: string): BucketStatus => ({
    ...readyStatus(bucket, record, store),
    phase: "emptying",
    reason,
  });
  if (bucket.spec.whenDeleted === "refuse")
    return write(
      bucket,
      status(
        `It goes once it is empty: ${left}. \`vdc object delete ${bucket.name}/ --recursive --all-versions --project ${bucket.project}\` removes them.`,
      ),
    );
  if (refusal !== undefined) return write(bucket, status(`${refusal} ${left}.`));
  return [...write(bucket, status(`It is being emptied: ${left}.`)), { do: "empty", bucket, s3Name }];
}

function readyStatus(bucket: Bucket, record: BucketRecord, store: Store): BucketStatus {
  const usage = store.usage.get(record.name);
  const { objects = usage?.objects, bytes = usage?.bytes } =
    usage === undefined ? bucket.status : { objects: usage.objects, bytes: usage.bytes };
  const app = bucket.labels[appLabel];
  const asked = bucket.spec.s3Name ?? bucket.name;
  return {
    phase: "ready",
    s3Name: record.name,
    endpoint: store.endpoint,
    versioning: record.versioning,
    isPublic: store.isPublic.has(record.name),
    ...(objects === undefined ? {} : { objects }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(app === undefined ? {} : { app }),
    origin: bucket.status.origin ?? "resource",
    ...(asked === record.name
      ? {}
      : { reason: `It stays ${record.name}: S3 cannot rename a bucket to ${asked}.` }),
  };
}

/** It never had a bucket, so it goes at once when it is deleted. */
function lost(bucket: Bucket, reason: string): readonly BucketAction[] {
  if (bucket.deletingSince !== undefined) return [{ do: "finalize", bucket }];
  return write(bucket, { phase: "refused", reason });
}

/** What has a bucket waits for the store to come back; what never had one needs none to go. */
function withoutStore(bucket: Bucket): readonly BucketAction[] {
  const { status } = bucket;
  if (bucket.deletingSince !== undefined && !hasBucket(bucket)) return [{ do: "finalize", bucket }];
  return write(bucket, { ...status, phase: status.phase ?? "pending", reason: absentReason });
}

function write(bucket: Bucket, status: BucketStatus): readonly BucketAction[] {
  if (canonicalJson(status) === canonicalJson(bucket.status)) return [];
  return [{ do: "write-status", bucket, status }];
}

function claimOrder(a: Bucket, b: Bucket): number {
  const place = (bucket: Bucket) => `${hasBucket(bucket) ? 0 : 1} ${bucket.createdAt} ${bucket.id}`;
  return place(a) < place(b) ? -1 : 1;
}

function count(value: number, what: string): string {
  return `${value} ${what}${value === 1 ? "" : "s"}`;
}
