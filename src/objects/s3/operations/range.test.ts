import assert from "node:assert/strict";
import test from "node:test";

import { S3Error } from "#objects/s3-error.ts";

import { readCondition } from "./conditions.ts";
import { byteRange } from "./range.ts";

test("one byte range is cut to the object, and what cannot be read means the whole", () => {
  assert.deepEqual(byteRange("bytes=0-4", 10), { start: 0, end: 5 });
  assert.deepEqual(byteRange("bytes=5-", 10), { start: 5, end: 10 });
  assert.deepEqual(byteRange("bytes=5-99", 10), { start: 5, end: 10 });
  assert.deepEqual(byteRange("bytes=-3", 10), { start: 7, end: 10 });
  assert.deepEqual(byteRange("bytes=-99", 10), { start: 0, end: 10 });
  for (const header of ["bytes=4-2", "bytes=-", "bytes=a-b", "bytes=0-1,3-4", "items=0-1", undefined])
    assert.equal(byteRange(header, 10), undefined, String(header));
  for (const [header, size] of [
    ["bytes=10-", 10],
    ["bytes=-0", 10],
    ["bytes=0-0", 0],
    ["bytes=-5", 0],
  ] as const)
    assert.throws(
      () => byteRange(header, size),
      (error: unknown) =>
        error instanceof S3Error &&
        error.status === 416 &&
        error.headers["content-range"] === `bytes */${size}`,
    );
});

test("preconditions are judged in the order of RFC 9110", () => {
  const lastModified = Date.UTC(2026, 0, 1, 12, 0, 0, 500);
  const outcome = (headers: Readonly<Record<string, string>>) => {
    try {
      return readCondition(new Map(Object.entries(headers)), { etag: "abc", lastModified });
    } catch (error) {
      return (error as S3Error).code;
    }
  };
  const same = new Date(lastModified).toUTCString();
  const before = new Date(lastModified - 5000).toUTCString();
  assert.equal(outcome({}), "send");
  assert.equal(outcome({ "if-match": '"abc"' }), "send");
  assert.equal(outcome({ "if-match": '"x", "abc"' }), "send");
  assert.equal(outcome({ "if-match": "*" }), "send");
  assert.equal(outcome({ "if-match": '"x"' }), "PreconditionFailed");
  assert.equal(outcome({ "if-match": '"abc"', "if-unmodified-since": before }), "send");
  assert.equal(outcome({ "if-unmodified-since": before }), "PreconditionFailed");
  assert.equal(outcome({ "if-unmodified-since": same }), "send");
  assert.equal(outcome({ "if-none-match": 'W/"abc"' }), "not-modified");
  assert.equal(outcome({ "if-none-match": '"x"', "if-modified-since": same }), "send");
  assert.equal(outcome({ "if-modified-since": same }), "not-modified");
  assert.equal(outcome({ "if-modified-since": before }), "send");
  assert.equal(outcome({ "if-modified-since": "not a date" }), "send");
  assert.equal(outcome({ "if-match": '"x"', "if-none-match": '"abc"' }), "PreconditionFailed");
});
