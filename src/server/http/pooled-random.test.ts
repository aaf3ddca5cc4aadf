import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRandom } from "#lib/random.ts";
import { pooledRandom } from "./pooled-random.ts";

test("no bytes are given twice, across pages as well", () => {
  const random = pooledRandom(systemRandom);
  const seen = new Set(Array.from({ length: 2_000 }, () => Buffer.from(random.bytes(10)).toString("hex")));
  assert.equal(seen.size, 2_000);
  assert.equal(random.bytes(10_000).length, 10_000);
});
