import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import {
  type ChecksumAlgorithm,
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { oddNames, sha256 } from "./objects/odd-files.ts";
import { sdk } from "./objects/sdk.ts";
import { workplace, type Workplace } from "./objects/workplace.ts";

const Bucket = "pictures";
const border = 128 * 1024;

describe("the official SDK and the processes of the object store", () => {
  let place: Workplace;
  let client: S3Client;

  before(async () => {
    place = await workplace();
    client = sdk(place.store);
    await client.send(new CreateBucketCommand({ Bucket }));
  });
  after(async () => {
    client.destroy();
    await place[Symbol.asyncDispose]();
  });

  const bytesOf = async (Key: string, more: { readonly VersionId?: string | undefined } = {}) => {
    const got = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
    return Buffer.from((await got.Body?.transformToByteArray()) ?? []);
  };

  it("store buffers and streams of every size around the border between small and large", async () => {
    for (const size of [0, 1, border - 1, border, border + 1, 20_000_000]) {
      const body = randomBytes(size);
      const path = join(place.home, "body");
      writeFileSync(path, body);
      for (const [Key, Body] of [
        [`buffer-${size}`, body],
        [`stream-${size}`, createReadStream(path)],
      ] as const) {
        const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength: size }));
        assert.equal(ETag, `"${createHash("md5").update(body).digest("hex")}"`);
        assert.equal(sha256(await bytesOf(Key)), sha256(body), Key);
      }
    }
  });

  it("send each of five checksums in a header and in a trailer, and refuse the body of another", async () => {
    for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)
      for (const size of [9, border + 1]) await sendInHeaderAndTrailer(algorithm, randomBytes(size));
  });

  async function sendInHeaderAndTrailer(
    algorithm: ChecksumAlgorithm & ("CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256"),
    body: Buffer,
  ) {
    const field = `Checksum${algorithm}` as const;
    const Key = `sum-${algorithm}-${body.byteLength}`;
    // A buffer's is computed before it is sent; of a stream it is known when the stream has ended.
    const header = await client.send(
      new PutObjectCommand({ Bucket, Key, Body: body, ChecksumAlgorithm: algorithm }),
    );
    const stream = {
      Body: Readable.from([body.subarray(0, 4), body.subarray(4)]),
      ContentLength: body.byteLength,
    };
    const trailer = await client.send(
      new PutObjectCommand({ Bucket, Key, ...stream, ChecksumAlgorithm: algorithm }),
    );
    assert.ok(header[field] !== undefined);
    assert.equal(trailer[field], header[field]);
    const got = await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    assert.equal(got[field], header[field]);
    assert.ok(body.equals((await got.Body?.transformToByteArray()) ?? new Uint8Array()));
    const other = randomBytes(body.byteLength);
    const wrong = client.send(new PutObjectCommand({ Bucket, Key, Body: other, [field]: header[field] }));
    assert.equal(await refusal(wrong), "400 BadDigest");
    assert.ok(body.equals(await bytesOf(Key)));
  }

  it("upload a long stream in parts by four at a time, with either kind of checksum", async () => {
    const whole = randomBytes(23_000_000);
    for (const [ChecksumAlgorithm, ChecksumType] of [
      ["CRC64NVME", "FULL_OBJECT"],
      ["CRC32C", "FULL_OBJECT"],
      ["SHA256", "COMPOSITE"],
      ["CRC32", "COMPOSITE"],
    ] as const) {
      const Key = `parts-${ChecksumAlgorithm}`;
      const Body = Readable.from([whole.subarray(0, 7_000_000), whole.subarray(7_000_000)]);
      await new Upload({
        client,
        queueSize: 4,
        params: { Bucket, Key, Body, ChecksumAlgorithm, ChecksumType },
      }).done();
      assert.equal(sha256(await bytesOf(Key)), sha256(whole));
      const attributes = new GetObjectAttributesCommand({
        Bucket,
        Key,
        ObjectAttributes: ["Checksum", "ObjectParts", "ObjectSize"],
      });
      const { Checksum, ObjectParts, ObjectSize } = await client.send(attributes);
      assert.deepEqual([Checksum?.ChecksumType, ObjectParts?.TotalPartsCount, ObjectSize], [ChecksumType, 5, 23_000_000]); // prettier-ignore
      const last = await client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 5 }));
      assert.equal(last.ContentRange, "bytes 20971520-22999999/23000000");
      assert.ok(whole.subarray(20_971_520).equals((await last.Body?.transformToByteArray()) ?? new Uint8Array())); // prettier-ignore
    }
  });

  it("let one of many writers at once create a key, and one of many replace it", async () => {
    const write = async (turn: number, condition: object, large: boolean) => {
      const answers = Array.from({ length: 20 }, async (_, number) => {
        // In another turn the same bytes would have the same entity tag, and two could win.
        const name = `writer ${number} in turn ${turn}`;
        const Body = large ? name.padEnd(border + 1) : name;
        const put = client.send(new PutObjectCommand({ Bucket, Key: `won-${large}`, Body, ...condition }));
        return { name, answer: await refusal(put) };
      });
      return await Promise.all(answers);
    };
    for (const large of [false, true]) {
      let condition: object = { IfNoneMatch: "*" };
      for (let turn = 0; turn < 3; turn += 1) {
        const answers = await write(turn, condition, large);
        const winners = answers.filter(({ answer }) => answer === "no refusal");
        assert.equal(winners.length, 1, JSON.stringify(answers));
        for (const { answer } of answers)
          assert.match(answer, /^(no refusal|412 PreconditionFailed|409 ConditionalRequestConflict)$/);
        const now = await bytesOf(`won-${large}`);
        assert.equal(now.toString().trim(), winners[0]?.name);
        condition = { IfMatch: `"${createHash("md5").update(now).digest("hex")}"` };
      }
    }
  });

  it("keep every version that was written at once, and show the newest again when its marker goes", async () => {
    const own = { Bucket: "versions" };
    await client.send(new CreateBucketCommand(own));
    await client.send(
      new PutBucketVersioningCommand({ ...own, VersioningConfiguration: { Status: "Enabled" } }),
    );
    const at = { ...own, Key: "kept" };
    const written = await Promise.all(
      Array.from({ length: 12 }, async (_, number) => {
        const Body = `version ${number}`.padEnd(number % 2 === 0 ? 0 : border + 1);
        return { Body, ...(await client.send(new PutObjectCommand({ ...at, Body }))) };
      }),
    );
    const marker = await client.send(new DeleteObjectCommand(at));
    assert.equal(await refusal(client.send(new HeadObjectCommand(at))), "404 NotFound");
    const listed = await client.send(new ListObjectVersionsCommand(own));
    const ids = listed.Versions?.map(({ VersionId }) => VersionId) ?? [];
    assert.equal(ids.length, written.length);
    assert.deepEqual(new Set(ids), new Set(written.map(({ VersionId }) => VersionId)));
    for (const { Body, VersionId } of written) {
      const got = await client.send(
        new GetObjectCommand({ ...at, ...(VersionId === undefined ? {} : { VersionId }) }),
      );
      assert.equal(await got.Body?.transformToString(), Body);
    }
    await client.send(new DeleteObjectCommand({ ...at, VersionId: marker.VersionId }));
    assert.equal((await client.send(new HeadObjectCommand(at))).VersionId, ids[0]);
  });

  it("find buckets by their own host names, and keys with any name in them", async () => {
    // Node asks the system's resolver, which need not know names below localhost.
    const lookup: NonNullable<ConstructorParameters<typeof Agent>[0]>["lookup"] = (_name, _options, found) =>
      found(null, [{ address: "127.0.0.1", family: 4 }]);
    const { port } = new URL(place.store.endpoint);
    const hosted = sdk(place.store, {
      endpoint: `http://s3.localhost:${port}`,
      forcePathStyle: false,
      requestHandler: { httpAgent: new Agent({ keepAlive: true, lookup }) },
    });
    const own = { Bucket: "hosted" };
    await hosted.send(new CreateBucketCommand(own));
    const keys = [...oddNames, "//twice//", "../up", "a/./b", "%2F", "x".repeat(1024)];
    for (const Key of keys) await hosted.send(new PutObjectCommand({ ...own, Key, Body: Key }));
    for (const Key of keys) {
      const copied = {
        ...own,
        Key: `${Key.slice(0, 1000)} copied`,
        CopySource: `hosted/${encodeURIComponent(Key)}`,
      };
      await hosted.send(new CopyObjectCommand(copied));
      const got = await client.send(new GetObjectCommand(copied));
      assert.equal(await got.Body?.transformToString(), Key);
    }
    const found: string[] = [];
    for await (const page of paginateListObjectsV2({ client: hosted, pageSize: 5 }, own))
      found.push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
    assert.deepEqual(
      found.filter((key) => !key.endsWith(" copied")),
      keys.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
    );
    const Objects = found.map((Key) => ({ Key }));
    const { Errors } = await hosted.send(new DeleteObjectsCommand({ ...own, Delete: { Objects } }));
    assert.equal(Errors, undefined);
    assert.equal((await client.send(new ListObjectsV2Command(own))).KeyCount, 0);
    hosted.destroy();
  });
});

async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof S3ServiceException) return `${error.$metadata.httpStatusCode} ${error.name}`;
    throw error;
  }
  return "no refusal";
}
