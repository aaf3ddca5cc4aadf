import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";

import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";

import { s3Service, type S3Service } from "#test/support/s3-service.ts";

/** What programs do with the official SDK, which checks every checksum that comes back. */

let service: S3Service;
let client: S3Client;
const Bucket = "pictures";

before(async () => {
  service = await s3Service();
  client = await service.client();
  await client.send(new CreateBucketCommand({ Bucket }));
});
after(() => service[Symbol.asyncDispose]());

const bytesOf = (size: number) => Buffer.alloc(size, "0123456789abcdefg");
const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");

async function text(Key: string, more: { readonly Range?: string } = {}): Promise<string> {
  const answer = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return (await answer.Body?.transformToString()) ?? "";
}

async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof S3ServiceException) return `${error.$metadata.httpStatusCode} ${error.name}`;
    throw error;
  }
  return "no refusal";
}

test("a buffer comes back with its type, metadata and entity tag", async () => {
  const Body = bytesOf(300_000);
  const put = await client.send(
    new PutObjectCommand({
      Bucket,
      Key: "a/b.txt",
      Body,
      ContentType: "text/plain",
      CacheControl: "max-age=60",
      Metadata: { colour: "blue" },
    }),
  );
  assert.equal(put.ETag, `"${md5(Body)}"`);
  assert.ok(put.ChecksumCRC32);
  const got = await client.send(new GetObjectCommand({ Bucket, Key: "a/b.txt" }));
  assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), Body);
  assert.equal(got.ContentType, "text/plain");
  assert.equal(got.CacheControl, "max-age=60");
  assert.deepEqual(got.Metadata, { colour: "blue" });
  assert.equal(got.ETag, put.ETag);
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: "a/b.txt", ChecksumMode: "ENABLED" }));
  assert.equal(head.ContentLength, 300_000);
  assert.equal(head.ChecksumCRC32, put.ChecksumCRC32);
  assert.equal(head.ChecksumType, "FULL_OBJECT");
});

test("a stream of known length arrives by aws-chunked with its trailer", async () => {
  const Body = bytesOf(200_000);
  const pieces = [Body.subarray(0, 5), Body.subarray(5, 70_000), Body.subarray(70_000)];
  await client.send(
    new PutObjectCommand({
      Bucket,
      Key: "stream",
      Body: Readable.from(pieces),
      ContentLength: Body.byteLength,
      ContentEncoding: "identity",
    }),
  );
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: "stream" }));
  assert.equal(head.ETag, `"${md5(Body)}"`);
  assert.equal(head.ContentEncoding, "identity");
});

test("each of the five checksums is verified, stored and given back", async () => {
  for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
    const Key = `sum-${algorithm}`;
    const put = await client.send(
      new PutObjectCommand({ Bucket, Key, Body: "checked", ChecksumAlgorithm: algorithm }),
    );
    const field = `Checksum${algorithm}` as const;
    assert.ok(put[field], algorithm);
    const got = await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    assert.equal(got[field], put[field]);
    assert.equal(await got.Body?.transformToString(), "checked");
    const wrong = new PutObjectCommand({ Bucket, Key, Body: "other", [field]: put[field] });
    assert.match(await refusal(client.send(wrong)), /^400 /);
  }
});

test("ranges and parts of an object are read exactly", async () => {
  await client.send(new PutObjectCommand({ Bucket, Key: "range", Body: "0123456789" }));
  assert.equal(await text("range", { Range: "bytes=2-4" }), "234");
  assert.equal(await text("range", { Range: "bytes=-3" }), "789");
  assert.equal(await text("range", { Range: "bytes=8-100" }), "89");
  const range = await client.send(new GetObjectCommand({ Bucket, Key: "range", Range: "bytes=2-4" }));
  assert.equal(range.$metadata.httpStatusCode, 206);
  assert.equal(range.ContentRange, "bytes 2-4/10");
  assert.equal(
    await refusal(client.send(new GetObjectCommand({ Bucket, Key: "range", Range: "bytes=10-" }))),
    "416 InvalidRange",
  );
  const part = await client.send(new GetObjectCommand({ Bucket, Key: "range", PartNumber: 1 }));
  assert.equal(await part.Body?.transformToString(), "0123456789");
  assert.equal(
    await refusal(client.send(new GetObjectCommand({ Bucket, Key: "range", PartNumber: 2 }))),
    "416 InvalidPartNumber",
  );
});

