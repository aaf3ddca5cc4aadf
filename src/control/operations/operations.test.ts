import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemActor } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { Operation } from "#api/records.ts";
import { systemClock } from "#lib/clock.ts";
import { createLog, silentLog, type Log } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import type { LeaseStore, OperationStore } from "#store/store.ts";
import { openTestStore, type TestStore } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { processLease } from "./interrupted.ts";
import { createOperations, maxRunning, type OperationRequest, type Operations } from "./operations.ts";

const request: OperationRequest = {
  type: "test.work",
  title: "Work",
  by: { actor: systemActor("test") },
  cancelable: true,
  steps: ["first", "second", "third"],
};
const soon = (what: string) => ({ withinMs: 10_000, what });
const forever = async (_: unknown, signal: AbortSignal) => await systemClock.sleep(3_600_000, signal);
let shared: TestStore;

before(async () => (shared = await openTestStore()));
after(async () => await shared[Symbol.asyncDispose]());

interface World {
  readonly holder?: string;
  readonly log?: Log;
  readonly operations?: OperationStore;
  readonly leases?: LeaseStore;
}

async function open(world: World = {}): Promise<Operations> {
  const { operations, leases } = { ...shared.store, ...world };
  const holder = world.holder ?? `prc_${Math.random()}`;
  const ports = { clock: systemClock, random: systemRandom, log: world.log ?? silentLog };
  const runner = createOperations({ operations, leases, holder, leaseTtlMs: 600, ...ports });
  await runner.open();
  return runner;
}

async function ended(id: string): Promise<Operation> {
  return await waitFor(
    async () => {
      const operation = await shared.store.operations.get(id);
      return operation?.finishedAt === undefined ? undefined : operation;
    },
    soon(`the end of ${id}`),
  );
}

