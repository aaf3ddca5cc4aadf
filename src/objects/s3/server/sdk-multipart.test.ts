import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";

import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

import { checksumOf } from "#objects/checksum/checksum.ts";
import { s3Service, type S3Service } from "#test/support/s3-service.ts";

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

test("a multipart upload is made of its parts, in both kinds of checksum", async () => {
  const part = bytesOf(5 * 1024 * 1024);
  for (const [ChecksumAlgorithm, ChecksumType] of [
    ["CRC32", "COMPOSITE"],
    ["CRC32C", "FULL_OBJECT"],
    ["SHA256", "COMPOSITE"],
    ["CRC64NVME", "FULL_OBJECT"],
  ] as const) {
    const Key = `multi-${ChecksumAlgorithm}`;
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm, ChecksumType }),
    );
    const sums: (string | undefined)[] = [];
    const Parts = [];
    for (const [index, Body] of [part, Buffer.from("the end")].entries()) {
      const PartNumber = index + 1;
      const sent = await client.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumAlgorithm }),
      );
      const field = `Checksum${ChecksumAlgorithm}` as const;
      sums.push(sent[field]);
      Parts.push({ PartNumber, ETag: sent.ETag, [field]: sent[field] });
    }
    const listed = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    assert.deepEqual(
      listed.Parts?.map((each) => each[`Checksum${ChecksumAlgorithm}`]),
      sums,
    );
    assert.deepEqual(listed.ChecksumType, ChecksumType);
    const done = await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    assert.equal(done.ChecksumType, ChecksumType);
    await checkParts(Key, done.ETag, ChecksumAlgorithm, sums);
  }
});

async function checkParts(
  Key: string,
  ETag: string | undefined,
  algorithm: ChecksumAlgorithm & ("CRC32" | "CRC32C" | "SHA256" | "CRC64NVME"),
  sums: readonly (string | undefined)[],
): Promise<void> {
  const second = await client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 2 }));
  assert.equal(await second.Body?.transformToString(), "the end");
  assert.equal(second.PartsCount, 2);
  assert.equal(second.ETag, ETag);
  // The end of one part and all of the next.
  assert.equal(
    await text(Key, { Range: "bytes=5242876-" }),
    `${bytesOf(5_242_880).subarray(-4).toString()}the end`,
  );
  const attributes = await client.send(
    new GetObjectAttributesCommand({
      Bucket,
      Key,
      ObjectAttributes: ["ETag", "Checksum", "ObjectParts", "ObjectSize", "StorageClass"],
    }),
  );
  assert.equal(attributes.ObjectSize, 5_242_887);
  assert.equal(`"${attributes.ETag}"`, ETag);
  assert.equal(attributes.ObjectParts?.TotalPartsCount, 2);
  assert.deepEqual(
    attributes.ObjectParts?.Parts?.map((each) => each[`Checksum${algorithm}`]),
    sums,
  );
}

test("the upload manager of the SDK stores a long stream of unknown length", async () => {
  const whole = bytesOf(11 * 1024 * 1024);
  const upload = new Upload({
    client,
    params: {
      Bucket,
      Key: "managed",
      Body: Readable.from([whole.subarray(0, 7_000_000), whole.subarray(7_000_000)]),
    },
  });
  await upload.done();
  const got = await client.send(new GetObjectCommand({ Bucket, Key: "managed" }));
  assert.equal(md5(Buffer.from((await got.Body?.transformToByteArray()) ?? [])), md5(whole));
});

test("parts are copied from ranges of other objects, and an aborted upload leaves nothing", async () => {
  await client.send(new PutObjectCommand({ Bucket, Key: "source", Body: "0123456789" }));
  const Key = "of-parts";
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const copied = await client.send(
    new UploadPartCopyCommand({
      Bucket,
      Key,
      UploadId,
      PartNumber: 1,
      CopySource: `${Bucket}/source`,
      CopySourceRange: "bytes=3-5",
    }),
  );
  const Parts = [{ PartNumber: 1, ETag: copied.CopyPartResult?.ETag }];
  await client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
  );
  assert.equal(await text(Key), "345");

  const second = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "aborted" }));
  const uploads = () => client.send(new ListMultipartUploadsCommand({ Bucket }));
  assert.deepEqual(
    (await uploads()).Uploads?.map((upload) => upload.Key),
    ["aborted"],
  );
  const aborted = { Bucket, Key: "aborted", UploadId: second.UploadId };
  await client.send(new AbortMultipartUploadCommand(aborted));
  assert.equal((await uploads()).Uploads, undefined);
  assert.equal(
    await refusal(client.send(new UploadPartCommand({ ...aborted, PartNumber: 1, Body: "x" }))),
    "404 NoSuchUpload",
  );
});

