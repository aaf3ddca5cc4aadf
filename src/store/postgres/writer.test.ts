import assert from "node:assert/strict";
import { test } from "node:test";
import { storeLimits } from "#store/limits.ts";
import { by, project, put, refused, watched, widget } from "#store/conformance/engine.ts";
import { openStoreOn, openTestStore, runSql } from "#test/support/store.ts";

const user = { id: "usr_1", name: "ada", created_at: "2026-01-01T00:00:00.000Z" };

test("other tables are written with their audit entry and event in one commit, or not at all", async () => {
  await using engine = await openTestStore();
  const { store } = engine;
  const made = await store.transact(by, async (tx, records) => {
    await tx.insertInto("users").values(user).execute();
    records.audit({ verb: "create", target: { kind: "user", name: "ada" }, outcome: "done" });
    records.event({ type: "user.created", severity: "info", message: "User ada was created." });
    return "made";
  });
  assert.equal(made, "made");
  const [entry] = await store.audit.list({ limit: 1 });
  assert.deepEqual([entry?.verb, entry?.actor, entry?.address], ["create", by.actor, "127.0.0.1"]);
  assert.equal((await watched(store, { since: 0 })).changes[0]?.kind, "event");
  const head = await store.audit.head();
  const twice = store.transact(by, async (tx, records) => {
    records.audit({ verb: "create", target: { kind: "user", name: "ada" }, outcome: "done" });
    await tx
      .insertInto("users")
      .values({ ...user, id: "usr_2" })
      .execute();
  });
  await assert.rejects(twice, /duplicate key/);
  assert.deepEqual(await store.audit.head(), head);
});

test("a transaction whose work swallowed a failed statement is not taken for done", async () => {
  await using engine = await openTestStore();
  const swallowed = engine.store.transact(by, async (tx) => {
    await tx.insertInto("users").values(user).execute();
    // A mistake that the writer has to catch: PostgreSQL has given the transaction up already.
    await tx
      .insertInto("users")
      .values(user)
      .execute()
      .catch(() => undefined);
  });
  await assert.rejects(swallowed);
  assert.deepEqual(await engine.store.db.selectFrom("users").selectAll().execute(), []);
});

test("the line of waiting writes is bounded, and passing the bound is an error", async () => {
  await using engine = await openTestStore();
  await put(engine.store, project("shop"));
  const writes = Array.from({ length: storeLimits.queuedIntents + 50 }, (_, at) =>
    put(engine.store, widget(`w${at % 100}`), { title: `${at}` }, { dryRun: true }).then(
      () => "done",
      (error: { code: string }) => error.code,
    ),
  );
  const outcomes = await Promise.all(writes);
  assert.equal(outcomes.filter((outcome) => outcome === "busy").length, 50);
  assert.equal(outcomes.filter((outcome) => outcome === "done").length, storeLimits.queuedIntents);
});

test("two processes that write at once give one order without a gap, and one chain", async () => {
  await using engine = await openTestStore();
  await using other = await openStoreOn(engine.url);
  await put(engine.store, project("shop"), { quotas: { instances: 30 } });
  const stores = [engine.store, other];
  const writes = Array.from({ length: 100 }, (_, at) =>
    put(stores[at % 2] ?? other, widget(`w${at}`), { instances: 1 }),
  );
  const results = await Promise.allSettled(writes);
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 30);
  for (const store of stores) {
    const { changes } = await watched(store, { since: 0 });
    assert.deepEqual(
      changes.map(({ revision }) => revision),
      Array.from({ length: 62 }, (_, at) => at + 1),
    );
  }
  assert.deepEqual(await other.resources.usage("shop"), { instances: 30, resources: 30 });
});

test("Invariant: a writer that is paused inside its transaction cannot hold the others up for ever", async () => {
  await using engine = await openTestStore();
  await using other = await openStoreOn(engine.url);
  await put(engine.store, project("shop"));
  const resume = Promise.withResolvers<void>();
  const paused = engine.store.transact(by, async (_tx, records) => {
    records.audit({ verb: "late", target: { kind: "user", name: "ada" }, outcome: "done" });
    await resume.promise;
  });
  const late = refused(paused, "unavailable");
  await put(other, widget("lamp")); // waits until the server has ended the paused transaction
  resume.resolve();
  await late;
  assert.deepEqual(
    (await other.audit.list({ after: 0, limit: 9 })).map(({ verb }) => verb),
    ["create", "create"],
  );
});

test("numbers for metrics say how long the log is and where it begins", async () => {
  await using engine = await openTestStore();
  await put(engine.store, project("shop"));
  await put(engine.store, widget("lamp"));
  await engine.store.feed.compact({ keepMs: 1e12, keepChanges: 1, batch: 100 });
  const numbers = await engine.store.numbers();
  assert.deepEqual(numbers, {
    revision: 4,
    compacted: 3,
    logLength: 1,
    auditSequence: 2,
    waitingWrites: 0,
    watchers: 0,
    feedLag: 0,
  });
  const rows = await runSql(engine.url, "SELECT count(*)::int AS count FROM changes");
  assert.equal(rows[0]?.["count"], 1, "every revision after the floor has one line");
});

test("a store that was closed refuses writes and ends its watches", async () => {
  const engine = await openTestStore();
  const ended = new AbortController();
  const watching = refused(
    (async () => {
      for await (const batch of engine.store.feed.watch({ since: 0 }, ended.signal))
        assert.deepEqual(batch.changes, []);
    })(),
    "unavailable",
  );
  await engine.store.feed.head();
  await engine[Symbol.asyncDispose]();
  await watching;
  await refused(put(engine.store, project("shop")), "unavailable");
});
