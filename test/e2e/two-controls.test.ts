import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { systemActor } from "#api/actor.ts";
import { systemClock } from "#lib/clock.ts";
import { storeLimits } from "#store/limits.ts";
import { openTestStore, type TestStore } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";

const by = { actor: systemActor("test") };
const script = fileURLToPath(new URL("../support/acting-control.ts", import.meta.url));
const ttlMs = 900;
/**
 * From the loss of a leader to the first write of the next: its lease runs out, another asks a third later, and a
 * leader that was paused inside a transaction keeps the writers' line that long. The rest is room for a busy machine.
 */
const takeoverMs = ttlMs + ttlMs / 3 + storeLimits.idleInTransactionMs + 3_000;
const hourMs = 3_600_000;

interface Act {
  readonly id: number;
  readonly holder: string;
  readonly epoch: number;
  readonly outcome: string | null;
}

describe("two control processes at once", () => {
  let shared: TestStore;
  let diary: pg.Client;
  const children = new Map<string, ChildProcess>();

  before(async () => {
    shared = await openTestStore();
    await shared.store.resources.apply({ kind: "project", name: "shop", labels: {}, spec: {} }, { by });
    const lamp = { kind: "widget", project: "shop", name: "lamp" };
    await shared.store.resources.apply({ ...lamp, labels: {}, spec: {} }, { by });
    diary = new pg.Client({ connectionString: shared.url });
    await diary.connect();
    await diary.query(`CREATE TABLE acting (id serial PRIMARY KEY, holder text NOT NULL, epoch int NOT NULL,
      began timestamptz NOT NULL DEFAULT clock_timestamp(), ended timestamptz, outcome text)`);
    await Promise.all([startControl("a"), startControl("b")]);
  });
  after(async () => {
    for (const child of children.values()) await kill(child);
    await diary.end();
    await shared[Symbol.asyncDispose]();
  });

  async function startControl(holder: string): Promise<void> {
    const settings = JSON.stringify({ url: shared.url, holder, ttlMs });
    const child = fork(script, { env: { ...process.env, VDC_TEST_ACTING: settings } });
    children.set(holder, child);
    await once(child, "message");
  }

  /** The last write that the store took, by anybody or by others than `besides`, after the act `since`. */
  async function written(since: number, besides = ""): Promise<Act> {
    const statement = `SELECT id, holder, epoch, outcome FROM acting
      WHERE outcome = 'written' AND id > $1 AND holder <> $2 ORDER BY id DESC LIMIT 1`;
    const what = `a write after act ${since}${besides === "" ? "" : ` by another than ${besides}`}`;
    return await waitFor(async () => (await diary.query<Act>(statement, [since, besides])).rows[0], {
      withinMs: takeoverMs,
      what,
    });
  }

  function childOf(act: Act): ChildProcess {
    const child = children.get(act.holder);
    assert.ok(child !== undefined, "every actor is a child of this test");
    return child;
  }

  async function jump(child: ChildProcess, wallOffsetMs: number): Promise<void> {
    const jumped = once(child, "message");
    child.send({ wallOffsetMs });
    await jumped;
  }

  it("carry on within a lease's time when the leader is killed", async () => {
    for (const next of ["c", "d"]) {
      const leader = await written(0);
      await kill(childOf(leader));
      children.delete(leader.holder);
      const successor = await written(leader.id, leader.holder);
      assert.ok(successor.epoch > leader.epoch);
      await startControl(next);
    }
  });

  it("carry on while the leader is paused, and it leads no more when it wakes up", async () => {
    for (let round = 0; round < 2; round += 1) {
      const leader = await written(0);
      childOf(leader).kill("SIGSTOP");
      const successor = await written(leader.id, leader.holder);
      assert.ok(successor.epoch > leader.epoch);
      // Well past the time of the lease: others have acted for a while.
      await systemClock.sleep(ttlMs);
      const { rows } = await diary.query<{ id: number }>("SELECT max(id) AS id FROM acting");
      childOf(leader).kill("SIGCONT");
      const later = await written((rows[0]?.id ?? 0) + 20);
      assert.equal(later.holder, successor.holder, "who leads goes on leading");
      const late = await diary.query<Act>(
        "SELECT id, holder, epoch, outcome FROM acting WHERE holder = $1 AND epoch = $2 AND id > $3",
        [leader.holder, leader.epoch, rows[0]?.id ?? 0],
      );
      assert.ok(late.rows.length <= 1, "nothing but the act that was under way");
      assert.ok(late.rows.every((act) => act.outcome === "fenced"));
    }
  });

  it("do not mind when the leader's clock, or the other's, jumps by hours", async () => {
    let last = await written(0);
    const first = last;
    for (const holder of children.keys()) {
      for (const offsetMs of [6 * hourMs, -12 * hourMs]) {
        await jump(children.get(holder) ?? childOf(last), offsetMs);
        await systemClock.sleep(ttlMs);
        last = await written(last.id);
        assert.deepEqual([last.holder, last.epoch], [first.holder, first.epoch], "nobody took over");
      }
    }
  });

  it("were never two actors for one epoch, and no write of an older epoch came after one of a newer", async () => {
    const actors = await diary.query<{ epoch: number; holders: string[] }>(
      "SELECT epoch, array_agg(DISTINCT holder) AS holders FROM acting GROUP BY epoch ORDER BY epoch",
    );
    assert.ok(actors.rows.length >= 5, `${actors.rows.length} epochs`);
    for (const { epoch, holders } of actors.rows)
      assert.equal(holders.length, 1, `epoch ${epoch}: ${holders.join()}`);
    const notes = await diary.query<{ note: string }>(
      `SELECT object->'status'->>'note' AS note FROM changes
        WHERE kind = 'widget' AND object->'status'->>'note' IS NOT NULL ORDER BY revision`,
    );
    const epochs = notes.rows.map(({ note }) => Number(note.split(" ")[0]));
    assert.ok(epochs.length > 100, `${epochs.length} writes`);
    assert.deepEqual(
      epochs,
      epochs.toSorted((a, b) => a - b),
    );
  });
});

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
