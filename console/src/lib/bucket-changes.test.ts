import assert from "node:assert/strict";
import { test } from "node:test";
import type { BucketConfig } from "#api/objects.ts";
import { changeOf } from "./bucket-changes.ts";

const fresh: BucketConfig = {
  versioning: "off",
  policy: null,
  publicAccessBlock: null,
  cors: null,
  lifecycle: null,
  encryption: null,
  objectLock: null,
  tags: { a: "1", b: "2" },
};

test("only what differs of a bucket's settings is changed, whatever the order of its members", () => {
  const after: BucketConfig = { ...fresh, versioning: "enabled", tags: { b: "2", a: "1" } };
  assert.deepEqual(changeOf(fresh, after), { versioning: "enabled" });
  assert.deepEqual(changeOf(after, after), {});
});
