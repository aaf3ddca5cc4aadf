import assert from "node:assert/strict";
import { test } from "node:test";
import { S3Error } from "#objects/s3-error.ts";
import { movableClock } from "#test/support/movable-clock.ts";
import { catalogWorld, inlineCommit, newExtent } from "#test/support/object-store-world.ts";
import { memoryObjectStore } from "#test/support/object-store.ts";
import { decodeGarbage, decodeRepair } from "./care-rows.ts";

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

test("a call that is sent again is done once, also after a restart", async () => {
  const world = await catalogWorld();
  await world.bucket("bucket", { versioning: "enabled" });
  const input = inlineCommit("bucket", "key", "body");
  const [first, second] = await Promise.all([
    world.catalog.commit(input, Buffer.from("body")),
    world.catalog.commit(input, Buffer.from("body")),
  ]);
  const third = await world.catalog.commit(input, Buffer.from("body"));
  assert.deepEqual(second, first);
  assert.deepEqual(third, first);
  const again = await memoryObjectStore({ journal: world.store.journal });
  assert.deepEqual(await again.catalog.commit(input, Buffer.from("body")), first);
  assert.equal((await world.versions("bucket")).length, 1);
  const later = await again.catalog.commit(inlineCommit("bucket", "key", "b"), Buffer.from("b"));
  assert.ok(later.version.sequence > first.version.sequence);
});

test("clients read nothing that is not durable, and commands build on what is under way", async () => {
  const world = await catalogWorld();
  await world.bucket("bucket");
  const commits = [1, 2, 3].map((at) => world.put("bucket", "key", `body ${at}`, noneThere));
  assert.equal((await world.catalog.find({ bucket: "bucket", key: "key" })).version, undefined);
  const results = await Promise.allSettled(commits);
  assert.deepEqual(
    results.map((result) => (result.status === "fulfilled" ? "done" : codeOf(result.reason))),
    ["done", "PreconditionFailed", "PreconditionFailed"],
  );
});
const noneThere = { condition: { ifNoneMatch: ["*"] } };

test("when the journal fails, nothing of what was under way is seen and everything after is refused", async () => {
  const world = await catalogWorld();
  await world.bucket("bucket");
  world.store.journal.fault = new Error("no drives");
  const results = await Promise.allSettled([world.put("bucket", "a", "1"), world.put("bucket", "b", "2")]);
  assert.deepEqual(
    results.map((result) => result.status === "rejected" && codeOf(result.reason)),
    ["SlowDown", "SlowDown"],
  );
  world.store.journal.fault = undefined;
  await assert.rejects(world.put("bucket", "c", "3"), new S3Error("SlowDown"));
  assert.deepEqual(await world.keys("bucket"), []);
});

test("a secret is sealed in its row and plain in memory, also after a restart", async () => {
  const world = await catalogWorld();
  const key = {
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "very-secret-words",
    owner: "key",
    project: "default",
    scope: { access: "full" as const },
    createdAt: 1,
  };
  await world.catalog.putKey({ key });
  const { rows } = world.store.opened.care.page("accessKey", undefined, 10);
  assert.doesNotMatch(Buffer.from(rows[0]?.value ?? []).toString(), /very-secret-words/);
  const again = await memoryObjectStore({ journal: world.store.journal });
  assert.deepEqual(again.configuration.key("AKIDEXAMPLE"), key);
  await again.catalog.removeKey({ accessKeyId: "AKIDEXAMPLE" });
  assert.equal(again.configuration.key("AKIDEXAMPLE"), undefined);
});

test("an extent belongs to one record: what was given up is not committed, what was committed is not given up", async () => {
  const world = await catalogWorld();
  await world.bucket("bucket");
  const { care } = world.store.opened;
  const givenUp = newExtent();
  await world.catalog.discard({ extents: [givenUp] });
  await assert.rejects(world.putExtent("bucket", "key", givenUp), { code: "OperationAborted" });
  const used = newExtent();
  await world.putExtent("bucket", "key", used);
  await world.catalog.discard({ extents: [used] });
  assert.equal(care.ownerOf(used.id)?.type, "version");
  await assert.rejects(world.putExtent("bucket", "other", used), { code: "OperationAborted" });
  const garbage = care.page("garbage", undefined, 10).rows.map(decodeGarbage);
  assert.deepEqual(
    garbage.map(({ extent }) => extent.id),
    [givenUp.id],
  );
  await care.forgetGarbage(garbage);
  assert.equal(care.ownerOf(givenUp.id), undefined);
});