describe("operations", () => {
  it("are on record when they start, and end with their result", async () => {
    await using operations = await open();
    const started = await operations.start(request, async (progress) => {
      progress.step("first");
      progress.percent(40);
      progress.log("halfway");
      progress.step("third");
      return await Promise.resolve({ answer: 42 });
    });
    assert.equal(started.state, "running");
    assert.ok(started.revision > 0);
    const operation = await ended(started.id);
    assert.equal(operation.state, "succeeded");
    assert.equal(operation.percent, 100);
    assert.deepEqual(operation.result, { answer: 42 });
    assert.deepEqual(
      operation.log.map((line) => line.message),
      ["halfway"],
    );
    assert.deepEqual(
      operation.steps.map((step) => step.state),
      ["done", "skipped", "done"],
    );
  });

  it("write their progress at most twice a second", async () => {
    let writes = 0;
    const { operations: store } = shared.store;
    const counting: OperationStore = {
      put: async (...put) => {
        writes += 1;
        return await store.put(...put);
      },
      get: async (id) => await store.get(id),
      list: async (query) => await store.list(query),
      prune: async (limits) => await store.prune(limits),
    };
    await using operations = await open({ operations: counting });
    const { id } = await operations.start(request, async (progress) => {
      progress.step("first");
      for (let line = 0; line < 700; line += 1) {
        progress.percent(line / 7);
        progress.log(`line ${line} ${"x".repeat(600)}`);
        if (line % 10 === 0) await systemClock.sleep(10);
      }
    });
    const operation = await ended(id);
    assert.ok(writes >= 2 && writes <= 5, `${writes} writes in ${operation.log.length} lines`);
    assert.equal(operation.log.length, 200);
    assert.match(operation.log.at(-1)?.message ?? "", /^line 699 x/);
    assert.equal(operation.log.at(-1)?.message.length, 500);
  });

  it("fail with the code, the message and the remedy of the table", async () => {
    await using operations = await open();
    const { id } = await operations.start(request, async (progress) => {
      progress.step("second");
      await Promise.resolve();
      throw new VdcError("unsupported", "There is no /dev/kvm.");
    });
    const operation = await ended(id);
    assert.equal(operation.state, "failed");
    assert.equal(operation.error?.code, "unsupported");
    assert.equal(operation.error?.message, "There is no /dev/kvm.");
    assert.match(operation.error?.remedy ?? "", /vdc doctor/);
    assert.deepEqual(
      operation.steps.map((step) => step.state),
      ["skipped", "failed", "skipped"],
    );
  });

  it("keep the cause of a fault to the log", async () => {
    const lines: string[] = [];
    const log = createLog({ part: "test", destination: { write: (line) => void lines.push(line) } });
    await using operations = await open({ log });
    const { id } = await operations.start(request, async () => {
      await Promise.resolve();
      throw new TypeError("secret innards");
    });
    const operation = await ended(id);
    assert.equal(operation.error?.code, "fault");
    assert.doesNotMatch(JSON.stringify(operation), /innards/);
    assert.ok(lines.some((line) => line.includes("operation.failed") && line.includes("secret innards")));
  });

  it("are cancelling and then cancelled when somebody asks", async () => {
    await using operations = await open();
    const { id } = await operations.start(request, forever);
    assert.equal((await operations.cancel(id)).state, "cancelling");
    assert.equal((await ended(id)).state, "cancelled");
    assert.equal((await operations.cancel(id)).state, "cancelled", "a finished one stays as it is");
  });

  it("tell the truth when the work was done before the cancel came through, or broke on its own", async () => {
    await using operations = await open();
    const gate = Promise.withResolvers<void>();
    const done = await operations.start(request, async () => await gate.promise);
    const broke = await operations.start(request, async () => {
      await gate.promise;
      throw new VdcError("unsupported", "No.");
    });
    await operations.cancel(done.id);
    await operations.cancel(broke.id);
    gate.resolve();
    assert.equal((await ended(done.id)).state, "succeeded");
    assert.equal((await ended(broke.id)).error?.code, "unsupported");
  });

  it("refuse to cancel what cannot be cancelled, what is unknown and what another process runs", async () => {
    await using operations = await open();
    await using others = await open();
    const fixed = await operations.start({ ...request, cancelable: false }, forever);
    const foreign = await others.start(request, forever);
    await assert.rejects(operations.cancel(fixed.id), { code: "conflict" });
    await assert.rejects(operations.cancel("op_none"), { code: "not-found" });
    await assert.rejects(operations.cancel(foreign.id), { code: "unavailable" });
  });

  it("are busy beyond their number at once", async () => {
    await using operations = await open();
    const started = Array.from({ length: maxRunning }, async () => await operations.start(request, forever));
    await assert.rejects(operations.start(request, forever), { code: "busy" });
    await Promise.all(started);
    assert.equal(operations.running, maxRunning);
  });

  it("are interrupted when their process stops", async () => {
    const operations = await open();
    const { id } = await operations.start(request, forever);
    await operations.stop();
    const operation = await ended(id);
    assert.equal(operation.state, "failed");
    assert.equal(operation.error?.code, "interrupted");
    await assert.rejects(operations.start(request, forever), { code: "unavailable" });
  });

  it("are marked interrupted when their process died, and nothing that it still writes is taken", async () => {
    const { leases, operations: store } = shared.store;
    // A process that took its lease, began an operation, and does not renew any more.
    const lease = await leases.acquire(processLease("dead"), "dead", 50);
    assert.ok("epoch" in lease);
    const fence = { lease: lease.name, epoch: lease.epoch };
    await using operations = await open();
    const template = await operations.start(request, async () => await Promise.resolve());
    const { revision: _, finishedAt: __, ...record } = await ended(template.id);
    const left = {
      ...record,
      id: `${record.id.slice(0, -4)}zzzz`,
      state: "running" as const,
      holder: "dead",
    };
    await store.put(left, fence);
    const operation = await ended(left.id);
    assert.equal(operation.error?.code, "interrupted");
    await assert.rejects(store.put({ ...left, percent: 77 }, fence), { code: "fenced" });
    assert.equal((await store.get(left.id))?.state, "failed");
  });

  it("stop when their process lost its lease, and are then marked interrupted", async () => {
    const { leases } = shared.store;
    await using operations = await open({ holder: "loser" });
    const aborted = Promise.withResolvers<unknown>();
    const { id } = await operations.start(request, async (_, signal) => {
      await forever(_, signal).catch(() => aborted.resolve(signal.reason));
      throw signal.reason;
    });
    const lease = (await leases.list()).find((one) => one.name === processLease("loser"));
    assert.ok(lease !== undefined);
    await leases.release(lease.name, lease.epoch);
    assert.equal(((await aborted.promise) as VdcError).code, "fenced"); // the runner aborts with nothing else
    assert.equal((await ended(id)).error?.code, "interrupted");
  });
});
