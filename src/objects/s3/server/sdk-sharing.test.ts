import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetBucketAclCommand,
  GetObjectAclCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
} from "@aws-sdk/client-s3";

import { s3Service, type S3Service } from "#test/support/s3-service.ts";

/** What one project lets others do (access control lists), and what it keeps from us (SSE-C), through the SDK. */

let service: S3Service;
let shop: S3Client;
let press: S3Client;

before(async () => {
  service = await s3Service();
  shop = await service.client();
  press = await service.client({ project: "press" });
});
after(async () => {
  await service[Symbol.asyncDispose]();
});

async function refusal(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return "none";
  } catch (error) {
    if (error instanceof S3ServiceException) return error.name;
    throw error;
  }
}

async function statusOf(answer: Promise<unknown>): Promise<number | undefined> {
  try {
    await answer;
    return 200;
  } catch (error) {
    if (error instanceof S3ServiceException) return error.$metadata.httpStatusCode;
    throw error;
  }
}

const anonymousStatus = async (path: string): Promise<number> =>
  (await fetch(`${service.endpoint}${path}`)).status;
const textOf = async (client: S3Client, of: { Bucket: string; Key: string }) =>
  (await client.send(new GetObjectCommand(of))).Body?.transformToString();

test("canned lists open objects to everybody, to the signed in, or to the bucket's owner, and come back as grants", async () => {
  const Bucket = "canned";
  await shop.send(new CreateBucketCommand({ Bucket, ACL: "public-read-write" }));
  const put = (client: S3Client, Key: string, more: object = {}) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body: Key, ...more }));
  await put(shop, "open", { ACL: "public-read" });
  await put(shop, "closed");
  await put(shop, "members", { ACL: "authenticated-read" });
  await put(press, "gift", { ACL: "bucket-owner-full-control" });
  assert.equal(await anonymousStatus(`/${Bucket}/open`), 200);
  assert.equal(await anonymousStatus(`/${Bucket}/closed`), 403);
  assert.equal(await anonymousStatus(`/${Bucket}/members`), 403);
  assert.equal(await anonymousStatus(`/${Bucket}/absent`), 404);
  assert.equal(await textOf(press, { Bucket, Key: "members" }), "members");
  assert.equal(await refusal(press.send(new GetObjectCommand({ Bucket, Key: "closed" }))), "AccessDenied");
  const gift = await press.send(new GetObjectAclCommand({ Bucket, Key: "gift" }));
  assert.equal(gift.Owner?.ID, "press");
  assert.deepEqual(
    gift.Grants?.map(({ Grantee, Permission }) => `${Grantee?.ID} ${Permission}`),
    ["press FULL_CONTROL", "shop FULL_CONTROL"],
  );
  const versions = await shop.send(new ListObjectVersionsCommand({ Bucket, Prefix: "gift" }));
  assert.equal(versions.Versions?.[0]?.Owner?.ID, "press");
  await shop.send(new PutObjectAclCommand({ Bucket, Key: "open", ACL: "private" }));
  assert.equal(await anonymousStatus(`/${Bucket}/open`), 403);
});

test("grants by header and by document name projects and groups, and who is not known is refused", async () => {
  const Bucket = "grants";
  await shop.send(new CreateBucketCommand({ Bucket, GrantRead: 'id="press"' }));
  await press.send(new ListObjectsV2Command({ Bucket }));
  assert.equal(await refusal(press.send(new GetBucketAclCommand({ Bucket }))), "AccessDenied");
  const { Owner } = await shop.send(new GetBucketAclCommand({ Bucket }));
  const give = (Grantee: object, owner = Owner) =>
    refusal(
      shop.send(
        new PutBucketAclCommand({
          Bucket,
          AccessControlPolicy: {
            Owner: owner,
            Grants: [{ Grantee: { Type: "CanonicalUser", ...Grantee }, Permission: "WRITE" }],
          },
        }),
      ),
    );
  assert.equal(await give({ ID: "press" }), "none");
  assert.equal(await refusal(press.send(new ListObjectsV2Command({ Bucket }))), "AccessDenied");
  await press.send(new PutObjectCommand({ Bucket, Key: "k", Body: "" }));
  assert.equal(await give({ ID: "_nobody" }), "InvalidArgument");
  assert.equal(await give({ Type: "Group", URI: "http://example.com/all" }), "InvalidArgument");
  assert.equal(
    await give({ Type: "AmazonCustomerByEmail", EmailAddress: "a@example.com" }),
    "UnresolvableGrantByEmailAddress",
  );
  assert.equal(await give({ ID: "press" }, { ID: "press" }), "AccessDenied");
  const both = new PutBucketAclCommand({ Bucket, ACL: "private", GrantRead: 'id="press"' });
  assert.equal(await refusal(shop.send(both)), "InvalidRequest");
});

