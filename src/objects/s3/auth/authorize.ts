import { bucketAccessList, isGranted, type AccessList } from "#objects/acl.ts";
import type { AclPermission, BucketRecord, KeyScope } from "#objects/records.ts";
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
  /** About an object that the caller is writing: its first list and tags are its writer's to say. */
  readonly isNew?: boolean;
  /** For a list: only names that begin with this are meant. */
  readonly listed?: string;
}

/** What permissions of a bucket's ACL allow ("Access control list (ACL) overview" of the S3 user guide); objects have lists of their own. */
const bucketPermissions: ReadonlyMap<string, AclPermission> = new Map<string, AclPermission>([
  ["s3:ListBucket", "READ"],
  ["s3:ListBucketVersions", "READ"],
  ["s3:ListBucketMultipartUploads", "READ"],
  ["s3:PutObject", "WRITE"],
  ["s3:DeleteObject", "WRITE"],
  ["s3:AbortMultipartUpload", "WRITE"],
  ["s3:ListMultipartUploadParts", "WRITE"],
  ["s3:GetBucketAcl", "READ_ACP"],
  ["s3:PutBucketAcl", "WRITE_ACP"],
]);
/** Who may write an object may say these of it in the same request. */
const firstSayings: ReadonlySet<string> = new Set(["s3:PutObjectAcl", "s3:PutObjectTagging"]);
const objectPermissions: ReadonlyMap<string, AclPermission> = new Map<string, AclPermission>([
  ["s3:GetObject", "READ"],
  ["s3:GetObjectVersion", "READ"],
  ["s3:GetObjectAcl", "READ_ACP"],
  ["s3:GetObjectVersionAcl", "READ_ACP"],
  ["s3:PutObjectAcl", "WRITE_ACP"],
  ["s3:PutObjectVersionAcl", "WRITE_ACP"],
]);
/** The owner keeps these whatever the policy says: otherwise a policy could lock everyone out for ever. */
const policyActions: ReadonlySet<string> = new Set([
  "s3:GetBucketPolicy",
  "s3:PutBucketPolicy",
  "s3:DeleteBucketPolicy",
]);

/**
 * Whether the caller may do it. A key of the bucket's project may what its scope says unless the policy denies it, with objects of other owners too. Others,
 * and the anonymous, need the policy or the bucket's ACL to allow it; a key never gets more than its own scope, whoever allows it.
 */
export function mayAccess(question: Question, facts: RequestFacts): boolean {
  return decide(question, facts) === "allowed";
}

/**
 * The same for an object whose own ACL may allow it. `accessList` looks it up, and is only asked when nothing else has decided; where there is no
 * object, who may list its name may be told so.
 */
export async function mayAccessObject(
  question: Question & { readonly key: string },
  facts: RequestFacts,
  accessList: (bucket: BucketRecord) => Promise<AccessList | undefined>,
): Promise<boolean> {
  const decision = decide(question, facts);
  const { bucket, caller, key } = question;
  const permission = objectPermissions.get(question.action);
  if (decision !== "undecided" || bucket === undefined || permission === undefined)
    return decision === "allowed";
  // Lists that nobody may write need not be read.
  if (bucket.ownership === "BucketOwnerEnforced") return false;
  const list = await accessList(bucket);
  if (list !== undefined) return isGranted(list, bucket, caller, permission);
  const listing = question.action.includes("Version") ? "s3:ListBucketVersions" : "s3:ListBucket";
  return mayAccess({ ...question, action: listing, key: undefined, listed: key }, aboutName(key, facts));
}

/** Facts of a question for one name in the list. */
export function aboutName(key: string, facts: RequestFacts): RequestFacts {
  return { ...facts, query: new Map([["prefix", key]]), primary: true };
}

type Decision = "allowed" | "denied" | "undecided";

/** `undecided`: neither policy nor the bucket's ACL says anything, and the object's might. */
function decide(question: Question, facts: RequestFacts): Decision {
  const { caller, action, bucket } = question;
  if (caller.type === "key" && !inScope(caller.scope, question, facts)) return "denied";
  if (bucket === undefined) return caller.type === "key" ? "allowed" : "denied";
  const own = caller.type === "key" && caller.project === bucket.project;
  if (own && caller.scope.access === "full" && policyActions.has(action)) return "allowed";
  const verdict = policyVerdict(bucket, question, facts);
  if (verdict === "deny") return "denied";
  if (own || (verdict === "allow" && !isShut(bucket))) return "allowed";
  const isOfNew = question.isNew === true && firstSayings.has(action);
  const permission = isOfNew ? "WRITE" : bucketPermissions.get(action);
  if (permission === undefined) return "undecided";
  return isGranted(bucketAccessList(bucket), bucket, caller, permission) ? "allowed" : "denied";
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
/** Giving rights to others is no part of writing. */
const writeAction = /^s3:((Put|Delete|Restore)Object(?!(Version)?Acl$)|AbortMultipartUpload$)/;

function levelAllows(access: KeyScope["access"], action: string): boolean {
  if (access === "full" || readAction.test(action)) return true;
  return access === "write" && writeAction.test(action);
}
