import { isDeepStrictEqual } from "node:util";
import type { NewBucket } from "#objects/catalog.ts";
import type { BucketRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { optionalChild, optionalText } from "../xml/read.ts";
import { parseXml } from "../xml/parse.ts";
import { branch, leaf, xmlDocument } from "../xml/write.ts";
import { newBucketAcl } from "./acl.ts";
import { emptyAnswer, xmlAnswer, xmlTime } from "./answer.ts";
import { ownerElement } from "./list-parameters.ts";
import { ownershipOf } from "./ownership.ts";
import { bucketOf, newCallId, numberOf } from "./request.ts";

const createXmlMaxBytes = 64 * 1024;

export async function listBuckets(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const { caller } = request;
  if (caller.type === "anonymous") throw new S3Error("AccessDenied");
  const prefix = request.query.get("prefix") ?? "";
  const limit = numberOf(request, "max-buckets", { absent: 10_000, min: 1, max: 10_000 });
  const after = Buffer.from(request.query.get("continuation-token") ?? "", "base64url").toString("utf8");
  const all = store.configuration
    .buckets(caller.project)
    .filter((bucket) => bucket.name > after && bucket.name.startsWith(prefix))
    .filter((bucket) => caller.scope.buckets?.includes(bucket.name) ?? true);
  const page = all.slice(0, limit);
  const last = page.length < all.length ? page.at(-1) : undefined;
  return xmlAnswer(
    xmlDocument(
      "ListAllMyBucketsResult",
      ownerElement(caller.project),
      branch("Buckets", ...page.map((bucket) => bucketElement(bucket, store.region))),
      leaf(
        "ContinuationToken",
        last === undefined ? undefined : Buffer.from(last.name, "utf8").toString("base64url"),
      ),
      leaf("Prefix", request.query.get("prefix")),
    ),
  );
}

function bucketElement(bucket: BucketRecord, region: string): string {
  return branch(
    "Bucket",
    leaf("Name", bucket.name),
    leaf("CreationDate", xmlTime(bucket.createdAt)),
    leaf("BucketRegion", region),
  );
}

export async function createBucket(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const { caller, bucketName } = request;
  if (caller.type === "anonymous" || bucketName === undefined) throw new S3Error("AccessDenied");
  await checkConfiguration(request, store.region);
  const asked = request.headers.get("x-amz-object-ownership");
  const ownership = asked === undefined ? {} : { ownership: ownershipOf(asked) };
  const lock = request.headers.get("x-amz-bucket-object-lock-enabled")?.toLowerCase() === "true";
  const bucket: NewBucket = {
    name: bucketName,
    project: caller.project,
    versioning: lock ? "enabled" : "off",
    acl: newBucketAcl(request.headers, { project: caller.project, ...ownership }),
    ...(lock ? { objectLock: {} } : {}),
    ...ownership,
  };
  await createOrFind(store, bucket);
  return emptyAnswer(200, { location: `/${bucketName}` });
}

/** In us-east-1 S3 takes the creation of a bucket that one has already for done, and clients there rely on it. */
async function createOrFind(store: ObjectStore, bucket: NewBucket): Promise<void> {
  try {
    await store.catalog.createBucket({ callId: newCallId(store), bucket });
  } catch (error) {
    if (!(error instanceof S3Error) || error.code !== "BucketAlreadyOwnedByYou") throw error;
    const existing = store.configuration.bucket(bucket.name);
    if (store.region !== "us-east-1" || existing === undefined) throw error;
    const isSame =
      isDeepStrictEqual(existing.acl, bucket.acl) &&
      (bucket.objectLock === undefined || existing.objectLock !== undefined);
    if (!isSame)
      throw new S3Error(
        "BucketAlreadyExists",
        "The bucket exists already, is yours, and is set up differently.",
        {
          cause: error,
        },
      );
  }
}

/** The document of CreateBucket names a region, which must be ours. */
async function checkConfiguration(request: VerifiedRequest, region: string): Promise<void> {
  const bytes = await request.body.bytes(createXmlMaxBytes);
  if (bytes.byteLength === 0) return;
  const root = parseXml(bytes, "CreateBucketConfiguration");
  const location = optionalText(root, "LocationConstraint")?.trim() ?? "";
  if (location !== "" && location !== region)
    throw new S3Error("InvalidLocationConstraint", `Buckets here are in ${region}.`, {
      details: { LocationConstraint: location },
    });
  if (optionalChild(root, "Location") !== undefined || optionalChild(root, "Bucket") !== undefined)
    throw new S3Error("NotImplemented", "Directory buckets are not supported.");
}

export async function headBucket(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  bucketOf(request);
  return emptyAnswer(200, { "x-amz-bucket-region": store.region, "x-amz-access-point-alias": "false" });
}

export async function deleteBucket(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  await store.catalog.deleteBucket({ callId: newCallId(store), name: bucketOf(request).name });
  return emptyAnswer(204);
}

export async function getBucketLocation(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  bucketOf(request);
  // S3's oldest region has no name here, and SDKs rely on it.
  return xmlAnswer(xmlDocument("LocationConstraint", store.region === "us-east-1" ? "" : store.region));
}

export async function getBucketRequestPayment(request: VerifiedRequest): Promise<S3Response> {
  bucketOf(request);
  return xmlAnswer(xmlDocument("RequestPaymentConfiguration", leaf("Payer", "BucketOwner")));
}
