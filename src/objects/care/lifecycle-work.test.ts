import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import type { LifecycleRule } from "#objects/records.ts";
import { CareWorld } from "#test/support/care-world.ts";
import { applyLifecycle } from "./lifecycle-work.ts";

const dayMs = 24 * 3_600_000;

async function worldWith(rule: Partial<LifecycleRule>, versioning: "off" | "enabled", more: object = {}) {
  const world = await CareWorld.open(3);
  await world.bucket("logs", versioning, more);
  const lifecycle = [{ id: "r", enabled: true, filter: {}, ...rule }];
  await world.run(
    world.opened.catalog.updateBucket({ callId: randomUUID(), name: "logs", change: { lifecycle } }),
  );
  const apply = async () => await world.run(applyLifecycle(world.care, new AbortController().signal));
  return { world, apply };
}

describe("lifecycle", () => {
  it("removes what has had its days, and nothing else", async () => {
    const { world, apply } = await worldWith({ expiration: { days: 2 }, filter: { prefix: "old/" } }, "off");
    await world.put("logs", "old/a", Buffer.from("a"));
    await world.put("logs", "other", Buffer.from("b"));
    assert.equal(await apply(), 0);
    world.clock.pauseFor(2 * dayMs);
    await world.put("logs", "old/b", Buffer.from("c"));
    world.clock.pauseFor(dayMs - 1);
    assert.equal(await apply(), 1);
    assert.equal(await world.find("logs", "old/a"), undefined);
    assert.deepEqual(await world.read("logs", "old/b"), Buffer.from("c"));
    assert.deepEqual(await world.read("logs", "other"), Buffer.from("b"));
  });

  it("leaves an object that was written anew while the rules were applied", async () => {
    const { world, apply } = await worldWith({ expiration: { days: 1 } }, "off");
    await world.put("logs", "a", Buffer.from("old"));
    world.clock.pauseFor(3 * dayMs);
    const { catalog } = world.care;
    // Between the look at the object and its removal.
    const listVersions: typeof catalog.listVersions = async (input) => {
      const page = await catalog.listVersions(input);
      await world.opened.catalog.commit(world.commitOf("logs", "a", "old"), Buffer.from("old"));
      return page;
    };
    const care = { ...world.care, catalog: { ...catalog, listVersions } };
    assert.equal(await world.run(applyLifecycle(care, new AbortController().signal)), 0);
    assert.deepEqual(await world.read("logs", "a"), Buffer.from("old"));
    assert.equal(await apply(), 0);
  });

  it("puts a marker on a versioned object, later removes the version, then the marker that is alone", async () => {
    const rule = { expiration: { days: 1 }, noncurrentExpiration: { days: 1 } };
    const { world, apply } = await worldWith(rule, "enabled");
    await world.put("logs", "a", Buffer.from("a"));
    world.clock.pauseFor(2 * dayMs);
    assert.equal(await apply(), 1);
    assert.equal((await world.find("logs", "a"))?.isDeleteMarker, true);
    assert.equal(await apply(), 0);
    world.clock.pauseFor(2 * dayMs);
    assert.equal(await apply(), 1);
    assert.equal(await apply(), 1);
    assert.equal(await world.find("logs", "a"), undefined);
  });

  it("never removes a version that is locked", async () => {
    const rule = { noncurrentExpiration: { days: 1 } };
    const { world, apply } = await worldWith(rule, "enabled", { objectLock: {} });
    const until = world.clock.now() + 10 * dayMs;
    await world.put(
      "logs",
      "a",
      Buffer.from("kept"),
      { user: {} },
      { retention: { mode: "GOVERNANCE", until } },
    );
    await world.put("logs", "b", Buffer.from("held"), { user: {} }, { legalHold: true });
    for (const key of ["a", "b"]) await world.put("logs", key, Buffer.from("new"));
    world.clock.pauseFor(5 * dayMs);
    assert.equal(await apply(), 0);
    world.clock.pauseFor(10 * dayMs);
    assert.equal(await apply(), 1, "the retention has ended, the hold has not");
  });

  it("gives up uploads that were left behind, and their parts become garbage", async () => {
    const { world, apply } = await worldWith({ abortIncompleteUploadDays: 1 }, "off");
    const upload = { key: "big", headers: { user: {} }, encrypted: false, writer: "tester" };
    await world.run(world.opened.catalog.createUpload({ callId: randomUUID(), bucket: "logs", upload }));
    assert.equal(await apply(), 0);
    world.clock.pauseFor(2 * dayMs);
    assert.equal(await apply(), 1);
    assert.equal(await apply(), 0);
  });
});
