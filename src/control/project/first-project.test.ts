import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemActor } from "#api/actor.ts";
import { openTestStore } from "#test/support/store.ts";
import { ensureFirstProject } from "./first-project.ts";

const key = { kind: "project", name: "default" };
const first = { name: "default", title: "Default" };

describe("the first project", () => {
  it("is made in a data center to which nothing was ever written, and does not come back when it is deleted", async () => {
    await using shared = await openTestStore();
    const { store } = shared;
    await ensureFirstProject(store, first);
    await ensureFirstProject(store, first);
    assert.equal((await store.resources.get(key))?.spec["title"], "Default");
    const by = { actor: systemActor("test") };
    await store.resources.delete(key, { by });
    await store.resources.finalize(key, { by });
    await ensureFirstProject(store, first);
    assert.equal(await store.resources.get(key), undefined);
  });
});
