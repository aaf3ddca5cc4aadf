import assert from "node:assert/strict";
import { test } from "node:test";
import { partRanges, partSizeFor, singleMaxBytes } from "./upload-parts.ts";

test("the parts of an upload cover the file once, in order, and only the last one is shorter", () => {
  const size = 2 * singleMaxBytes + 5;
  assert.deepEqual(partRanges(size, singleMaxBytes), [
    { number: 1, start: 0, end: singleMaxBytes },
    { number: 2, start: singleMaxBytes, end: 2 * singleMaxBytes },
    { number: 3, start: 2 * singleMaxBytes, end: size },
  ]);
});

test("the parts of the largest object that S3 takes are fewer than it allows", () => {
  const size = 5 * 1024 ** 4;
  const parts = partRanges(size, partSizeFor(size));
  assert.ok(parts.length <= 10_000, String(parts.length));
  assert.equal(parts.at(-1)?.end, size);
});
