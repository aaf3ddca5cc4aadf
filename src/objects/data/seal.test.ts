import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { systemRandom } from "#lib/random.ts";
import { S3Error } from "#objects/s3-error.ts";
import { bodyOf } from "#test/support/data-world.ts";
import {
  blocksOf,
  newDataKey,
  plainBlockBytes,
  sealedBlockBytes,
  sealedRange,
  sealedSize,
  unwrapDataKey,
} from "./seal.ts";
import { openStream, sealStream } from "./sealed-stream.ts";

const master = systemRandom.bytes(32);
const masters = {
  current: () => ({ id: "one", key: master }),
  byId: (id: string) => (id === "one" ? master : undefined),
};
const key = systemRandom.bytes(32);
const sizes = [0, 1, plainBlockBytes - 1, plainBlockBytes, plainBlockBytes + 1, 3 * plainBlockBytes, 200_000];
const isDamage = (error: unknown) => error instanceof S3Error && error.code === "InternalError";

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(source));
}
const seal = (body: Uint8Array, pieces = 10_000) => whole(sealStream(key, inPieces(body, pieces)));
const open = (sealed: Uint8Array, first: number, blocks: number) =>
  whole(openStream(key, inPieces(sealed, 30_000), first, blocks));

test("a sealed body of any size has the length that is computed for it, and opens again", async () => {
  for (const size of sizes) {
    const body = bodyOf(size);
    const sealed = await seal(body, 1 + (size % 9_000));
    assert.equal(sealed.length, sealedSize(size));
    assert.deepEqual(await open(sealed, 0, blocksOf(size)), body);
  }
});

test("any range opens from the blocks that hold it alone", async () => {
  const body = bodyOf(200_000);
  const sealed = await seal(body);
  await fc.assert(
    fc.asyncProperty(fc.nat(199_999), fc.nat(200_000), async (start, length) => {
      const end = Math.min(start + 1 + length, body.length);
      const range = sealedRange(body.length, start, end);
      const plain = await open(
        sealed.subarray(range.start, range.end),
        range.firstBlock,
        blocksOf(body.length),
      );
      const skip = start - range.firstBlock * plainBlockBytes;
      assert.deepEqual(plain.subarray(skip, skip + end - start), body.subarray(start, end));
    }),
    { numRuns: 40 },
  );
});

test("a sealed body that was changed, cut at a block, reordered or prolonged does not open", async () => {
  const body = bodyOf(150_000);
  const sealed = await seal(body);
  const blocks = blocksOf(body.length);
  const changed = Buffer.from(sealed);
  changed.writeUInt8(changed.readUInt8(70_000) ^ 1, 70_000);
  await assert.rejects(open(changed, 0, blocks), isDamage);
  await assert.rejects(
    open(sealed.subarray(0, 2 * sealedBlockBytes), 0, 2),
    isDamage,
    "cut, and the record too",
  );
  await assert.rejects(
    open(sealed.subarray(sealedBlockBytes), 0, blocks - 1),
    isDamage,
    "without its beginning",
  );
  const [first, second] = [sealed.subarray(0, sealedBlockBytes), sealed.subarray(sealedBlockBytes)];
  await assert.rejects(open(Buffer.concat([first, first, second]), 0, blocks + 1), isDamage, "a block twice");
});

test("a data key opens only with its master key and its untouched record", () => {
  const made = newDataKey(masters, systemRandom);
  assert.deepEqual(Buffer.from(unwrapDataKey(masters, made.seal)), Buffer.from(made.key));
  assert.ok(!made.seal.wrappedKey.includes(Buffer.from(made.key).toString("base64").slice(0, 20)));
  assert.throws(() => unwrapDataKey(masters, { ...made.seal, masterKeyId: "two" }), isDamage);
  const wrapped = Buffer.from(made.seal.wrappedKey, "base64");
  for (let at = 0; at < wrapped.length; at += 1) {
    const changed = Buffer.from(wrapped);
    changed.writeUInt8(changed.readUInt8(at) ^ 0x80, at);
    assert.throws(
      () => unwrapDataKey(masters, { ...made.seal, wrappedKey: changed.toString("base64") }),
      isDamage,
    );
  }
});