test("an enforced owner and a public access block refuse lists", async () => {
  const Bucket = "enforced";
  await shop.send(new CreateBucketCommand({ Bucket, ACL: "public-read" }));
  const enforce = () =>
    shop.send(
      new PutBucketOwnershipControlsCommand({
        Bucket,
        OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
      }),
    );
  assert.equal(await refusal(enforce()), "InvalidBucketAclWithObjectOwnership");
  await shop.send(new PutBucketAclCommand({ Bucket, ACL: "private" }));
  await shop.send(
    new PutPublicAccessBlockCommand({
      Bucket,
      PublicAccessBlockConfiguration: { BlockPublicAcls: true },
    }),
  );
  const put = (more: object) => shop.send(new PutObjectCommand({ Bucket, Key: "k", Body: "", ...more }));
  const everybody = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"';
  assert.equal(await refusal(put({ ACL: "authenticated-read" })), "AccessDenied");
  assert.equal(await refusal(put({ GrantRead: everybody })), "AccessDenied");
  await enforce();
  assert.equal(await refusal(put({ ACL: "private" })), "AccessControlListNotSupported");
  await put({ ACL: "bucket-owner-full-control" });
  assert.equal(
    await refusal(shop.send(new PutObjectAclCommand({ Bucket, Key: "k", ACL: "private" }))),
    "AccessControlListNotSupported",
  );
});

test("a key that may only write makes nothing public", async () => {
  const Bucket = "writers";
  await shop.send(new CreateBucketCommand({ Bucket }));
  const writer = await service.client({ scope: { access: "write" } });
  await writer.send(new PutObjectCommand({ Bucket, Key: "k", Body: "" }));
  for (const ACL of ["public-read", "authenticated-read"] as const) {
    const put = new PutObjectCommand({ Bucket, Key: "k", Body: "", ACL });
    assert.equal(await refusal(writer.send(put)), "AccessDenied");
    assert.equal(
      await refusal(writer.send(new PutObjectAclCommand({ Bucket, Key: "k", ACL }))),
      "AccessDenied",
    );
  }
});

test("a copy reads a source that its own list opens, and no other", async () => {
  await shop.send(new CreateBucketCommand({ Bucket: "sources" }));
  await press.send(new CreateBucketCommand({ Bucket: "copies" }));
  await shop.send(new PutObjectCommand({ Bucket: "sources", Key: "a", Body: "a", GrantRead: 'id="press"' }));
  await shop.send(new PutObjectCommand({ Bucket: "sources", Key: "b", Body: "b" }));
  const copy = (key: string) =>
    press.send(new CopyObjectCommand({ Bucket: "copies", Key: key, CopySource: `sources/${key}` }));
  await copy("a");
  assert.equal(await textOf(press, { Bucket: "copies", Key: "a" }), "a");
  assert.equal(await refusal(copy("b")), "AccessDenied");
});

function customerKey() {
  const key = randomBytes(32);
  return {
    SSECustomerAlgorithm: "AES256",
    SSECustomerKey: key.toString("base64"),
    SSECustomerKeyMD5: createHash("md5").update(key).digest("base64"),
  };
}
function sourceKey(key: ReturnType<typeof customerKey>) {
  return {
    CopySourceSSECustomerAlgorithm: key.SSECustomerAlgorithm,
    CopySourceSSECustomerKey: key.SSECustomerKey,
    CopySourceSSECustomerKeyMD5: key.SSECustomerKeyMD5,
  };
}

