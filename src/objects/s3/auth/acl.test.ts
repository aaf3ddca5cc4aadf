import assert from "node:assert/strict";
import { test } from "node:test";

import { grantTo, objectAccessList } from "#objects/acl.ts";
import type { BucketRecord, Grant } from "#objects/records.ts";
import type { Caller } from "../verified.ts";
import { testBucket } from "#test/support/s3-auth.ts";
import { mayAccess, mayAccessObject } from "./authorize.ts";
import type { RequestFacts } from "./policy/facts.ts";

const facts: RequestFacts = {
  now: 0,
  remoteAddress: "192.0.2.1",
  secure: true,
  headers: new Map(),
  query: new Map(),
  authType: "REST-HEADER",
  signedAt: 0,
  requestTags: new Map(),
  objectTags: undefined,
  primary: true,
};

function keyOf(project: string, access: "read" | "write" | "full" = "full"): Caller {
  return { type: "key", accessKeyId: project, project, scope: { access } };
}
const own = keyOf("shop");
const other = keyOf("press");
const stranger = keyOf("rival");
const nobody: Caller = { type: "anonymous" };
const callers = { own, other, stranger, nobody };
type Name = keyof typeof callers;

const everybody = { group: "AllUsers" } as const;
const signedIn = { group: "AuthenticatedUsers" } as const;
const press = { project: "press" };

function namesThat(may: (caller: Caller) => boolean): readonly Name[] {
  const names: readonly Name[] = ["own", "other", "stranger", "nobody"];
  return names.filter((name) => may(callers[name]));
}

/** Who may do it in a bucket with these grants. */
function inBucket(acl: BucketRecord["acl"], action: string, fields: Partial<BucketRecord> = {}) {
  const bucket = testBucket({ ...fields, acl });
  const key = action.includes("Object") ? "k" : undefined;
  return namesThat((caller) =>
    mayAccess({ caller, action, bucketName: bucket.name, bucket, key }, facts),
  ).join();
}

/** Who may do it with an object that has these grants. */
async function withObject(
  acl: readonly Grant[] | undefined,
  action: string,
  fields: Partial<BucketRecord> = {},
) {
  const bucket = testBucket(fields);
  const allowed = new Set<Caller>();
  for (const caller of Object.values(callers)) {
    const question = { caller, action, bucketName: bucket.name, bucket, key: "k" };
    const list = async () => objectAccessList(acl === undefined ? {} : { acl }, bucket);
    if (await mayAccessObject(question, facts, list)) allowed.add(caller);
  }
  return namesThat((caller) => allowed.has(caller)).join();
}

const bucketActions = {
  READ: "s3:ListBucket",
  WRITE: "s3:PutObject",
  READ_ACP: "s3:GetBucketAcl",
  WRITE_ACP: "s3:PutBucketAcl",
} as const;
const objectActions = {
  READ: "s3:GetObject",
  READ_ACP: "s3:GetObjectAcl",
  WRITE_ACP: "s3:PutObjectAcl",
} as const;
const permissions = ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"] as const;
const reached: readonly (readonly [Grant["to"], string])[] = [
  [press, "own,other"],
  [signedIn, "own,other,stranger"],
  [everybody, "own,other,stranger,nobody"],
];

test("each permission of a bucket's list opens its own actions, to whom it was given, and no other", () => {
  for (const permission of permissions)
    for (const [to, who] of reached)
      for (const [needed, action] of Object.entries(bucketActions)) {
        const isGiven = permission === needed || permission === "FULL_CONTROL";
        const said = `${permission} for ${JSON.stringify(to)}: ${action}`;
        assert.equal(inBucket([grantTo(to, permission)], action), isGiven ? who : "own", said);
      }
});

test("each permission of an object's list opens its own actions, to whom it was given, and no other", async () => {
  for (const permission of permissions)
    for (const [to, who] of reached)
      for (const [needed, action] of Object.entries(objectActions)) {
        const isGiven = permission === needed || permission === "FULL_CONTROL";
        const said = `${permission} for ${JSON.stringify(to)}: ${action}`;
        assert.equal(await withObject([grantTo(to, permission)], action), isGiven ? who : "own", said);
      }
});

