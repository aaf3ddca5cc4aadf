import { bucketSpecSchema } from "#api/kinds/bucket.ts";
import { VdcError } from "#api/errors.ts";
import { unreachable } from "#lib/assert.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import { keyOf } from "#control/reconcile/key-of.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import { maxKeys, type ActContext, type Reconciler } from "#control/reconcile/reconciler.ts";
import { writeStatus } from "#control/reconcile/write-status.ts";
import type { ResourceStore } from "#store/store.ts";
import type { BucketUsage } from "../../admin.ts";
import { S3Error } from "../../s3-error.ts";
import { callId } from "../call-id.ts";
import { finalize } from "../finalize.ts";
import type { Bucket, ObjectStoreHere } from "../ports.ts";
import { Refusals } from "../refusals.ts";
import { emptyStep } from "./empty.ts";
import { isPublic } from "./is-public.ts";
import { s3NameOf } from "./names.ts";
import { planBuckets, type BucketAction, type BucketsObserved } from "./plan.ts";
import { CountedUsage } from "./usage.ts";
import { burstProject, canaryProject } from "#objects/limits.ts";

export interface BucketReconcilerOptions {
  readonly resources: ResourceStore;
  /** Absent where there is none. */
  readonly store: ObjectStoreHere | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** A bucket that an S3 client made is a resource after this. */
const everyMs = 5_000;
const maxBuckets = 5_000;

/** Keeps bucket resources and the catalog's buckets the same. One key is a project. */
export function createBucketReconciler(
  options: BucketReconcilerOptions,
): Reconciler<BucketsObserved, BucketAction> {
  const { resources, store, clock } = options;
  const refusals = new Refusals(clock);
  const usage = store === undefined ? undefined : new CountedUsage(store.catalog, clock);
  return {
    name: "bucket",
    watches: ["bucket"],
    everyMs,
    keysOf: ({ project }) => (project === undefined ? [] : [project]),
    keys: async (signal) => {
      const projects = new Set<string>();
      for await (const { project } of listAll(resources, { kind: "bucket" }, { max: maxKeys, signal }))
        if (project !== undefined) projects.add(project);
      for (const { project } of (await store?.catalog.buckets({})) ?? []) projects.add(project);
      projects.delete(canaryProject);
      projects.delete(burstProject);
      return [...projects];
    },
    observe: async (project, signal) => await observe(project, { ...options, refusals, usage }, signal),
    plan: planBuckets,
    act: async (action, context) => await act(action, { ...options, refusals }, context),
    describe: {
      observed: ({ project, buckets, store: seen }) =>
        `${project} has ${buckets.length} bucket resources and ${seen?.records.size ?? 0} buckets`,
      action: (action) => `${action.do} ${action.do === "import" ? action.record.name : action.bucket.name}`,
    },
  };
}

async function observe(
  project: string,
  {
    resources,
    store,
    refusals,
    usage,
  }: BucketReconcilerOptions & { readonly refusals: Refusals; readonly usage: CountedUsage | undefined },
  signal: AbortSignal,
): Promise<BucketsObserved> {
  const buckets: Bucket[] = [];
  for await (const one of listAll(
    resources,
    { kind: "bucket", projects: [project] },
    { max: maxBuckets, signal },
  ))
    buckets.push(one as Bucket); // the store holds what the kind's schema let in
  const refused = new Map<string, string>();
  for (const { id } of buckets) {
    const reason = refusals.reason(id);
    if (reason !== undefined) refused.set(id, reason);
  }
  if (store === undefined || usage === undefined) return { project, buckets, refusals: refused };
  const records = await store.catalog.buckets({ project });
  const counted = new Map<string, BucketUsage>(await usage.read());
  const standing = new Set(records.map(({ name }) => name));
  const leaving = buckets.filter(({ deletingSince }) => deletingSince !== undefined).map(s3NameOf);
  for (const bucket of leaving.filter((name) => standing.has(name)))
    for (const one of await store.catalog.usage({ bucket })) counted.set(one.bucket, one);
  return {
    project,
    buckets,
    refusals: refused,
    store: {
      endpoint: store.endpoint,
      records: new Map(records.map((record) => [record.name, record])),
      usage: counted,
      isPublic: new Set(records.filter(isPublic).map(({ name }) => name)),
    },
  };
}

async function act(
  action: BucketAction,
  options: BucketReconcilerOptions & { readonly refusals: Refusals },
  context: ActContext,
): Promise<"again" | void> {
  const { resources, store, refusals } = options;
  const { by, fence } = context;
  switch (action.do) {
    case "write-status":
      return await writeStatus(resources, action.bucket, action.status, { by, fence });
    case "finalize":
      return await finalize(resources, action.bucket, context);
    case "delete-resource":
      await overtaken(
        resources.delete(keyOf(action.bucket), { by, fence, ifRevision: action.bucket.revision }),
      );
      return "again";
    case "import":
      return await importBucket(action, options, context);
    case "create":
    case "empty":
    case "remove":
      if (store === undefined) return undefined;
      try {
        await actOnCatalog(action, store.catalog, () => callId(options.random));
      } catch (error) {
        const reason = refusalOf(error);
        if (reason !== undefined) refusals.note(action.bucket.id, reason);
        else if (!isDoneAlready(error)) throw error;
      }
      return "again";
    default:
      return unreachable(action);
  }
}

/** No cookie opens a bucket: a page of whatever origin can do what the address that it was given was signed for, and nothing else. */
const forPages = {
  allowedOrigins: ["*"],
  allowedMethods: ["GET", "HEAD", "PUT"],
  allowedHeaders: ["*"],
  exposeHeaders: ["ETag", "x-amz-checksum-sha256"],
  maxAgeSeconds: 3_600,
} as const;

type CatalogWork = Extract<BucketAction, { do: "create" | "empty" | "remove" }>;

async function actOnCatalog(
  { do: work, bucket, s3Name }: CatalogWork,
  catalog: ObjectStoreHere["catalog"],
  newCallId: () => string,
): Promise<void> {
  if (work === "empty") return await emptyStep(catalog, s3Name, newCallId);
  if (work === "remove") return await catalog.deleteBucket({ callId: newCallId(), name: s3Name });
  const { spec, project = "" } = bucket;
  await catalog.createBucket({
    callId: newCallId(),
    bucket: {
      name: s3Name,
      project,
      versioning: spec.versioning || spec.objectLock ? "enabled" : "off",
      ...(spec.objectLock ? { objectLock: {} } : {}),
      acl: "private",
      ...(spec.pages ? { cors: [forPages] } : {}),
    },
  });
}

/** What people have to know and may change; anything else is a failure of the pass, which comes again. */
function refusalOf(error: unknown): string | undefined {
  if (error instanceof VdcError && error.code === "in-use") return error.message;
  if (!(error instanceof S3Error) || isDoneAlready(error)) return undefined;
  // Something was put in after it was counted: the next pass counts again.
  return error.status < 500 && error.code !== "BucketNotEmpty" ? error.message : undefined;
}

/** An earlier pass that died, or an S3 client, was faster. */
function isDoneAlready(error: unknown): boolean {
  return (
    error instanceof S3Error && (error.code === "BucketAlreadyOwnedByYou" || error.code === "NoSuchBucket")
  );
}

async function importBucket(
  { record, name }: Extract<BucketAction, { do: "import" }>,
  { resources, store }: BucketReconcilerOptions,
  { by, fence }: ActContext,
): Promise<"again" | void> {
  const spec = bucketSpecSchema.parse({
    ...(name === record.name ? {} : { s3Name: record.name }),
    versioning: record.versioning === "enabled",
    objectLock: record.objectLock !== undefined,
  });
  const wanted = { kind: "bucket", project: record.project, name, labels: {}, spec };
  const made = await overtaken(resources.apply(wanted, { by, fence, ifRevision: "absent" }));
  if (made === undefined) return undefined;
  const status = { phase: "ready", s3Name: record.name, endpoint: store?.endpoint ?? "", origin: "s3" };
  await writeStatus(resources, made.resource, status, { by, fence });
  return "again";
}

/** Undefined when it was changed meanwhile, or the project is on its way out: the next pass looks at what is there. */
async function overtaken<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof VdcError && overtakenCodes.has(error.code)) return undefined;
    throw error;
  }
}

const overtakenCodes: ReadonlySet<string> = new Set([
  "precondition-failed",
  "not-found",
  "deleting",
  "already-exists",
  "quota-exceeded",
]);
