import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccessKeyRecord, BucketRecord, KeyScope } from "#objects/records.ts";
import {
  chooseOperation,
  exampleCredentials,
  exampleKey,
  exampleTime,
  outcome,
  rawRequest,
  testAdmission,
  testBucket,
  testConfiguration,
} from "#test/support/s3-auth.ts";
import { admit } from "./admit.ts";
import { presign, signRequest } from "./sign.ts";

const host = "s3.amazonaws.com";

interface Case {
  readonly method?: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly buckets?: readonly BucketRecord[];
  readonly key?: Partial<AccessKeyRecord>;
}

function signedCase({ method = "GET", path, query = {}, headers = {}, buckets, key }: Case) {
  const record = { ...exampleKey, ...key };
  const signed = signRequest(
    { method, host, path, query, headers },
    { ...exampleCredentials, ...record },
    {
      now: exampleTime,
      payload: new Uint8Array(),
    },
  );
  const configuration = testConfiguration(buckets ?? [testBucket()], [record]);
  return admit(rawRequest({ method, ...signed }), chooseOperation, testAdmission(configuration));
}

const signedOutcome = (of: Case): Promise<string> => outcome(() => signedCase(of));
const anonymousOutcome = (target: string, bucket: BucketRecord, method = "GET"): Promise<string> =>
  outcome(() =>
    admit(
      rawRequest({ method, target, headers: { host } }),
      chooseOperation,
      testAdmission(testConfiguration([bucket])),
    ),
  );

const policyBucket = (statement: object, fields: Partial<BucketRecord> = {}): BucketRecord =>
  testBucket({
    ...fields,
    policy: JSON.stringify({
      Statement: {
        Effect: "Allow",
        Principal: "*",
        Action: "s3:GetObject",
        Resource: "arn:aws:s3:::examplebucket/*",
        ...statement,
      },
    }),
  });

const writeHeaders = { "content-length": "0" };

test("a key does what its scope says, and no more", async () => {
  const table: readonly (readonly [KeyScope, Case, string])[] = [
    [{ access: "read" }, { path: "/examplebucket/k" }, "passes"],
    [{ access: "read" }, { path: "/examplebucket" }, "passes"],
    [{ access: "read" }, { path: "/" }, "passes"],
    [{ access: "read" }, { method: "PUT", path: "/examplebucket/k", headers: writeHeaders }, "AccessDenied"],
    [{ access: "read" }, { method: "DELETE", path: "/examplebucket/k" }, "AccessDenied"],
    [{ access: "write" }, { method: "PUT", path: "/examplebucket/k", headers: writeHeaders }, "passes"],
    [{ access: "write" }, { method: "DELETE", path: "/examplebucket/k" }, "passes"],
    [{ access: "write" }, { method: "PUT", path: "/new-bucket" }, "AccessDenied"],
    [{ access: "full" }, { method: "PUT", path: "/new-bucket" }, "passes"],
    [{ access: "full" }, { path: "/new-bucket" }, "NoSuchBucket"],
    [{ access: "full", buckets: ["other"] }, { path: "/examplebucket/k" }, "AccessDenied"],
    [{ access: "full", buckets: ["other"] }, { path: "/new-bucket" }, "AccessDenied"],
    [{ access: "full", buckets: ["examplebucket"] }, { path: "/examplebucket/k" }, "passes"],
    [{ access: "full", prefix: "home/" }, { path: "/examplebucket/home/k" }, "passes"],
    [{ access: "full", prefix: "home/" }, { path: "/examplebucket/k" }, "AccessDenied"],
    [{ access: "full", prefix: "home/" }, { path: "/examplebucket/home/../k" }, "passes"],
    [{ access: "full", prefix: "home/" }, { path: "/examplebucket" }, "AccessDenied"],
    [{ access: "full", prefix: "home/" }, { path: "/examplebucket", query: { prefix: "home/a" } }, "passes"],
    [
      { access: "full", prefix: "home/" },
      { path: "/examplebucket", query: { prefix: "hom" } },
      "AccessDenied",
    ],
    [{ access: "full", prefix: "home/" }, { method: "PUT", path: "/new-bucket" }, "AccessDenied"],
  ];
  for (const [scope, given, expected] of table)
    assert.equal(await signedOutcome({ ...given, key: { scope } }), expected, JSON.stringify([scope, given]));
});