test("a conditional write only happens while its condition holds", async () => {
  const put = (condition: object) =>
    client.send(new PutObjectCommand({ Bucket, Key: "lock", Body: "mine", ...condition }));
  const first = await put({ IfNoneMatch: "*" });
  assert.equal(await refusal(put({ IfNoneMatch: "*" })), "412 PreconditionFailed");
  assert.equal(
    await refusal(put({ IfMatch: '"0123456789abcdef0123456789abcdef"' })),
    "412 PreconditionFailed",
  );
  await put({ IfMatch: first.ETag });
  assert.equal(
    await refusal(client.send(new PutObjectCommand({ Bucket, Key: "none", Body: "", IfMatch: '"x"' }))),
    "404 NoSuchKey",
  );
});

test("a conditional read answers 304 or 412 by the entity tag and the time", async () => {
  const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key: "cond", Body: "x" }));
  const get = (condition: object) => client.send(new GetObjectCommand({ Bucket, Key: "cond", ...condition }));
  assert.match(await refusal(get({ IfNoneMatch: ETag })), /^304 /);
  assert.equal(await refusal(get({ IfMatch: '"other"' })), "412 PreconditionFailed");
  assert.match(await refusal(get({ IfModifiedSince: new Date(Date.now() + 10_000) })), /^304 /);
  assert.equal(await refusal(get({ IfUnmodifiedSince: new Date(0) })), "412 PreconditionFailed");
  await get({ IfMatch: ETag, IfUnmodifiedSince: new Date(0) });
});

test("keys that file systems cannot hold are listed, read and deleted as they are", async () => {
  const own = { Bucket: "odd-keys" };
  await client.send(new CreateBucketCommand(own));
  const keys = ["//", "/", ".", "..", "../../etc/passwd", "a//b", "a/./b", "tab\there", "line\nbreak", "\u0001", "+ %2F", "ü/日本/😀", "x".repeat(1024)]; // prettier-ignore
  for (const Key of keys) await client.send(new PutObjectCommand({ ...own, Key, Body: Key }));
  const listed = await client.send(new ListObjectsV2Command({ ...own, EncodingType: "url" }));
  const found = (listed.Contents ?? []).map((entry) => decodeURIComponent(entry.Key ?? ""));
  const byBytes = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.deepEqual(found, byBytes);
  for (const Key of keys) {
    const got = await client.send(new GetObjectCommand({ ...own, Key }));
    assert.equal(await got.Body?.transformToString(), Key);
  }
  // XML 1.0 cannot carry this one, so no document can name it.
  const named = keys.filter((key) => key !== "\u0001");
  const removed = await client.send(
    new DeleteObjectsCommand({ ...own, Delete: { Objects: named.map((Key) => ({ Key })) } }),
  );
  assert.equal(removed.Errors, undefined);
  assert.deepEqual(
    removed.Deleted?.map((entry) => entry.Key),
    named,
  );
  assert.equal(await refusal(client.send(new DeleteBucketCommand(own))), "409 BucketNotEmpty");
  await client.send(new DeleteObjectCommand({ ...own, Key: "\u0001" }));
  await client.send(new DeleteBucketCommand(own));
});

test("a list is cut into pages by keys and common prefixes alike", async () => {
  const own = { Bucket: "pages" };
  await client.send(new CreateBucketCommand(own));
  for (const Key of ["a/1", "a/2", "b", "c/1", "d"])
    await client.send(new PutObjectCommand({ ...own, Key, Body: "" }));
  const seen: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        ...own,
        Delimiter: "/",
        MaxKeys: 1,
        ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
      }),
    );
    assert.equal(page.KeyCount, 1);
    seen.push(page.CommonPrefixes?.[0]?.Prefix ?? page.Contents?.[0]?.Key ?? "");
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  assert.deepEqual(seen, ["a/", "b", "c/", "d"]);
});

