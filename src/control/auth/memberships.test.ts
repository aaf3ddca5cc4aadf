import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { systemActor } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { kinds } from "#api/kinds.ts";
import { authLimits } from "#control/auth/limits.ts";
import { Memberships } from "#control/auth/memberships.ts";
import { systemClock, type Clock } from "#lib/clock.ts";
import { silentLog as log } from "#lib/log.ts";
import { systemRandom as random } from "#lib/random.ts";
import { openPostgresStore, type PostgresStore } from "#store/postgres/open.ts";
import type { Feed, ResourceStore } from "#store/store.ts";
import { createTestDatabase, type TestDatabase } from "#test/support/database.ts";
import { waitFor } from "#test/support/wait-for.ts";

let database: TestDatabase;
let store: PostgresStore;
before(async () => {
  database = await createTestDatabase();
  store = await openPostgresStore({ url: database.url, kinds, clock: systemClock, random, log });
});
after(async () => {
  await store[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const by = { actor: systemActor("test") };

async function apply(name: string, members: Readonly<Record<string, string>>) {
  const list = Object.entries(members).map(([user, role]) => ({ user, role }));
  const spec = { title: "", description: "", members: list, quotas: {} };
  return (await store.resources.apply({ kind: "project", name, labels: {}, spec }, { by })).resource;
}

async function remove(name: string) {
  const key = { kind: "project", name };
  await store.resources.delete(key, { by });
  return (await store.resources.finalize(key, { by })).resource;
}

function follower(
  changes: {
    readonly feed?: Feed;
    readonly resources?: Pick<ResourceStore, "list">;
    readonly clock?: Clock;
    readonly page?: number;
  } = {},
) {
  const { feed = store.feed, resources = store.resources, clock = systemClock } = changes;
  const { page = authLimits.membershipPage } = changes;
  const limits = { ...authLimits, membershipPage: page, membershipWaitMs: 300, membershipRetryMaxMs: 100 };
  return new Memberships({ store: { resources, feed }, clock, random, log, limits });
}

describe("memberships", () => {
  test("grant nothing before they were read", async () => {
    await apply("early", { ada: "admin" });
    await using subject = follower();
    assert.equal(subject.roleIn("ada", "early"), undefined);
    assert.deepEqual([...Object.keys(subject.rolesOf("ada")), ...subject.projects()], []);
    subject.start();
    await subject.seen(0);
    assert.equal(subject.roleIn("ada", "early"), "admin");
  });

  test("are read from all pages and followed as they change", async () => {
    for (const name of ["p1", "p2", "p3", "p4", "p5"]) await apply(name, { bob: "viewer" });
    await using subject = follower({ page: 2 });
    subject.start();
    await subject.seen(0);
    assert.equal(Object.keys(subject.rolesOf("bob")).length, 5);
    const changed = await apply("p3", { bob: "operator", eve: "viewer" });
    await subject.seen(changed.revision);
    assert.equal(subject.roleIn("bob", "p3"), "operator");
    const without = await apply("p3", { eve: "viewer" });
    await subject.seen(without.revision);
    assert.equal(subject.roleIn("bob", "p3"), undefined);
    assert.equal(subject.roleIn("eve", "p3"), "viewer");
    await remove("p4");
    await waitFor(() => (subject.roleIn("bob", "p4") === undefined ? true : undefined), {
      withinMs: 2000,
      what: "the project is gone",
    });
    assert.equal(subject.exists("p4"), false);
  });

  test("of a write of this process count at once, and older news does not bring the old ones back", async () => {
    // A feed that holds everything back until it is let go, and then looks at the effect of each change alone.
    const gate = Promise.withResolvers<void>();
    const afterEach: (string | undefined)[] = [];
    const feed: Feed = {
      head: () => store.feed.head(),
      compact: (limits) => store.feed.compact(limits),
      watch: async function* held(query, signal) {
        await gate.promise;
        for await (const batch of store.feed.watch(query, signal)) {
          for (const change of batch.changes) {
            yield { changes: [change], revision: change.revision };
            afterEach.push(subject.roleIn("ada", "local") ?? subject.roleIn("bob", "local"));
          }
        }
      },
    };
    await apply("local", { ada: "admin" });
    await using subject = follower({ feed });
    subject.start();
    await subject.seen(0);
    await apply("local", { ada: "admin", bob: "admin" });
    const last = await apply("local", { bob: "viewer" });
    subject.applyLocal(last);
    assert.equal(subject.roleIn("ada", "local"), undefined);
    assert.equal(subject.roleIn("bob", "local"), "viewer");
    await assert.rejects(subject.seen(last.revision), { code: "timeout" });
    const removed = await remove("local");
    subject.applyLocal(removed, true);
    assert.equal(subject.exists("local"), false);
    const marker = await apply("marker", {});
    gate.resolve();
    await waitFor(() => subject.exists(marker.name) || undefined, {
      withinMs: 5000,
      what: "the feed goes on",
    });
    assert.ok(afterEach.length >= 3);
    assert.deepEqual(new Set(afterEach), new Set([undefined]));
    assert.equal(subject.exists("local"), false);
  });

  test("are listed again after the feed was lost, and grant nothing when it stays lost", async () => {
    let isLost = false;
    let isAway = false;
    let aheadMs = 0;
    const abort = new Set<AbortController>();
    const feed: Feed = {
      head: () => store.feed.head(),
      compact: (limits) => store.feed.compact(limits),
      watch: async function* losing(query, signal) {
        if (isLost) throw new VdcError("unavailable", "The database does not answer now.");
        const own = new AbortController();
        abort.add(own);
        yield* store.feed.watch(query, AbortSignal.any([signal, own.signal]));
        throw new VdcError("compacted", "That revision is no longer kept.");
      },
    };
    const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + aheadMs };
    await apply("lost", { ada: "admin" });
    const resources: Pick<ResourceStore, "list"> = {
      list: (query) => {
        if (isAway) throw new VdcError("unavailable", "The database does not answer now.");
        return store.resources.list(query);
      },
    };
    await using subject = follower({ feed, resources, clock });
    subject.start();
    await subject.seen(0);
    isLost = true;
    for (const own of abort) own.abort();
    await apply("lost", { ada: "viewer" });
    await waitFor(() => (subject.roleIn("ada", "lost") === "viewer" ? true : undefined), {
      withinMs: 5000,
      what: "it was listed again",
    });
    isAway = true;
    aheadMs = authLimits.membershipStaleMs;
    await waitFor(() => (subject.roleIn("ada", "lost") === undefined ? true : undefined), {
      withinMs: 5000,
      what: "nothing is granted any more",
    });
    isAway = false;
    isLost = false;
    await waitFor(() => subject.roleIn("ada", "lost"), { withinMs: 5000, what: "it is followed again" });
  });
});