test("an object with a customer's key is given out for that key only, be it read, described or copied", async () => {
  const of = { Bucket: "sealed", Key: "k" };
  await shop.send(new CreateBucketCommand({ Bucket: of.Bucket }));
  const [key, wrong] = [customerKey(), customerKey()];
  const put = await shop.send(new PutObjectCommand({ ...of, Body: "mine", ...key }));
  assert.equal(put.SSECustomerKeyMD5, key.SSECustomerKeyMD5);
  const got = await shop.send(new GetObjectCommand({ ...of, ...key }));
  assert.equal(await got.Body?.transformToString(), "mine");
  assert.equal(got.SSECustomerAlgorithm, "AES256");
  assert.equal(got.ServerSideEncryption, undefined);
  for (const more of [{}, wrong]) {
    assert.equal(await refusal(shop.send(new GetObjectCommand({ ...of, ...more }))), "InvalidRequest");
    // An answer to HEAD has no document that could name a code.
    assert.equal(await statusOf(shop.send(new HeadObjectCommand({ ...of, ...more }))), 400);
    const attributes = { ...of, ObjectAttributes: ["ETag" as const], ...more };
    assert.equal(await refusal(shop.send(new GetObjectAttributesCommand(attributes))), "InvalidRequest");
  }
  const copy = (more: object) =>
    shop.send(new CopyObjectCommand({ Bucket: of.Bucket, Key: "copy", CopySource: "sealed/k", ...more }));
  assert.equal(await refusal(copy({})), "InvalidRequest");
  assert.equal(await refusal(copy(sourceKey(wrong))), "InvalidRequest");
  await copy({ ...sourceKey(key), ...wrong });
  const copied = new GetObjectCommand({ Bucket: of.Bucket, Key: "copy", ...wrong });
  assert.equal(await (await shop.send(copied)).Body?.transformToString(), "mine");
});

test("a customer's key is refused where it is incomplete, not whole, beside another, or not needed", async () => {
  const of = { Bucket: "refused-keys", Key: "k" };
  await shop.send(new CreateBucketCommand({ Bucket: of.Bucket }));
  const key = customerKey();
  const put = (more: object) => refusal(shop.send(new PutObjectCommand({ ...of, Body: "x", ...more })));
  assert.equal(await put({ ...key, SSECustomerAlgorithm: "AES128" }), "InvalidEncryptionAlgorithmError");
  assert.equal(await put({ ...key, ServerSideEncryption: "AES256" }), "InvalidArgument");
  assert.equal(await put({ SSECustomerAlgorithm: "AES256" }), "InvalidArgument");
  assert.equal(await put({}), "none");
  assert.equal(await refusal(shop.send(new GetObjectCommand({ ...of, ...key }))), "InvalidRequest");
});

test("every part of an upload with a customer's key brings that key", async () => {
  const of = { Bucket: "sealed-parts", Key: "k" };
  await shop.send(new CreateBucketCommand({ Bucket: of.Bucket }));
  const key = customerKey();
  const { UploadId } = await shop.send(new CreateMultipartUploadCommand({ ...of, ...key }));
  const part = (more: object) =>
    shop.send(new UploadPartCommand({ ...of, UploadId, PartNumber: 1, Body: "part", ...more }));
  assert.equal(await refusal(part({})), "InvalidRequest");
  assert.equal(await refusal(part(customerKey())), "InvalidRequest");
  const { ETag } = await part(key);
  const complete = (more: object) =>
    shop.send(
      new CompleteMultipartUploadCommand({
        ...of,
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
        ...more,
      }),
    );
  assert.equal(await refusal(complete({})), "InvalidRequest");
  assert.equal(await refusal(complete(customerKey())), "InvalidRequest");
  assert.equal((await complete(key)).$metadata.httpStatusCode, 200);
  const got = await shop.send(new GetObjectCommand({ ...of, ...key }));
  assert.equal(await got.Body?.transformToString(), "part");
  assert.equal(await refusal(shop.send(new GetObjectCommand(of))), "InvalidRequest");
});