test("a copy takes over or replaces metadata, and onto itself must change something", async () => {
  await client.send(
    new PutObjectCommand({
      Bucket,
      Key: "from me+you",
      Body: "copied",
      Metadata: { a: "1" },
      ContentType: "image/png",
    }),
  );
  const CopySource = `/${Bucket}/${encodeURIComponent("from me+you")}`;
  await client.send(new CopyObjectCommand({ Bucket, Key: "to", CopySource }));
  const kept = await client.send(new HeadObjectCommand({ Bucket, Key: "to" }));
  assert.deepEqual([kept.Metadata, kept.ContentType], [{ a: "1" }, "image/png"]);
  const replaced = {
    Bucket,
    Key: "to",
    CopySource,
    MetadataDirective: "REPLACE" as const,
    Metadata: { b: "2" },
  };
  await client.send(new CopyObjectCommand(replaced));
  assert.deepEqual((await client.send(new HeadObjectCommand({ Bucket, Key: "to" }))).Metadata, { b: "2" });
  assert.equal(
    await refusal(client.send(new CopyObjectCommand({ Bucket, Key: "from me+you", CopySource }))),
    "400 InvalidRequest",
  );
  assert.equal(
    await refusal(
      client.send(new CopyObjectCommand({ Bucket, Key: "x", CopySource, CopySourceIfMatch: '"no"' })),
    ),
    "412 PreconditionFailed",
  );
});

test("deleted objects of a versioned bucket are hidden by a marker and can be had again", async () => {
  const own = { Bucket: "versions" };
  await client.send(new CreateBucketCommand(own));
  await client.send(
    new PutBucketVersioningCommand({ ...own, VersioningConfiguration: { Status: "Enabled" } }),
  );
  const Key = "k";
  const first = await client.send(new PutObjectCommand({ ...own, Key, Body: "1" }));
  const second = await client.send(new PutObjectCommand({ ...own, Key, Body: "2" }));
  const marker = await client.send(new DeleteObjectCommand({ ...own, Key }));
  assert.equal(marker.DeleteMarker, true);
  assert.equal(await refusal(client.send(new GetObjectCommand({ ...own, Key }))), "404 NoSuchKey");
  assert.equal(
    await refusal(client.send(new GetObjectCommand({ ...own, Key, VersionId: marker.VersionId }))),
    "405 MethodNotAllowed",
  );
  const old = await client.send(new GetObjectCommand({ ...own, Key, VersionId: first.VersionId }));
  assert.equal(await old.Body?.transformToString(), "1");
  const listed = await client.send(new ListObjectVersionsCommand(own));
  assert.deepEqual(
    listed.Versions?.map((version) => version.VersionId),
    [second.VersionId, first.VersionId],
  );
  assert.deepEqual(
    listed.DeleteMarkers?.map((version) => version.IsLatest),
    [true],
  );
  await client.send(new DeleteObjectCommand({ ...own, Key, VersionId: marker.VersionId }));
  assert.equal((await client.send(new HeadObjectCommand({ ...own, Key }))).VersionId, second.VersionId);
});

test("projects see only their own buckets, and names are taken for all", async () => {
  const other = await service.client({ project: "stranger" });
  assert.deepEqual((await other.send(new ListBucketsCommand({}))).Buckets ?? [], []);
  assert.match(await refusal(other.send(new HeadBucketCommand({ Bucket }))), /^403 /);
  assert.equal(
    await refusal(other.send(new GetObjectCommand({ Bucket, Key: "a/b.txt" }))),
    "403 AccessDenied",
  );
  assert.equal(await refusal(other.send(new CreateBucketCommand({ Bucket }))), "409 BucketAlreadyExists");
  await other.send(new CreateBucketCommand({ Bucket: "strangers-own" }));
  const copy = { Bucket: "strangers-own", Key: "stolen", CopySource: `${Bucket}/a/b.txt` };
  assert.equal(await refusal(other.send(new CopyObjectCommand(copy))), "403 AccessDenied");
  const { UploadId } = await other.send(
    new CreateMultipartUploadCommand({ Bucket: copy.Bucket, Key: copy.Key }),
  );
  assert.equal(
    await refusal(other.send(new UploadPartCopyCommand({ ...copy, UploadId, PartNumber: 1 }))),
    "403 AccessDenied",
  );
});
