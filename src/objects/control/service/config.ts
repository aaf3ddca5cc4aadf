import { VdcError } from "#api/errors.ts";
import type { BucketConfig } from "#api/objects.ts";
import type { BucketChange } from "../../catalog.ts";
import type { BucketRecord, LifecycleRule } from "../../records.ts";
import { S3Error } from "../../s3-error.ts";
import { isPublicPolicy } from "../../s3/auth/policy/evaluate.ts";
import { parsePolicy } from "../../s3/auth/policy/parse-policy.ts";

/** A bucket's configuration as people see it: lifecycle without what S3 clients alone can say (tags, sizes, dates). */
export function bucketConfig(record: BucketRecord): BucketConfig {
  const { versioning, policy, publicAccessBlock, cors, lifecycle, encryption, objectLock, tags } = record;
  return {
    versioning,
    policy: policy ?? null,
    publicAccessBlock: publicAccessBlock === undefined ? null : { ...publicAccessBlock },
    cors: cors === undefined ? null : cors.map(corsView),
    lifecycle: lifecycle === undefined ? null : lifecycle.map(lifecycleView),
    encryption: encryption ?? null,
    objectLock: objectLock === undefined ? null : lockView(objectLock),
    tags: tags === undefined ? null : { ...tags },
  };
}

type CorsView = NonNullable<BucketConfig["cors"]>[number];
type LifecycleView = NonNullable<BucketConfig["lifecycle"]>[number];

function corsView({
  allowedOrigins,
  allowedMethods,
  allowedHeaders,
  exposeHeaders,
  maxAgeSeconds,
}: NonNullable<BucketRecord["cors"]>[number]): CorsView {
  return {
    allowedOrigins: [...allowedOrigins],
    // S3's list of methods is this one; others are refused when they are put.
    allowedMethods: [...allowedMethods] as CorsView["allowedMethods"],
    allowedHeaders: [...allowedHeaders],
    exposeHeaders: [...exposeHeaders],
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
  };
}

function lifecycleView(rule: LifecycleRule): LifecycleView {
  const { id, enabled, filter, expiration, noncurrentExpiration, abortIncompleteUploadDays } = rule;
  return {
    id,
    enabled,
    prefix: filter.prefix ?? "",
    ...(expiration !== undefined && "days" in expiration ? { expireDays: expiration.days } : {}),
    ...(noncurrentExpiration === undefined ? {} : { expireNoncurrentDays: noncurrentExpiration.days }),
    ...(abortIncompleteUploadDays === undefined ? {} : { abortUploadsDays: abortIncompleteUploadDays }),
  };
}

function lockView({ defaultRetention }: NonNullable<BucketRecord["objectLock"]>) {
  if (defaultRetention === undefined) return {};
  const { mode, days, years } = defaultRetention;
  const allDays = days ?? (years === undefined ? undefined : years * 365);
  return { mode, ...(allDays === undefined ? {} : { days: allDays }) };
}

/** What the catalog is to change. Throws `invalid` for what cannot be. */
export function bucketChange(given: Partial<BucketConfig>, record: BucketRecord): BucketChange {
  const { versioning, policy, publicAccessBlock, cors, lifecycle, encryption, objectLock, tags } = given;
  if (versioning === "off" && record.versioning !== "off")
    throw invalid("versioning", "versioning can be suspended, but never turned off again");
  if (versioning === "suspended" && record.objectLock !== undefined)
    throw invalid("versioning", "a bucket with object lock keeps versions");
  const names = lifecycle?.map(({ id }) => id) ?? [];
  if (new Set(names).size < names.length) throw invalid("lifecycle", "two rules have the same id");
  return {
    ...(versioning === undefined ? {} : { versioning }),
    ...(policy === undefined ? {} : { policy: checkedPolicy(policy, blockOf(given, record), record.name) }),
    ...(publicAccessBlock === undefined ? {} : { publicAccessBlock }),
    ...(cors === undefined ? {} : { cors: cors === null ? null : cors.map(corsRule) }),
    ...(lifecycle === undefined
      ? {}
      : {
          lifecycle: lifecycle === null ? null : lifecycle.map((rule, at) => lifecycleRule(rule, at, record)),
        }),
    ...(encryption === undefined ? {} : { encryption }),
    ...(objectLock === undefined ? {} : { objectLock: lockOf(objectLock, record) }),
    ...(tags === undefined ? {} : { tags }),
  };
}

/** What blocks public access after the change. */
function blockOf(
  { publicAccessBlock }: Partial<BucketConfig>,
  record: BucketRecord,
): BucketRecord["publicAccessBlock"] {
  return publicAccessBlock === undefined ? record.publicAccessBlock : (publicAccessBlock ?? undefined);
}

/** By the parser that decides requests: what it does not understand whole is refused, as over S3. */
function checkedPolicy(
  policy: string | null,
  block: BucketRecord["publicAccessBlock"],
  bucket: string,
): string | null {
  if (policy === null) return null;
  try {
    const parsed = parsePolicy(policy, bucket);
    if (block?.blockPublicPolicy !== true || !isPublicPolicy(parsed)) return policy;
  } catch (error) {
    throw error instanceof S3Error ? invalid("policy", error.message) : error;
  }
  throw invalid("policy", "is public, which the public access block of the bucket refuses");
}

function corsRule({
  allowedOrigins,
  allowedMethods,
  allowedHeaders,
  exposeHeaders,
  maxAgeSeconds,
}: CorsView): NonNullable<BucketRecord["cors"]>[number] {
  const rule = { allowedOrigins, allowedMethods, allowedHeaders, exposeHeaders };
  return { ...rule, ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }) };
}

/** What only S3 clients can say of a rule of that id (tags, sizes, dates, kept versions) stays. */
function lifecycleRule(view: LifecycleView, at: number, record: BucketRecord): LifecycleRule {
  const { id, enabled, prefix, expireDays, expireNoncurrentDays, abortUploadsDays } = view;
  const before = record.lifecycle?.find((rule) => rule.id === id);
  const kept =
    before?.expiration !== undefined && !("days" in before.expiration) ? before.expiration : undefined;
  const expiration = expireDays === undefined ? kept : { days: expireDays };
  if (expiration === undefined && expireNoncurrentDays === undefined && abortUploadsDays === undefined)
    throw invalid(`lifecycle[${at}]`, "must say what is removed");
  const { prefix: _, ...filter } = before?.filter ?? {};
  return {
    id,
    enabled,
    filter: { ...filter, ...(prefix === "" ? {} : { prefix }) },
    ...(expiration === undefined ? {} : { expiration }),
    ...(expireNoncurrentDays === undefined
      ? {}
      : { noncurrentExpiration: { ...before?.noncurrentExpiration, days: expireNoncurrentDays } }),
    ...(abortUploadsDays === undefined ? {} : { abortIncompleteUploadDays: abortUploadsDays }),
  };
}

function lockOf(
  given: NonNullable<BucketConfig["objectLock"]> | null,
  record: BucketRecord,
): NonNullable<BucketRecord["objectLock"]> {
  if (given === null) throw invalid("objectLock", "a bucket that was made with object lock keeps it");
  if (record.objectLock === undefined)
    throw invalid("objectLock", "only a bucket that is made with object lock has it");
  const { mode, days } = given;
  if (mode === undefined && days === undefined) return {};
  if (mode === undefined || days === undefined)
    throw invalid("objectLock", "a default needs both a mode and days");
  return { defaultRetention: { mode, days } };
}

function invalid(path: string, message: string): VdcError {
  return new VdcError("invalid", `The configuration is not valid: ${path}: ${message}.`, {
    fields: [{ path, message }],
  });
}
