import type { BucketRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { parseXml, type XmlElement } from "../xml/parse.ts";
import { childrenOf, only, optionalText, requiredChild, requiredText } from "../xml/read.ts";
import { branch, leaf, xmlDocument } from "../xml/write.ts";
import { emptyAnswer, xmlAnswer } from "./answer.ts";
import { findVersion } from "./find-version.ts";
import { bucketOf, newCallId } from "./request.ts";

/**
 * Access control lists as far as they still make sense: the list of a bucket is private or public-read, objects are private. Everything else is a bucket
 * policy's work, and is refused here with a name instead of being ignored.
 */

type Acl = BucketRecord["acl"];
const allUsers = "http://acs.amazonaws.com/groups/global/AllUsers";
const publicAcls: readonly string[] = ["public-read", "public-read-write", "authenticated-read"];
const aclMaxBytes = 64 * 1024;

/** The canned list that headers ask for. Throws NotImplemented for others and for single grants. */
export function cannedAcl(given: ReadonlyMap<string, string>): Acl | undefined {
  refuseGrantHeaders(given);
  const canned = given.get("x-amz-acl");
  if (canned === undefined || canned === "private" || canned === "public-read") return canned;
  if (["public-read-write", "authenticated-read", "log-delivery-write"].includes(canned))
    throw new S3Error("NotImplemented", `The canned ACL ${canned} is not supported; use a bucket policy.`);
  if (["bucket-owner-read", "bucket-owner-full-control"].includes(canned)) return "private";
  throw new S3Error("InvalidArgument", "The canned ACL is not known.", {
    details: { ArgumentName: "x-amz-acl", ArgumentValue: canned },
  });
}

function refuseGrantHeaders(given: ReadonlyMap<string, string>): void {
  for (const name of given.keys())
    if (name.startsWith("x-amz-grant-"))
      throw new S3Error("NotImplemented", "Grants are not supported; use a bucket policy.", {
        details: { Header: name },
      });
}

/** ACL headers of a write: nothing beyond what the object has anyway. */
export function refuseObjectGrants(request: VerifiedRequest, bucket: BucketRecord): void {
  refuseBlocked(request, bucket);
  if (cannedAcl(request.headers) === "public-read")
    throw new S3Error(
      "NotImplemented",
      "An object cannot be more public than its bucket; use a bucket policy.",
    );
}

/** The public access block comes first: what it refuses is refused even where it is not supported. */
function refuseBlocked(request: VerifiedRequest, bucket: BucketRecord): void {
  if (publicAcls.includes(request.headers.get("x-amz-acl") ?? "")) refuseWhenBlocked(bucket);
}

function refuseWhenBlocked(bucket: BucketRecord): void {
  if (bucket.publicAccessBlock?.blockPublicAcls === true)
    throw new S3Error("AccessDenied", "The public access block of the bucket refuses public ACLs.");
}

export async function getBucketAcl(request: VerifiedRequest): Promise<S3Response> {
  const bucket = bucketOf(request);
  const { acl, publicAccessBlock } = bucket;
  return xmlAnswer(aclDocument(bucket, publicAccessBlock?.ignorePublicAcls === true ? "private" : acl));
}

export async function getObjectAcl(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const found = await findVersion(request, store);
  return xmlAnswer(aclDocument(found.bucket, "private"));
}

export async function putBucketAcl(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const bucket = bucketOf(request);
  const acl = await wantedAcl(request, bucket);
  if (acl === "public-read") refuseWhenBlocked(bucket);
  await store.catalog.updateBucket({ callId: newCallId(store), name: bucket.name, change: { acl } });
  return emptyAnswer(200);
}

/** Objects are private, or opened by a policy; saying so again is no error. */
export async function putObjectAcl(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const found = await findVersion(request, store);
  const acl = await wantedAcl(request, found.bucket);
  if (acl === "public-read")
    throw new S3Error("NotImplemented", "ACLs of single objects are not supported; use a bucket policy.");
  return emptyAnswer(200);
}

async function wantedAcl(request: VerifiedRequest, bucket: BucketRecord): Promise<Acl> {
  refuseBlocked(request, bucket);
  const canned = cannedAcl(request.headers);
  const bytes = await request.body.bytes(aclMaxBytes);
  if (canned !== undefined) return canned;
  if (bytes.byteLength === 0)
    throw new S3Error("MissingSecurityHeader", "Neither x-amz-acl nor a document says what is wanted.");
  return aclOfDocument(parseXml(bytes, "AccessControlPolicy"), bucket);
}

function aclOfDocument(root: XmlElement, bucket: BucketRecord): Acl {
  only(root, ["Owner", "AccessControlList"]);
  const owner = requiredText(requiredChild(root, "Owner"), "ID");
  if (owner !== bucket.project) throw new S3Error("AccessDenied", "The owner cannot be changed.");
  const list = requiredChild(root, "AccessControlList");
  only(list, ["Grant"]);
  const grants = childrenOf(list, "Grant").map(
    (grant) => `${granteeOf(requiredChild(grant, "Grantee"))} ${requiredText(grant, "Permission").trim()}`,
  );
  const others = grants.filter((grant) => grant !== `${bucket.project} FULL_CONTROL`);
  if (others.length === grants.length || others.some((grant) => grant !== `${allUsers} READ`))
    throw new S3Error(
      "NotImplemented",
      "Grants beyond private and public-read are not supported; use a bucket policy.",
    );
  return others.length === 0 ? "private" : "public-read";
}

function granteeOf(grantee: XmlElement): string {
  const name =
    optionalText(grantee, "ID") ?? optionalText(grantee, "URI") ?? optionalText(grantee, "EmailAddress");
  if (name === undefined) throw new S3Error("MalformedACLError");
  return name.trim();
}

function aclDocument(bucket: BucketRecord, acl: Acl): string {
  const owner = leaf("ID", bucket.project) + leaf("DisplayName", bucket.project);
  const grants = [
    ...(acl === "public-read" ? [grantElement("Group", leaf("URI", allUsers), "READ")] : []),
    grantElement("CanonicalUser", owner, "FULL_CONTROL"),
  ];
  return xmlDocument("AccessControlPolicy", branch("Owner", owner), branch("AccessControlList", ...grants));
}

function grantElement(type: "CanonicalUser" | "Group", who: string, permission: string): string {
  const grantee = `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${type}">${who}</Grantee>`;
  return branch("Grant", grantee, leaf("Permission", permission));
}
