import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  CreateBucketCommand,
  DeleteBucketCorsCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetBucketReplicationCommand,
  GetBucketRequestPaymentCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetBucketWebsiteCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  type LifecycleRule,
  PutBucketAclCommand,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";

import { s3Service, type S3Service } from "#test/support/s3-service.ts";

/** Configuration of buckets and of single objects, through the SDK: what is put comes back, and what S3 refuses is refused. */

let service: S3Service;
let client: S3Client;
const Bucket = "settings";

before(async () => {
  service = await s3Service();
  client = await service.client();
  await client.send(new CreateBucketCommand({ Bucket }));
});
after(() => service[Symbol.asyncDispose]());

async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof S3ServiceException) return error.name;
    throw error;
  }
  return "no refusal";
}

test("a new bucket answers what it has, and names what it lacks", async () => {
  assert.equal((await client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, undefined);
  assert.equal((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status, undefined);
  assert.equal((await client.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer, "BucketOwner");
  const codes = await Promise.all([
    refusal(client.send(new GetBucketCorsCommand({ Bucket }))),
    refusal(client.send(new GetBucketPolicyCommand({ Bucket }))),
    refusal(client.send(new GetBucketTaggingCommand({ Bucket }))),
    refusal(client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))),
    refusal(client.send(new GetBucketEncryptionCommand({ Bucket }))),
    refusal(client.send(new GetPublicAccessBlockCommand({ Bucket }))),
    refusal(client.send(new GetObjectLockConfigurationCommand({ Bucket }))),
    refusal(client.send(new GetBucketWebsiteCommand({ Bucket }))),
    refusal(client.send(new GetBucketReplicationCommand({ Bucket }))),
  ]);
  assert.deepEqual(codes, [
    "NoSuchCORSConfiguration",
    "NoSuchBucketPolicy",
    "NoSuchTagSet",
    "NoSuchLifecycleConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
    "NoSuchPublicAccessBlockConfiguration",
    "ObjectLockConfigurationNotFoundError",
    "NoSuchWebsiteConfiguration",
    "NotImplemented",
  ]);
});

test("CORS rules come back as they were put, and rules that mean nothing are refused", async () => {
  const rule = {
    ID: "app",
    AllowedOrigins: ["https://*.example.com"],
    AllowedMethods: ["GET", "PUT"],
    AllowedHeaders: ["*"],
    ExposeHeaders: ["ETag"],
    MaxAgeSeconds: 60,
  };
  const put = (CORSRules: object[]) =>
    client.send(
      new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: CORSRules as (typeof rule)[] } }),
    ); // wrong rules on purpose
  await put([rule]);
  assert.deepEqual((await client.send(new GetBucketCorsCommand({ Bucket }))).CORSRules, [rule]);
  assert.equal(await refusal(put([{ ...rule, AllowedMethods: ["PATCH"] }])), "InvalidRequest");
  assert.equal(await refusal(put([{ ...rule, AllowedOrigins: ["*.*"] }])), "InvalidRequest");
  assert.equal(await refusal(put([])), "MalformedXML");
  await client.send(new DeleteBucketCorsCommand({ Bucket }));
  assert.equal(await refusal(client.send(new GetBucketCorsCommand({ Bucket }))), "NoSuchCORSConfiguration");
});

