import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { systemActor } from "#api/actor.ts";
import { openTestStore } from "#test/support/store.ts";
import { createBurstJobs } from "./burst-jobs.ts";

const by = { actor: systemActor("test") };
const keyOf = (name: string) => hash("sha256", name, "buffer");

test("the memo forgets what is too old, and of the rest the oldest beyond its bound, however many those are", async () => {
  await using opened = await openTestStore();
  const jobs = createBurstJobs(opened.store);
  const put = async (day: number, names: readonly string[]) =>
    await jobs.transact(by, async (rows) => {
      const lines = names.map((name) => ({ key: keyOf(name), outputs: [{ blob: "b", bytes: 1 }] }));
      await rows.putMemo(lines, `2026-11-0${day}T00:00:00.000Z`);
    });
  // More than one statement removes.
  const many = Array.from({ length: 10_500 }, (_, index) => `many-${index}`);
  await put(1, ["too old"]);
  await put(3, many);
  await put(4, ["older"]);
  await put(5, ["newer", "newest"]);
  const known = async (...names: readonly string[]) => {
    const found = await jobs.memo(names.map(keyOf));
    return names.filter((name) => found.has(keyOf(name).toString("hex")));
  };
  const all = ["too old", "many-0", "many-10499", "older", "newer", "newest"];
  await jobs.tidy("2026-11-02T00:00:00.000Z", 20_000);
  assert.deepEqual(await known(...all), all.slice(1));
  await jobs.tidy("2026-11-02T00:00:00.000Z", 3);
  assert.deepEqual(await known(...all), ["older", "newer", "newest"]);
  await jobs.tidy("2026-11-02T00:00:00.000Z", 2);
  assert.deepEqual(await known(...all), ["newer", "newest"]);
});
