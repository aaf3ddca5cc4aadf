import { bucketAccessList, isPublicGrant, objectAccessList, type AccessList } from "#objects/acl.ts";
import type { BucketRecord, Grant, VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { parseXml } from "../xml/parse.ts";
import { branch, xmlDocument } from "../xml/write.ts";
import { documentGrants, grantElements, headerGrants, type Owners } from "./acl-grants.ts";
import { emptyAnswer, xmlAnswer } from "./answer.ts";
import { changeBucket } from "./change-bucket.ts";
import { findVersion } from "./find-version.ts";
import { ownerElement } from "./list-parameters.ts";
import { bucketOf, keyOf, newCallId, versionIdOf } from "./request.ts";

const aclMaxBytes = 64 * 1024;

/** Whose a new object is and what it grants; absent: the bucket's project, and nothing to others. */
export type ObjectAccess = Pick<VersionRecord, "owner" | "acl">;

/** Of an object that is about to be written. */
export function objectAccessOf(request: VerifiedRequest, bucket: BucketRecord, key: string): ObjectAccess {
  const given = request.headers;
  const forBucketOwner = given.get("x-amz-acl") === "bucket-owner-full-control";
  const writer = request.caller.type === "key" ? request.caller.project : bucket.project;
  const isTaken = bucket.ownership === "BucketOwnerPreferred" && forBucketOwner;
  const owner = isTaken || bucket.ownership === "BucketOwnerEnforced" ? bucket.project : writer;
  const grants = headerGrants(given, { owner, bucketOwner: bucket.project });
  if (grants !== undefined && !forBucketOwner) refuseEnforced(bucket);
  if (grants !== undefined) refuseBlocked(bucket, grants);
  // Rights for anybody else are more than s3:PutObject gives away.
  const others = grants?.some(({ to }) => !("project" in to && [owner, bucket.project].includes(to.project)));
  if (others === true) request.alsoMay("s3:PutObjectAcl", bucket.name, key);
  return {
    ...(owner === bucket.project ? {} : { owner }),
    ...(grants === undefined || bucket.ownership === "BucketOwnerEnforced" ? {} : { acl: grants }),
  };
}

/** Of a bucket that is about to be made. */
export function newBucketAcl(
  given: ReadonlyMap<string, string>,
  bucket: Pick<BucketRecord, "project" | "ownership">,
): BucketRecord["acl"] {
  const grants = headerGrants(given, { owner: bucket.project, bucketOwner: bucket.project });
  if (grants === undefined || isPrivate(grants, bucket.project)) return "private";
  if (bucket.ownership === "BucketOwnerEnforced") throw new S3Error("InvalidBucketAclWithObjectOwnership");
  return grants;
}

export function isPrivate(grants: readonly Grant[], owner: string): boolean {
  return grants.every(({ to }) => "project" in to && to.project === owner);
}

function refuseEnforced(bucket: BucketRecord): void {
  if (bucket.ownership === "BucketOwnerEnforced") throw new S3Error("AccessControlListNotSupported");
}

function refuseBlocked(bucket: BucketRecord, grants: readonly Grant[]): void {
  if (bucket.publicAccessBlock?.blockPublicAcls === true && grants.some(isPublicGrant))
    throw new S3Error("AccessDenied", "The public access block of the bucket refuses public ACLs.");
}

export async function getBucketAcl(request: VerifiedRequest): Promise<S3Response> {
  return aclAnswer(bucketAccessList(bucketOf(request)));
}

export async function getObjectAcl(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const { version, bucket } = await findVersion(request, store);
  return aclAnswer(objectAccessList(version, bucket));
}

export async function putBucketAcl(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const bucket = bucketOf(request);
  const owner = bucket.project;
  const acl = await wantedGrants(request, bucket, { owner, bucketOwner: owner });
  return changeBucket(request, store, { acl });
}

export async function putObjectAcl(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const { version, bucket } = await findVersion(request, store);
  const { owner } = objectAccessList(version, bucket);
  const acl = await wantedGrants(request, bucket, { owner, bucketOwner: bucket.project });
  const versionId = versionIdOf(request);
  await store.catalog.annotate({
    callId: newCallId(store),
    bucket: bucket.name,
    key: keyOf(request),
    ...(versionId === undefined ? {} : { versionId }),
    change: { type: "acl", acl },
  });
  return emptyAnswer(200);
}

async function wantedGrants(
  request: VerifiedRequest,
  bucket: BucketRecord,
  owners: Owners,
): Promise<readonly Grant[]> {
  refuseEnforced(bucket);
  const byHeader = headerGrants(request.headers, owners);
  const bytes = await request.body.bytes(aclMaxBytes);
  if (byHeader === undefined && bytes.byteLength === 0)
    throw new S3Error("MissingSecurityHeader", "Neither headers nor a document say what is wanted.");
  const grants = byHeader ?? documentGrants(parseXml(bytes, "AccessControlPolicy"), owners.owner);
  refuseBlocked(bucket, grants);
  return grants;
}

function aclAnswer({ owner, grants }: AccessList): S3Response {
  return xmlAnswer(
    xmlDocument(
      "AccessControlPolicy",
      ownerElement(owner),
      branch("AccessControlList", grantElements(grants)),
    ),
  );
}