test("a policy is kept word by word, judged for being public, and blocked when the bucket says so", async () => {
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` },
    ],
  });
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  assert.equal((await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy, Policy);
  assert.equal(
    (await client.send(new GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus?.IsPublic,
    true,
  );
  assert.equal(
    await refusal(client.send(new PutBucketPolicyCommand({ Bucket, Policy: "{}" }))),
    "MalformedPolicy",
  );
  await client.send(new DeleteBucketPolicyCommand({ Bucket }));
  assert.equal(
    (await client.send(new GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus?.IsPublic,
    false,
  );
  const block = {
    BlockPublicAcls: true,
    IgnorePublicAcls: false,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: false,
  };
  await client.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: block }));
  assert.deepEqual(
    (await client.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration,
    block,
  );
  assert.equal(await refusal(client.send(new PutBucketPolicyCommand({ Bucket, Policy }))), "AccessDenied");
  assert.equal(
    await refusal(client.send(new PutBucketAclCommand({ Bucket, ACL: "public-read" }))),
    "AccessDenied",
  );
});

test("lifecycle rules come back as they were put, and are shown on the objects that they will remove", async () => {
  const rules: LifecycleRule[] = [
    { ID: "old logs", Status: "Enabled", Filter: { Prefix: "logs/" }, Expiration: { Days: 3 } },
    {
      ID: "many",
      Status: "Disabled",
      Filter: { And: { Prefix: "x", Tags: [{ Key: "a", Value: "b" }], ObjectSizeGreaterThan: 10 } },
      NoncurrentVersionExpiration: { NoncurrentDays: 5, NewerNoncurrentVersions: 2 },
    },
    { ID: "rest", Status: "Enabled", Filter: {}, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
    { ID: "legacy", Status: "Enabled", Prefix: "old/", Expiration: { ExpiredObjectDeleteMarker: true } },
  ];
  const put = (Rules: LifecycleRule[]) =>
    client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  await put(rules);
  const got = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
  assert.deepEqual(got.Rules, rules);
  const sent = await client.send(new PutObjectCommand({ Bucket, Key: "logs/1", Body: "" }));
  assert.match(sent.Expiration ?? "", /^expiry-date="\w{3}, .* 00:00:00 GMT", rule-id="old%20logs"$/);

  const base = { ID: "a", Status: "Enabled", Filter: { Prefix: "" } } as const;
  assert.equal(await refusal(put([{ ...base, Expiration: { Days: 0 } }])), "InvalidArgument");
  assert.equal(await refusal(put([{ ...base }])), "InvalidRequest");
  assert.equal(
    await refusal(put([{ ...base, Expiration: { Date: new Date("2030-01-01T01:00:00Z") } }])),
    "InvalidArgument",
  );
  const twice = { ...base, Expiration: { Days: 1 } };
  assert.equal(await refusal(put([twice, twice])), "InvalidArgument");
  assert.equal(
    await refusal(put([{ ...base, Transitions: [{ Days: 1, StorageClass: "GLACIER" }] }])),
    "NotImplemented",
  );
});

test("encryption, ownership, tags and notifications come back as they were put", async () => {
  const rule = {
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" as const },
    BucketKeyEnabled: false,
  };
  await client.send(
    new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } }),
  );
  const encryption = await client.send(new GetBucketEncryptionCommand({ Bucket }));
  assert.deepEqual(encryption.ServerSideEncryptionConfiguration?.Rules, [rule]);
  const sealed = await client.send(new PutObjectCommand({ Bucket, Key: "sealed", Body: "x" }));
  assert.equal(sealed.ServerSideEncryption, "AES256");

  const OwnershipControls = { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" as const }] };
  await client.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
  const owned = await client.send(new GetBucketOwnershipControlsCommand({ Bucket }));
  assert.deepEqual(owned.OwnershipControls, OwnershipControls);

  const TagSet = [{ Key: "team", Value: "a + b" }];
  await client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  assert.deepEqual((await client.send(new GetBucketTaggingCommand({ Bucket }))).TagSet, TagSet);

  const QueueConfigurations = [
    {
      Id: "hook",
      QueueArn: "arn:vdc:webhook::shop:builds",
      Events: ["s3:ObjectCreated:*" as const],
      Filter: { Key: { FilterRules: [{ Name: "prefix" as const, Value: "in/" }] } },
    },
  ];
  const notify = (NotificationConfiguration: object) =>
    client.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
  await notify({ QueueConfigurations });
  const got = await client.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  assert.deepEqual(got.QueueConfigurations, QueueConfigurations);
  const foreign = { ...QueueConfigurations[0], QueueArn: "arn:vdc:webhook::other:builds" };
  assert.equal(await refusal(notify({ QueueConfigurations: [foreign] })), "InvalidArgument");
  assert.equal(await refusal(notify({ EventBridgeConfiguration: {} })), "NotImplemented");
});

test("tags of an object are set by header or call, counted, and bounded", async () => {
  const object = { Bucket, Key: "tagged" };
  await client.send(new PutObjectCommand({ ...object, Body: "", Tagging: "a=1&b=%2B" }));
  assert.equal((await client.send(new GetObjectCommand(object))).TagCount, 2);
  const tags = async () => (await client.send(new GetObjectTaggingCommand(object))).TagSet;
  assert.deepEqual(await tags(), [
    { Key: "a", Value: "1" },
    { Key: "b", Value: "+" },
  ]);
  const TagSet = Array.from({ length: 11 }, (_, index) => ({ Key: `k${index}`, Value: "" }));
  const put = (set: typeof TagSet) =>
    client.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: set } }));
  assert.equal(await refusal(put(TagSet)), "InvalidTag");
  await put(TagSet.slice(1));
  assert.equal((await tags())?.length, 10);
});

test("a locked version stays until its retention ends, and governance can be passed over on purpose", async () => {
  const own = { Bucket: "locked" };
  await client.send(new CreateBucketCommand({ ...own, ObjectLockEnabledForBucket: true }));
  const DefaultRetention = { Mode: "GOVERNANCE", Days: 1 } as const;
  await client.send(
    new PutObjectLockConfigurationCommand({
      ...own,
      ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention } },
    }),
  );
  const lock = await client.send(new GetObjectLockConfigurationCommand(own));
  assert.deepEqual(lock.ObjectLockConfiguration?.Rule?.DefaultRetention, DefaultRetention);
  const { VersionId } = await client.send(new PutObjectCommand({ ...own, Key: "k", Body: "" }));
  const version = { ...own, Key: "k", VersionId };
  const head = await client.send(new HeadObjectCommand(version));
  assert.equal(head.ObjectLockMode, "GOVERNANCE");
  assert.equal(await refusal(client.send(new DeleteObjectCommand(version))), "AccessDenied");

  const RetainUntilDate = new Date(Math.ceil(Date.now() / 1000) * 1000 + 7_200_000);
  const shorter = { Mode: "GOVERNANCE", RetainUntilDate } as const;
  const retain = (BypassGovernanceRetention: boolean) =>
    client.send(new PutObjectRetentionCommand({ ...version, Retention: shorter, BypassGovernanceRetention }));
  assert.equal(await refusal(retain(false)), "AccessDenied");
  await retain(true);
  assert.deepEqual((await client.send(new GetObjectRetentionCommand(version))).Retention, shorter);

  await client.send(new PutObjectLegalHoldCommand({ ...version, LegalHold: { Status: "ON" } }));
  assert.equal((await client.send(new GetObjectLegalHoldCommand(version))).LegalHold?.Status, "ON");
  const bypass = new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true });
  assert.equal(await refusal(client.send(bypass)), "AccessDenied");
  await client.send(new PutObjectLegalHoldCommand({ ...version, LegalHold: { Status: "OFF" } }));
  await client.send(bypass);
  assert.equal(
    await refusal(
      client.send(
        new PutBucketVersioningCommand({ ...own, VersioningConfiguration: { Status: "Suspended" } }),
      ),
    ),
    "InvalidBucketState",
  );
});