test("another project's key needs a policy, and the owner's keys bow to a deny but can take it back", async () => {
  const key = { project: "partner" };
  const path = "/examplebucket/k";
  assert.equal(await signedOutcome({ path, key }), "AccessDenied");
  const shared = policyBucket({ Principal: { AWS: "arn:aws:iam::partner:root" } });
  assert.equal(await signedOutcome({ path, key, buckets: [shared] }), "passes");
  assert.equal(
    await signedOutcome({
      path,
      key: { ...key, scope: { access: "read", buckets: ["x"] } },
      buckets: [shared],
    }),
    "AccessDenied",
  );
  const shut = policyBucket({
    Effect: "Deny",
    Action: "s3:*",
    Resource: ["arn:aws:s3:::examplebucket", "arn:aws:s3:::examplebucket/*"],
  });
  assert.equal(await signedOutcome({ path, buckets: [shut] }), "AccessDenied");
  const { may } = await signedCase({ path: "/", buckets: [shut] });
  assert.equal(may("s3:DeleteBucketPolicy", "examplebucket"), true);
  assert.equal(may("s3:ListBucket", "examplebucket"), false);
});

test("the anonymous get what a policy or the canned ACL opens, and nothing where public access is restricted", async () => {
  const path = "/examplebucket/k";
  assert.equal(await anonymousOutcome(path, testBucket()), "AccessDenied");
  assert.equal(await anonymousOutcome("/", testBucket()), "AccessDenied");
  assert.equal(await anonymousOutcome("/nowhere/k", testBucket()), "NoSuchBucket");
  assert.equal(await anonymousOutcome("/nowhere", testBucket(), "PUT"), "AccessDenied");
  assert.equal(await anonymousOutcome(path, policyBucket({})), "passes");
  assert.equal(await anonymousOutcome("/examplebucket", policyBucket({})), "AccessDenied");
  const block = {
    blockPublicAcls: false,
    ignorePublicAcls: true,
    blockPublicPolicy: false,
    restrictPublicBuckets: true,
  };
  assert.equal(await anonymousOutcome(path, policyBucket({}, { publicAccessBlock: block })), "AccessDenied");
  const listed = testBucket({ acl: "public-read" });
  assert.equal(await anonymousOutcome("/examplebucket", listed), "passes");
  assert.equal(await anonymousOutcome(path, listed), "passes", "who may list learns what is not there");
  assert.equal(
    await anonymousOutcome("/examplebucket", { ...listed, publicAccessBlock: block }),
    "AccessDenied",
  );
  assert.equal(
    await anonymousOutcome(path, testBucket({ policy: "{" })),
    "AccessDenied",
    "unreadable denies",
  );
});

test("a condition on the tags of the existing object sees them as they are", async () => {
  const bucket = policyBucket({ Condition: { StringEquals: { "s3:ExistingObjectTag/public": "yes" } } });
  const asked: unknown[] = [];
  const answer = (tags: Readonly<Record<string, string>>): Promise<string> => {
    const objectTags = async (...of: readonly unknown[]) => {
      asked.push(of);
      return tags;
    };
    const admission = testAdmission(testConfiguration([bucket]), { objectTags });
    const raw = rawRequest({ target: "/examplebucket/a%2Fb?versionId=v", headers: { host } });
    return outcome(() => admit(raw, chooseOperation, admission));
  };
  assert.equal(await answer({ public: "yes" }), "passes");
  assert.equal(await answer({}), "AccessDenied");
  assert.deepEqual(asked[0], ["examplebucket", "a/b", "v"]);
});

