import assert from "node:assert/strict";
import { test } from "node:test";
import type { BlobPlace } from "#objects/records.ts";
import { BlobCache } from "./blob-cache.ts";

const blobBytes = 1000;
const place = (offset: number, crc = 7): BlobPlace => ({ segment: 1, offset, length: blobBytes, crc });
const blob = (content: number) => Buffer.alloc(blobBytes, content);

test("a kept blob is given for its own place and checksum only", () => {
  const cache = new BlobCache(10 * blobBytes);
  cache.put(place(0), blob(1));
  assert.deepEqual(cache.get(place(0)), blob(1));
  for (const other of [place(1), place(0, 8), { ...place(0), segment: 2 }, { ...place(0), length: 999 }])
    assert.equal(cache.get(other), undefined);
});

test("kept blobs never take more room than they may, and the one that was used least recently goes first", () => {
  const cache = new BlobCache(5 * blobBytes);
  for (const offset of [0, 1, 2]) cache.put(place(offset), blob(offset));
  assert.deepEqual(cache.get(place(0)), blob(0));
  cache.put(place(3), blob(3));
  assert.deepEqual(
    [0, 1, 2, 3].map((offset) => cache.get(place(offset)) !== undefined),
    [true, false, true, true],
  );
  for (let offset = 0; offset < 100; offset += 1) {
    cache.put(place(offset), blob(offset));
    assert.ok(cache.bytes <= 5 * blobBytes);
  }
});

test("a blob that is put twice is counted once, and one that is too large is not kept", () => {
  const cache = new BlobCache(2 * blobBytes);
  cache.put(place(0), blob(1));
  const { bytes } = cache;
  cache.put(place(0), blob(1));
  assert.equal(cache.bytes, bytes);
  cache.put(place(1), Buffer.alloc(2 * blobBytes));
  assert.equal(cache.get(place(1)), undefined);
  assert.deepEqual(cache.get(place(0)), blob(1));
});
