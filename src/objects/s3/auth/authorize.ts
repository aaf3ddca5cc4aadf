import type { BucketRecord, KeyScope } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { Caller } from "../verified.ts";
import { evaluate, isPublicPolicy, type Verdict } from "./policy/evaluate.ts";
import type { RequestFacts } from "./policy/facts.ts";
import { parsePolicy } from "./policy/parse-policy.ts";
import type { Policy } from "./policy/policy.ts";

/** One action on one thing. */
export interface Question {
  readonly caller: Caller;
  /** Such as `s3:GetObject`. */
  readonly action: string;
  readonly bucketName: string | undefined;
  /** Absent when it does not exist. */
  readonly bucket: BucketRecord | undefined;
  readonly key: string | undefined;
  /** The operation, when the action is its own. */
  readonly operation?: string;
  /** For a list: only names that begin with this are meant. */
  readonly listed?: string;
}

/** What anyone may do in a bucket with the canned ACL public-read: S3 means the list, objects have grants of their own. */
const publicReadActions: ReadonlySet<string> = new Set([
  "s3:ListBucket",
  "s3:ListBucketVersions",
  "s3:ListBucketMultipartUploads",
]);
/** The owner keeps these whatever the policy says: otherwise a policy could lock everyone out for ever. */
const policyActions: ReadonlySet<string> = new Set([
  "s3:GetBucketPolicy",
  "s3:PutBucketPolicy",
  "s3:DeleteBucketPolicy",
]);

/**
 * Whether the caller may do it. A key of the bucket's project may what its scope says unless the policy denies it. Others, and the anonymous, need the
 * policy (or ACL) to allow it; a key never gets more than its own scope, whoever allows it.
 */
export function mayAccess(question: Question, facts: RequestFacts): boolean {
  const { caller, action, bucket } = question;
  if (bucket === undefined) return caller.type === "key" && inScope(caller.scope, question, facts);
  const own = caller.type === "key" && caller.project === bucket.project;
  if (caller.type === "key" && !inScope(caller.scope, question, facts)) return false;
  if (own && caller.scope.access === "full" && policyActions.has(action)) return true;
  const verdict = policyVerdict(bucket, question, facts);
  if (verdict === "deny") return false;
  if (own) return true;
  return verdict === "allow" ? !isShut(bucket) : aclAllows(bucket, question);
}

/** The policy of a bucket, parsed; undefined when it has none or when it cannot be read. */
export function policyOf(bucket: BucketRecord): Policy | undefined {
  if (bucket.policy === undefined) return undefined;
  const known = parsed.get(bucket);
  if (known !== undefined) return known.policy;
  const policy = tryParse(bucket.policy, bucket.name);
  parsed.set(bucket, { policy });
  return policy;
}

/** Records are replaced when they change, so that what was parsed goes with the record. */
const parsed = new WeakMap<BucketRecord, { readonly policy: Policy | undefined }>();

function policyVerdict(bucket: BucketRecord, question: Question, facts: RequestFacts): Verdict {
  if (bucket.policy === undefined) return "silent";
  const policy = policyOf(bucket);
  // It was read when it was put; one that cannot be read any more might have denied this.
  if (policy === undefined) return "deny";
  const resource = question.key === undefined ? bucket.name : `${bucket.name}/${question.key}`;
  return evaluate(policy, { caller: question.caller, action: question.action, resource }, facts);
}

function tryParse(text: string, bucket: string): Policy | undefined {
  try {
    return parsePolicy(text, bucket);
  } catch (error) {
    if (error instanceof S3Error) return undefined;
    throw error;
  }
}

/** "Restrict public buckets": a public policy works for the bucket's own project only. */
function isShut(bucket: BucketRecord): boolean {
  const policy = policyOf(bucket);
  return (
    bucket.publicAccessBlock?.restrictPublicBuckets === true && policy !== undefined && isPublicPolicy(policy)
  );
}

function aclAllows(bucket: BucketRecord, { action, key }: Question): boolean {
  return (
    bucket.acl === "public-read" &&
    key === undefined &&
    publicReadActions.has(action) &&
    bucket.publicAccessBlock?.ignorePublicAcls !== true
  );
}

function inScope(scope: KeyScope, question: Question, facts: RequestFacts): boolean {
  const { bucketName, key } = question;
  if (!levelAllows(scope.access, question.action)) return false;
  if (bucketName === undefined) return true;
  if (scope.buckets !== undefined && !scope.buckets.includes(bucketName)) return false;
  if (scope.prefix === undefined || scope.prefix === "") return true;
  if (key !== undefined) return key.startsWith(scope.prefix);
  if (question.operation === "HeadBucket") return true;
  if (question.action.startsWith("s3:ListBucket"))
    return (question.listed ?? (facts.primary ? facts.query.get("prefix") : undefined) ?? "").startsWith(
      scope.prefix,
    );
  return question.action.startsWith("s3:Get");
}

const readAction = /^s3:(Get|List|Head)/;
const writeAction = /^s3:((Put|Delete|Restore)Object|AbortMultipartUpload$)/;

function levelAllows(access: KeyScope["access"], action: string): boolean {
  if (access === "full" || readAction.test(action)) return true;
  return access === "write" && writeAction.test(action);
}