test("a bucket's list opens no object, and an object's list no bucket", async () => {
  assert.equal(
    await withObject(undefined, "s3:GetObject", { acl: [grantTo(everybody, "FULL_CONTROL")] }),
    "own",
  );
  for (const action of ["s3:PutObject", "s3:DeleteObject", "s3:GetObjectTagging", "s3:PutObjectTagging"])
    assert.equal(await withObject([grantTo(everybody, "FULL_CONTROL")], action), "own", action);
  for (const action of ["s3:PutBucketPolicy", "s3:DeleteBucket", "s3:PutBucketOwnershipControls"])
    assert.equal(inBucket([grantTo(everybody, "FULL_CONTROL")], action), "own", action);
});

test("lists count for nothing where the bucket's owner is enforced, and grants to groups where public ones are ignored", async () => {
  const opened = [grantTo(everybody, "FULL_CONTROL"), grantTo(press, "FULL_CONTROL")];
  const enforced = { ownership: "BucketOwnerEnforced" } as const;
  assert.equal(inBucket(opened, "s3:ListBucket", enforced), "own");
  assert.equal(await withObject(opened, "s3:GetObject", enforced), "own");
  const publicAccessBlock = {
    blockPublicAcls: false,
    ignorePublicAcls: true,
    blockPublicPolicy: false,
    restrictPublicBuckets: false,
  };
  assert.equal(inBucket(opened, "s3:ListBucket", { publicAccessBlock }), "own,other");
  assert.equal(await withObject(opened, "s3:GetObject", { publicAccessBlock }), "own,other");
});

test("a policy's denial and a key's own scope hold against every grant", async () => {
  const Resource = ["arn:aws:s3:::examplebucket", "arn:aws:s3:::examplebucket/*"];
  const Statement = { Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource };
  const policy = JSON.stringify({ Statement });
  assert.equal(await withObject([grantTo(everybody, "READ")], "s3:GetObject", { policy }), "");
  const bucket = testBucket({ acl: [grantTo(press, "FULL_CONTROL")] });
  const may = (access: "read" | "write", action: string) =>
    mayAccess({ caller: keyOf("press", access), action, bucketName: bucket.name, bucket, key: "k" }, facts);
  assert.equal(may("read", "s3:PutObject"), false);
  assert.equal(may("write", "s3:PutObject"), true);
  const ofOwner = (action: string) =>
    mayAccess({ caller: keyOf("shop", "write"), action, bucketName: bucket.name, bucket, key: "k" }, facts);
  assert.equal(ofOwner("s3:PutObject"), true);
  assert.equal(ofOwner("s3:PutObjectAcl"), false, "giving rights away is no part of writing");
});

test("an object is only looked up when nothing else decides, and its absence is told to those who may list it", async () => {
  const asked: string[] = [];
  const ask = (caller: Caller, bucket: BucketRecord, action = "s3:GetObject") =>
    mayAccessObject({ caller, action, bucketName: bucket.name, bucket, key: "k" }, facts, async () => {
      asked.push(action);
      return undefined;
    });
  assert.equal(await ask(own, testBucket()), true);
  assert.equal(await ask(nobody, testBucket({ ownership: "BucketOwnerEnforced" })), false);
  assert.equal(await ask(nobody, testBucket(), "s3:PutObject"), false);
  assert.deepEqual(asked, []);
  assert.equal(await ask(nobody, testBucket()), false);
  assert.equal(await ask(nobody, testBucket({ acl: "public-read" })), true);
  assert.deepEqual(asked, ["s3:GetObject", "s3:GetObject"]);
});

test("the owner of an object in another's bucket reads it, and can always repair its list", async () => {
  const bucket = testBucket();
  const may = (acl: readonly Grant[] | undefined, action: string) => {
    const list = objectAccessList({ owner: "press", ...(acl === undefined ? {} : { acl }) }, bucket);
    return mayAccessObject(
      { caller: other, action, bucketName: bucket.name, bucket, key: "k" },
      facts,
      async () => list,
    );
  };
  assert.equal(await may(undefined, "s3:GetObject"), true);
  assert.equal(await may([], "s3:GetObject"), false);
  assert.equal(await may([], "s3:PutObjectAcl"), true);
});
