import assert from "node:assert/strict";
import { test } from "node:test";
import { S3Error } from "#objects/s3-error.ts";
import { catalogWorld } from "#test/support/object-store-world.ts";

test("what was committed is found, listed and removed", async () => {
  const world = await catalogWorld();
  await world.bucket("pictures");
  const { version } = await world.put("pictures", "a/1.png", "hello");
  assert.equal(version.versionId, "null");
  const found = await world.catalog.find({ bucket: "pictures", key: "a/1.png" });
  assert.deepEqual(found.version, version);
  assert.ok(found.place);
  assert.equal(Buffer.from(await world.store.journal.readBlob(found.place)).toString(), "hello");
  assert.deepEqual(await world.keys("pictures"), ["a/1.png"]);
  await world.remove("pictures", "a/1.png");
  assert.deepEqual(await world.keys("pictures"), []);
  assert.equal((await world.catalog.find({ bucket: "pictures", key: "a/1.png" })).version, undefined);
});

test("a bucket's name is taken once, and by its project known as its own", async () => {
  const world = await catalogWorld();
  await world.bucket("taken");
  await assert.rejects(world.bucket("taken"), new S3Error("BucketAlreadyOwnedByYou"));
  await assert.rejects(world.bucket("taken", { project: "other" }), new S3Error("BucketAlreadyExists"));
  await assert.rejects(world.bucket("Not Valid"), new S3Error("InvalidBucketName"));
});