test("a part that comes without a checksum gets the one that its upload was begun with", async () => {
  const plain = await service.client({ requestChecksumCalculation: "WHEN_REQUIRED" });
  const [first, second] = [bytesOf(5 * 1024 * 1024), Buffer.from("the end")];
  for (const [ChecksumAlgorithm, ChecksumType] of [
    ["CRC32", "FULL_OBJECT"],
    ["CRC32", "COMPOSITE"],
    ["SHA256", "COMPOSITE"],
  ] as const) {
    const Key = `computed-${ChecksumAlgorithm}-${ChecksumType}`;
    const { UploadId } = await plain.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm, ChecksumType }),
    );
    const field = `Checksum${ChecksumAlgorithm}` as const;
    const Parts = [];
    for (const [index, Body] of [first, second].entries()) {
      const PartNumber = index + 1;
      const sent = await plain.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
      assert.equal(sent[field], checksumOf(ChecksumAlgorithm, Body));
      Parts.push({ PartNumber, ETag: sent.ETag });
    }
    const other = { Bucket, Key, UploadId, PartNumber: 3, Body: "x", ChecksumAlgorithm: "CRC32C" } as const;
    assert.equal(await refusal(client.send(new UploadPartCommand(other))), "400 InvalidRequest");
    const done = await plain.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    assert.equal(done.ChecksumType, ChecksumType);
    if (ChecksumType === "FULL_OBJECT")
      assert.equal(done[field], checksumOf(ChecksumAlgorithm, Buffer.concat([first, second])));
  }
});

test("an upload is not completed as another type of checksum than it was begun with", async () => {
  for (const [begun, claimed] of [
    [{ ChecksumAlgorithm: "CRC32", ChecksumType: "COMPOSITE" }, "FULL_OBJECT"],
    [{ ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" }, "COMPOSITE"],
    [{}, "COMPOSITE"],
  ] as const) {
    const Key = `typed-${claimed}`;
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...begun }));
    const part = { Bucket, Key, UploadId, PartNumber: 1, Body: "all of it" };
    const { ETag } = await client.send(new UploadPartCommand(part));
    const complete = (ChecksumType: "FULL_OBJECT" | "COMPOSITE") =>
      client.send(
        new CompleteMultipartUploadCommand({
          Bucket,
          Key,
          UploadId,
          ChecksumType,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
        }),
      );
    assert.equal(await refusal(complete(claimed)), "400 BadDigest");
    const right = claimed === "FULL_OBJECT" ? "COMPOSITE" : "FULL_OBJECT";
    assert.equal((await complete(right)).ChecksumType, right);
  }
});

test("a version id that cannot be one is InvalidArgument, and one of nothing is NoSuchVersion", async () => {
  const object = { Bucket, Key: "versioned-key" };
  await client.send(new PutObjectCommand({ ...object, Body: "x" }));
  for (const [VersionId, answer] of [
    ["not a version", "400 InvalidArgument"],
    ["A".repeat(32), "404 NoSuchVersion"],
  ] as const) {
    assert.equal(await refusal(client.send(new GetObjectCommand({ ...object, VersionId }))), answer);
    const CopySource = `${Bucket}/versioned-key?versionId=${encodeURIComponent(VersionId)}`;
    const copy = new CopyObjectCommand({ Bucket, Key: "copied", CopySource });
    assert.equal(await refusal(client.send(copy)), answer);
  }
  const remove = new DeleteObjectCommand({ ...object, VersionId: "../x" });
  assert.equal(await refusal(client.send(remove)), "400 InvalidArgument");
  const Objects = [{ Key: "versioned-key", VersionId: "short" }];
  const many = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual(
    many.Errors?.map(({ Code }) => Code),
    ["InvalidArgument"],
  );
  assert.equal(await text("versioned-key"), "x");
});
