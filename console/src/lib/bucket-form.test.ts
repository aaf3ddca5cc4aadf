import assert from "node:assert/strict";
import { test } from "node:test";
import type { BucketConfig } from "#api/objects.ts";
import { configOf, draftOf, policyProblem, publicReadPolicy } from "./bucket-form.ts";

const full: BucketConfig = {
  versioning: "enabled",
  policy: publicReadPolicy("b"),
  publicAccessBlock: {
    blockPublicAcls: true,
    ignorePublicAcls: true,
    blockPublicPolicy: false,
    restrictPublicBuckets: false,
  },
  cors: [
    {
      allowedOrigins: ["https://a.example", "https://*.b.example"],
      allowedMethods: ["GET", "PUT"],
      allowedHeaders: ["*"],
      exposeHeaders: ["ETag"],
      maxAgeSeconds: 60,
    },
  ],
  lifecycle: [{ id: "old", enabled: true, prefix: "logs/", expireDays: 30, abortUploadsDays: 7 }],
  encryption: "AES256",
  objectLock: { mode: "GOVERNANCE", days: 3 },
  tags: { team: "news", formula: "a=b" },
};

test("a bucket's settings come out of their form as they went in", () => {
  assert.deepEqual(configOf(draftOf(full)), full);
});

test("what is emptied in a bucket's form is not set", () => {
  const emptied = { ...draftOf(full), policy: " ", cors: [], lifecycle: [], tags: "\n" };
  const { policy, cors, lifecycle, tags } = configOf(emptied);
  assert.deepEqual(
    { policy, cors, lifecycle, tags },
    { policy: null, cors: null, lifecycle: null, tags: null },
  );
});

test("a policy that is no JSON is told before it is sent", () => {
  assert.match(policyProblem("{") ?? "", /^is no JSON: /);
  assert.equal(policyProblem(publicReadPolicy("b")), undefined);
  assert.equal(policyProblem(""), undefined);
});
