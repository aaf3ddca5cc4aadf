import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { CompleteUpload } from "#objects/catalog.ts";
import { checksumOf } from "#objects/checksum/checksum.ts";
import { partMinBytes } from "#objects/limits.ts";
import type { PartRecord, StoredChecksum, UploadRecord } from "#objects/records.ts";
import { catalogWorld, md5, newExtent } from "#test/support/object-store-world.ts";

type World = Awaited<ReturnType<typeof catalogWorld>>;
const bucket = "bucket";
const key = "key";

async function begun(
  checksum?: UploadRecord["checksum"],
): Promise<{ readonly world: World; readonly uploadId: string }> {
  const world = await catalogWorld();
  await world.bucket(bucket, { versioning: "enabled" });
  const upload = {
    key,
    headers: { user: { a: "b" } },
    encrypted: false,
    writer: "t",
    ...(checksum === undefined ? {} : { checksum }),
  };
  const { uploadId } = await world.catalog.createUpload({ callId: randomUUID(), bucket, upload });
  return { world, uploadId };
}

/** A part whose bytes are `text` for its checksums, and as large as asked for. */
async function putPart(
  world: World,
  uploadId: string,
  number: number,
  size: number,
  checksums: readonly StoredChecksum[] = [],
): Promise<PartRecord> {
  const extent = newExtent(size);
  const part = {
    uploadId,
    number,
    size,
    etag: md5(`${number}`),
    checksums,
    data: { at: "extents" as const, extents: [extent] },
  };
  return await world.catalog.putPart({ callId: randomUUID(), bucket, key, part });
}

async function complete(
  world: World,
  uploadId: string,
  numbers: readonly number[],
  more: Partial<CompleteUpload> = {},
) {
  const parts = numbers.map((number) => ({ number, etag: md5(`${number}`) }));
  return await world.catalog.completeUpload({
    callId: randomUUID(),
    bucket,
    key,
    uploadId,
    parts,
    writer: "t",
    ...more,
  });
}

test("a completed upload is an object of its parts, once", async () => {
  const { world, uploadId } = await begun();
  await putPart(world, uploadId, 1, partMinBytes);
  await putPart(world, uploadId, 3, 10);
  const { version } = await complete(world, uploadId, [1, 3]);
  // The MD5 of the MD5s of "1" and "3", by md5sum.
  assert.equal(version.etag, "6254c6d4687762da3a006a3cb00d326d-2");
  assert.equal(version.size, partMinBytes + 10);
  assert.deepEqual(version.headers, { user: { a: "b" } });
  assert.deepEqual(
    version.parts?.map(({ number, extents }) => [number, extents]),
    [
      [1, 1],
      [3, 1],
    ],
  );
  assert.deepEqual((await complete(world, uploadId, [1, 3])).version, version);
  assert.equal((await world.versions(bucket)).length, 1);
  await assert.rejects(complete(world, "unknown", [1]), { code: "NoSuchUpload" });
});

test("parts are refused that are too small, out of order, missing or of another tag", async () => {
  const { world, uploadId } = await begun();
  await putPart(world, uploadId, 1, partMinBytes - 1);
  await putPart(world, uploadId, 2, 10);
  await assert.rejects(complete(world, uploadId, [1, 2]), { code: "EntityTooSmall" });
  await assert.rejects(complete(world, uploadId, [2, 1]), { code: "InvalidPartOrder" });
  await assert.rejects(complete(world, uploadId, [1, 4]), { code: "InvalidPart" });
  const parts = [{ number: 1, etag: md5("other") }];
  await assert.rejects(complete(world, uploadId, [1], { parts }), { code: "InvalidPart" });
  await assert.rejects(complete(world, uploadId, [1], { size: 5 }), { code: "InvalidRequest" });
  await assert.rejects(complete(world, uploadId, []), { code: "MalformedXML" });
  assert.equal(
    (await complete(world, uploadId, [1], { size: partMinBytes - 1 })).version.size,
    partMinBytes - 1,
  );
});

const bytes = [Buffer.alloc(partMinBytes, "a"), Buffer.from("the end")];
for (const [algorithm, type] of [
  ["CRC32", "FULL_OBJECT"],
  ["CRC32C", "FULL_OBJECT"],
  ["CRC64NVME", "FULL_OBJECT"],
  ["CRC32", "COMPOSITE"],
  ["CRC32C", "COMPOSITE"],
  ["SHA1", "COMPOSITE"],
  ["SHA256", "COMPOSITE"],
] as const)
  test(`the ${type} ${algorithm} of the parts is stored, and a wrong one that a client claims is refused`, async () => {
    const { world, uploadId } = await begun({ algorithm, type });
    for (const [at, part] of bytes.entries())
      await putPart(world, uploadId, at + 1, part.length, [
        { algorithm, type: "FULL_OBJECT", value: checksumOf(algorithm, part) },
      ]);
    const pieces = bytes.map((part) => Buffer.from(checksumOf(algorithm, part), "base64"));
    const value =
      type === "FULL_OBJECT"
        ? checksumOf(algorithm, Buffer.concat(bytes))
        : `${checksumOf(algorithm, Buffer.concat(pieces))}-2`;
    const wrong = { algorithm, value: checksumOf(algorithm, Buffer.from("wrong")) };
    await assert.rejects(complete(world, uploadId, [1, 2], { checksum: wrong }), { code: "BadDigest" });
    const { version } = await complete(world, uploadId, [1, 2], { checksum: { algorithm, value } });
    assert.deepEqual(version.checksums, [{ algorithm, type, value }]);
  });

test("a part that is put again takes the place of the first, and parts are listed by number", async () => {
  const { world, uploadId } = await begun();
  for (const number of [3, 1, 2, 1]) await putPart(world, uploadId, number, 10 + number);
  const page = await world.catalog.listParts({ bucket, key, uploadId, after: 1, limit: 1 });
  assert.deepEqual([page.parts.map(({ number }) => number), page.isTruncated], [[2], true]);
  const rest = await world.catalog.listParts({ bucket, key, uploadId, after: 2, limit: 10 });
  assert.deepEqual([rest.parts.map(({ number }) => number), rest.isTruncated], [[3], false]);
  assert.equal(world.store.opened.care.page("garbage", undefined, 10).rows.length, 1);
  await world.catalog.abortUpload({ callId: randomUUID(), bucket, key, uploadId });
  assert.equal(world.store.opened.care.page("garbage", undefined, 10).rows.length, 4);
  await assert.rejects(putPart(world, uploadId, 1, 1), { code: "NoSuchUpload" });
});