test("a shard that is missing waits for repair, and its record names the new drive afterwards", async () => {
  const world = await catalogWorld();
  await world.bucket("bucket", { versioning: "enabled" });
  const { care } = world.store.opened;
  const extent = { ...newExtent(), drives: [0, -1, 2] };
  await world.putExtent("bucket", "key", extent);
  const finding = { drive: 2, kind: "checksum-mismatch" as const, extentId: extent.id, shard: 2, count: 1 };
  await world.catalog.report({ findings: [finding, { ...finding, extentId: newExtent().id }] });
  const waiting = () => care.page("repair", undefined, 10).rows.map((row) => decodeRepair(row).shard);
  assert.deepEqual(waiting(), [1, 2]);
  await world.put("bucket", "key", "a newer version");
  await care.placeShards(extent.id, [
    { shard: 1, from: -1, to: 4 },
    { shard: 2, from: 2, to: 5 },
  ]);
  assert.deepEqual(care.extent(extent.id)?.extent.drives, [0, 4, 5]);
  assert.deepEqual(waiting(), []);
  await assert.rejects(care.placeShards(extent.id, [{ shard: 1, from: -1, to: 3 }]), {
    code: "OperationAborted",
  });
});

test("rows of a segment are written again with their bytes", async () => {
  const world = await catalogWorld();
  await world.bucket("bucket");
  await world.put("bucket", "key", "bytes that stay");
  const before = (await world.catalog.find({ bucket: "bucket", key: "key" })).place;
  assert.ok((await world.store.opened.care.rewriteSegment(1, 1000)) > 0);
  const { place } = await world.catalog.find({ bucket: "bucket", key: "key" });
  assert.ok(place);
  assert.notEqual(place.offset, before?.offset);
  assert.equal(Buffer.from(await world.store.journal.readBlob(place)).toString(), "bytes that stay");
});

test("a bucket goes with its uploads, and not while it holds a version or a marker", async () => {
  const world = await catalogWorld();
  const { id } = await world.bucket("bucket", { versioning: "enabled" });
  const upload = { key: "big", headers: { user: {} }, encrypted: false, writer: "tester" };
  await world.catalog.createUpload({ callId: "u", bucket: "bucket", upload });
  const { deleteMarker } = await world.remove("bucket", "key");
  const deleteBucket = async (callId: string) => await world.catalog.deleteBucket({ callId, name: "bucket" });
  await assert.rejects(deleteBucket("1"), new S3Error("BucketNotEmpty"));
  await world.remove("bucket", "key", { versionId: deleteMarker?.versionId ?? "" });
  await deleteBucket("2");
  await assert.rejects(world.keys("bucket"), { code: "NoSuchBucket" });
  assert.equal(world.store.opened.care.page("usage", undefined, 10).rows.length, 0);
  assert.notEqual((await world.bucket("bucket")).id, id);
});

test("the default retention of a bucket locks what is put into it", async () => {
  const clock = movableClock();
  const world = await catalogWorld({ clock });
  await world.bucket("bucket", { objectLock: { defaultRetention: { mode: "COMPLIANCE", days: 2 } } });
  const { version } = await world.put("bucket", "key", "body");
  const { versionId } = version;
  assert.equal(version.retention?.until, version.lastModified + 2 * 86_400_000);
  await assert.rejects(world.remove("bucket", "key", { versionId, bypassGovernance: true }), {
    code: "AccessDenied",
  });
  clock.advance(2 * 86_400_000 + 1);
  await world.remove("bucket", "key", { versionId });
  assert.deepEqual(await world.versions("bucket"), []);
});

test("many deletes are done in order, and a refusal stands in its place", async () => {
  const world = await catalogWorld();
  await world.bucket("bucket", { objectLock: {} });
  const held = await world.put("bucket", "held", "1");
  const { key } = held.version;
  await world.catalog.annotate({
    callId: "h",
    bucket: "bucket",
    key,
    change: { type: "legal-hold", on: true },
  });
  const answers = await world.catalog.removeMany({
    callId: "many",
    bucket: "bucket",
    targets: [{ key, versionId: held.version.versionId }, { key: "other" }, { key: "" }],
    bypassGovernance: true,
    writer: "tester",
  });
  assert.deepEqual(
    answers.map((answer) => ("code" in answer ? answer.code : answer.key)),
    ["AccessDenied", "other", "InvalidArgument"],
  );
});

function codeOf(error: unknown): string {
  return error instanceof S3Error ? error.code : String(error);
}
