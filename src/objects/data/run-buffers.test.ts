import assert from "node:assert/strict";
import { test } from "node:test";
import { RunBuffers } from "./run-buffers.ts";

test("memory that was given back is used again for a run of nearly the same size, and for no other", () => {
  const buffers = new RunBuffers(1024 * 1024);
  const first = buffers.take(100_000);
  buffers.give(first);
  assert.notEqual(buffers.take(200_000).buffer, first.buffer);
  const again = buffers.take(99_000);
  assert.equal(again.buffer, first.buffer);
  assert.equal(again.length, 99_000);
  assert.notEqual(buffers.take(99_000).buffer, first.buffer);
});

test("no more memory waits to be used again than is allowed", () => {
  const buffers = new RunBuffers(300_000);
  const taken = Array.from({ length: 5 }, () => buffers.take(100_000));
  for (const buffer of taken) {
    buffers.give(buffer);
    assert.ok(buffers.bytes <= 300_000);
  }
  assert.ok(buffers.bytes > 0);
});