test("authorisation and storage see the same decoded key, whatever the spelling", async () => {
  const bucket = policyBucket({ Resource: "arn:aws:s3:::examplebucket/open/*" });
  const seen = async (target: string): Promise<string> => {
    const admission = testAdmission(testConfiguration([bucket]));
    return (await admit(rawRequest({ target, headers: { host } }), chooseOperation, admission)).key ?? "";
  };
  assert.equal(await seen("/examplebucket/open%2Fsecret"), "open/secret");
  assert.equal(await seen("/examplebucket/open/../secret"), "open/../secret", "a name, never a path");
  assert.equal(await seen("/examplebucket/open/%2e%2e/secret"), "open/../secret");
  for (const target of [
    "/examplebucket/%2Fopen/x",
    "/examplebucket//open/x",
    "/examplebucket/open%252Fx",
    "/examplebucket/OPEN/x",
  ])
    assert.equal(await outcome(() => seen(target)), "AccessDenied", target);
});

test("the rights of a verified request are asked for each further thing", async () => {
  const request = await signedCase({
    path: "/examplebucket/home/k",
    key: { scope: { access: "write", buckets: ["examplebucket"], prefix: "home/" } },
    buckets: [testBucket(), testBucket({ name: "other" })],
  });
  assert.equal(request.may("s3:GetObject", "examplebucket", "home/source"), true);
  assert.equal(request.may("s3:GetObject", "examplebucket", "away/source"), false);
  assert.equal(request.may("s3:GetObject", "other", "home/source"), false);
  assert.equal(
    request.may("s3:ListBucket", "examplebucket"),
    true,
    "of its own name: to be told that it is not there",
  );
  assert.equal(request.may("s3:ListBucket", "other"), false);
  assert.equal(request.may("s3:BypassGovernanceRetention", "examplebucket", "home/k"), false);
  assert.equal(await outcome(() => request.alsoMay("s3:GetObject", "other", "home/source")), "AccessDenied");
});

test("parameters that an SDK moved into a presigned address count as headers, apart from those of the body", async () => {
  const target = presign(
    {
      method: "PUT",
      host,
      path: "/examplebucket/k",
      query: {
        "x-amz-meta-a": "ü",
        "x-amz-checksum-crc32": "AAAAAA==",
        "x-amz-sdk-checksum-algorithm": "CRC32",
        "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
      },
    },
    exampleCredentials,
    { now: exampleTime, expires: 60 },
  );
  const raw = rawRequest({ method: "PUT", target, headers: { host, "content-length": "2" }, body: "hi" });
  const request = await admit(raw, chooseOperation, testAdmission());
  assert.equal(Buffer.from(request.headers.get("x-amz-meta-a") ?? "", "latin1").toString(), "ü");
  assert.equal(Buffer.from(await request.body.bytes(10)).toString(), "hi");
  const broken = presign(
    { method: "PUT", host, path: "/examplebucket/k", query: { "x-amz-meta-a": "a\r\nb" } },
    exampleCredentials,
    { now: exampleTime, expires: 60 },
  );
  const split = rawRequest({ method: "PUT", target: broken, headers: { host, "content-length": "0" } });
  assert.equal(await outcome(() => admit(split, chooseOperation, testAdmission())), "InvalidArgument");
});

test("a call without a body refuses one, and an upload says how long it is", async () => {
  assert.equal(
    await signedOutcome({ path: "/examplebucket/k", headers: { "content-length": "5" } }),
    "InvalidRequest",
  );
  assert.equal(
    await signedOutcome({ path: "/examplebucket/k", headers: { "transfer-encoding": "chunked" } }),
    "InvalidRequest",
  );
  assert.equal(await signedOutcome({ method: "PUT", path: "/examplebucket/k" }), "MissingContentLength");
});
