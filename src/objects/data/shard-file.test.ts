import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checksHold, writeChecks } from "./chunk-checks.ts";
import {
  decodeDescription,
  encodeDescription,
  frameAlignment,
  lastDescription,
  type ShardDescription,
} from "./description.ts";
import { decodeShardHeader, encodeShardHeader, headerBytes } from "./shard-header.ts";

const extentId = "0123456789abcdef0123456789abcdef";
const header = { extentId, shard: 3, k: 4, m: 2, chunkBytes: 262_144, storeId: "store-1" };
const description = (key: string): ShardDescription => ({
  extent: { size: 5, drives: [0, 1, -1] },
  offset: 0,
  total: 5,
  record: { key },
});

function flipped(bytes: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return copy;
}

test("a shard's header is read as it was written, and with any bit flipped or its end missing not at all", () => {
  const bytes = encodeShardHeader(header);
  assert.equal(bytes.length, headerBytes);
  assert.deepEqual(decodeShardHeader(bytes), header);
  fc.assert(
    fc.property(fc.nat(bytes.length * 8 - 1), fc.nat(bytes.length - 1), (bit, end) => {
      assert.equal(decodeShardHeader(flipped(bytes, bit)), undefined);
      assert.equal(decodeShardHeader(bytes.subarray(0, end)), undefined);
    }),
  );
});

test("a chunk passes only whole, unchanged, and in its own place", () => {
  const chunk = Buffer.alloc(150_000, "chunk");
  const prefix = Buffer.alloc(64);
  const name = { extentId, shard: 1, stripe: 7 };
  writeChecks(name, prefix, chunk);
  assert.ok(checksHold(name, prefix, chunk));
  assert.ok(checksHold(name, prefix, chunk.subarray(0, 131_072)), "whole blocks can be checked alone");
  for (const other of [{ shard: 2 }, { stripe: 8 }, { extentId: extentId.replace("0", "1") }])
    assert.ok(!checksHold({ ...name, ...other }, prefix, chunk));
  const swapped = Buffer.concat([chunk.subarray(65_536, 131_072), chunk.subarray(0, 65_536)]);
  assert.ok(!checksHold(name, prefix, swapped), "blocks do not change places");
  fc.assert(
    fc.property(fc.nat(chunk.length * 8 - 1), fc.nat(3 * 32 - 1), (bit, prefixBit) => {
      assert.ok(!checksHold(name, prefix, flipped(chunk, bit)));
      assert.ok(!checksHold(name, flipped(prefix, prefixBit), chunk));
    }),
  );
});

test("the last whole description of a shard wins, whatever was torn behind it", () => {
  const [first, second] = [
    encodeDescription(extentId, description("a")),
    encodeDescription(extentId, description("b")),
  ];
  assert.deepEqual(lastDescription(extentId, Buffer.concat([first, second])), description("b"));
  fc.assert(
    fc.property(fc.nat(40), fc.nat(8 * 40), (end, bit) => {
      const torn = Buffer.concat([first, second.subarray(0, end)]);
      assert.deepEqual(lastDescription(extentId, torn), description("a"));
      assert.deepEqual(
        lastDescription(extentId, Buffer.concat([first, flipped(second, bit)])),
        description("a"),
      );
    }),
  );
  assert.equal(first.length % frameAlignment, 0);
  assert.equal(lastDescription(extentId, Buffer.alloc(0)), undefined);
});

test("a body that imitates a description of another extent is none", () => {
  const imitation = encodeDescription("f".repeat(32), description("forged"));
  assert.equal(decodeDescription(extentId, imitation), undefined);
});
