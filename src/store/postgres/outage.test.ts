import assert from "node:assert/strict";
import { test } from "node:test";
import { VdcError } from "#api/errors.ts";
import { verifyAuditChain } from "#store/audit-chain.ts";
import { project, put, watched, widget } from "#store/conformance/engine.ts";
import type { PostgresStore } from "#store/postgres/open.ts";
import { startOwnPostgres } from "#test/support/own-postgres.ts";
import { openStoreOn, openTestStore, runSql } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";

const rounds = 3;

/** Writes one widget after the other until told to stop; gives the titles that were acknowledged. */
async function writing(store: PostgresStore, name: string, stopped: () => boolean): Promise<number> {
  let acknowledged = 0;
  for (let title = 1; !stopped(); title += 1) {
    try {
      await put(store, widget(name), { title: `${title}` });
      acknowledged = title;
    } catch (error) {
      // Its fate is unknown: it counts as failed, and the next one is greater.
      assert.ok(error instanceof VdcError && error.code === "unavailable", String(error));
    }
  }
  return acknowledged;
}

test("Invariant: what was acknowledged survives kill -9 of the database, and the store heals by itself", async () => {
  await using server = await startOwnPostgres();
  await using store = await openStoreOn(server.url);
  await put(store, project("shop"));
  const seen: number[] = [];
  const ended = new AbortController();
  const watching = (async () => {
    for await (const batch of store.feed.watch({ since: 0 }, ended.signal)) {
      seen.push(...batch.changes.map(({ revision }) => revision));
    }
  })();
  for (let round = 0; round < rounds; round += 1) {
    let stopped = false;
    const names = Array.from({ length: 8 }, (_, at) => `w${round}-${at}`);
    const writers = names.map((name) => writing(store, name, () => stopped));
    const before = seen.length;
    await waitFor(() => seen.length > before + 100 || undefined, { withinMs: 20_000, what: "writes flow" });
    await server.kill();
    await server.start();
    const after = seen.length;
    await waitFor(() => seen.length > after + 50 || undefined, {
      withinMs: 20_000,
      what: "writes flow again",
    });
    stopped = true;
    const acknowledged = await Promise.all(writers);
    for (const [at, name] of names.entries()) {
      const stored = Number((await store.resources.get(widget(name)))?.spec["title"]);
      assert.ok(
        stored >= (acknowledged[at] ?? 0),
        `${name} has ${stored}, acknowledged was ${acknowledged[at]}`,
      );
    }
  }
  const { revision } = await store.feed.head();
  await waitFor(() => seen.length >= revision || undefined, { withinMs: 10_000, what: "the watch arrives" });
  ended.abort();
  await watching;
  assert.deepEqual(
    seen,
    Array.from({ length: revision }, (_, at) => at + 1),
    "no gap and no duplicate",
  );
  await wholeChain(store);
});

async function wholeChain(store: PostgresStore): Promise<void> {
  const head = await store.audit.head();
  let at = { sequence: 0, hash: "0".repeat(64) };
  while (at.sequence < head.sequence) {
    const verdict = verifyAuditChain(await store.audit.list({ after: at.sequence, limit: 1000 }), at);
    assert.ok(verdict.intact, JSON.stringify(verdict));
    at = { sequence: verdict.sequence, hash: verdict.hash };
  }
  assert.deepEqual(at, head);
}

test("while the database is away everything is unavailable, and a ping says so", async () => {
  await using server = await startOwnPostgres();
  await using store = await openStoreOn(server.url);
  await put(store, project("shop"));
  await server.kill();
  const unavailable = { code: "unavailable" };
  await assert.rejects(put(store, widget("lamp")), unavailable);
  await assert.rejects(store.resources.get(project("shop")), unavailable);
  await assert.rejects(store.leases.acquire("leader", "me", 1000), unavailable);
  await assert.rejects(
    store.transact({ actor: { type: "system", id: "t", name: "t" } }, async () => 1),
    unavailable,
  );
  await assert.rejects(store.ping(), unavailable);
  await server.start();
  await waitFor(
    () =>
      store.ping().then(
        () => true,
        () => undefined,
      ),
    { withinMs: 5000, what: "the store heals" },
  );
  await put(store, widget("lamp"));
});

test("a connection that the server ends costs the writes under way and nothing after them", async () => {
  await using engine = await openTestStore();
  await put(engine.store, project("shop"));
  await runSql(
    engine.url,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'vdc-%' AND datname = current_database()",
  );
  const healed = () =>
    put(engine.store, widget("lamp")).then(
      () => true,
      () => undefined,
    );
  await waitFor(healed, { withinMs: 5000, what: "writes are done again" });
  assert.ok((await watched(engine.store, { since: 0 })).changes.length >= 4);
});

test("a watch hears of another process' writes, also when the listening connection was lost", async () => {
  await using engine = await openTestStore();
  await using other = await openStoreOn(engine.url);
  await put(engine.store, project("shop"));
  const names: string[] = [];
  const ended = new AbortController();
  const watching = (async () => {
    for await (const batch of other.feed.watch({ since: 0, kinds: ["widget"] }, ended.signal)) {
      names.push(...batch.changes.map(({ name }) => name));
    }
  })();
  await put(engine.store, widget("one"));
  await waitFor(() => names.includes("one") || undefined, { withinMs: 5000, what: "the first is heard" });
  await runSql(
    engine.url,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vdc-listen' AND datname = current_database()",
  );
  await put(engine.store, widget("two"));
  await waitFor(() => names.includes("two") || undefined, { withinMs: 5000, what: "the second is heard" });
  ended.abort();
  await watching;
});
