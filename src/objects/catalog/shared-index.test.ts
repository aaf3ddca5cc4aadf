import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { memoryObjectStore } from "#test/support/object-store.ts";
import type { Catalog } from "#objects/catalog.ts";
import { withSharedIndex, type SharedIndex } from "./shared-index.ts";

const bucket = "bucket";
const commit = (key: string) => ({
  callId: randomUUID(),
  bucket,
  key,
  version: {
    size: 3,
    etag: "900150983cd24fb0d6963f7d28e17f72",
    headers: { user: {} },
    checksums: [],
    data: { at: "inline", size: 3 } as const,
    writer: "t",
  },
});
const remove = (key: string) => ({
  callId: randomUUID(),
  bucket,
  key,
  bypassGovernance: false,
  writer: "t",
});

/** A catalog beside an index that counts who was asked. */
async function world() {
  const store = await memoryObjectStore();
  const { catalog, configuration } = store.opened;
  let calls = 0;
  const counted: Catalog = {
    ...catalog,
    find: async (input) => {
      calls += 1;
      return await catalog.find(input);
    },
  };
  const find = async (index: SharedIndex, key: string, versionId?: string) => {
    calls = 0;
    const name = versionId === undefined ? { bucket, key } : { bucket, key, versionId };
    const found = await withSharedIndex(counted, index, configuration, queueMicrotask).find(name);
    assert.deepEqual(found, await catalog.find(name));
    return calls;
  };
  const versioning = "enabled" as const;
  await catalog.createBucket({
    callId: randomUUID(),
    bucket: { name: bucket, project: "default", versioning, acl: "private" },
  });
  return { ...store, find };
}

test("the newest object is read from the index, and everything else is asked of the catalog, with the same answers", async () => {
  const { opened, index, find } = await world();
  const { catalog } = opened;
  const blob = Buffer.from("abc");
  assert.equal(await find(index, "never"), 1);
  const first = await catalog.commit(commit("key"), blob);
  assert.equal(await find(index, "key"), 0);
  await catalog.commit(commit("key"), blob);
  assert.equal(await find(index, "key"), 0);
  assert.equal(await find(index, "key", first.version.versionId), 1);
  await catalog.remove(remove("key"));
  assert.equal(await find(index, "key"), 1);
  await catalog.commit(commit("key"), blob);
  assert.equal(await find(index, "key"), 0);
});

test("an index that says nothing costs a call, and an unknown bucket is refused by the catalog", async () => {
  const { opened, find } = await world();
  await opened.catalog.commit(commit("key"), Buffer.from("abc"));
  const silent: SharedIndex = { get: () => undefined };
  assert.equal(await find(silent, "key"), 1);
  const shared = withSharedIndex(opened.catalog, silent, opened.configuration, queueMicrotask);
  await assert.rejects(shared.find({ bucket: "nowhere", key: "key" }), { code: "NoSuchBucket" });
});
