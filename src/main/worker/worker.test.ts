import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Lease } from "#api/burst-protocol.ts";
import { BurstWorker, type Pressure, type WorkerEnd } from "#burst/worker/burst-worker.ts";
import { newSigningKey, type TrustedKeys } from "#burst/packages/signature.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { openDoor } from "#main/worker/door.ts";
import { sha256, shareBytes } from "#main/worker/machine.ts";
import { threadRunner } from "#main/worker/thread-runner.ts";
import { ActingScheduler, sha256Hex } from "#test/support/acting-scheduler.ts";
import { constant, outputTable, tinyWasm } from "#test/support/tiny-wasm.ts";
import { waitFor } from "#test/support/wait-for.ts";

/** Answers its first input: a table at 2048 with what the table of inputs says. */
const table = constant(2048);
const echo = [
  [...table, ...constant(1), 0x36, 2, 0],
  [...table, 0x20, 2, 0x28, 2, 0, 0x36, 2, 4],
  [...table, 0x20, 2, 0x28, 2, 4, 0x36, 2, 8],
  table,
].flat();
/** Counts down from its first argument, in the place of `argCount`. */
const count = [
  0x20,
  0,
  0x2b,
  3,
  0,
  0xaa,
  0x21,
  1,
  0x03,
  0x40,
  0x20,
  1,
  ...constant(1),
  0x6b,
  0x22,
  1,
  0x0d,
  0,
  0x0b,
];
const modules = {
  echo: tinyWasm({ run: echo, name: "echo" }),
  slow: tinyWasm({ run: [...count, ...echo], name: "slow" }),
  forever: tinyWasm({ run: [0x03, 0x40, 0x0c, 0, 0x0b, 0x00], name: "forever" }),
  trap: tinyWasm({ run: [0x00], name: "trap" }),
  page: tinyWasm({
    run: constant(1024),
    name: "page",
    memory: [2, 2],
    data: outputTable([{ address: 65_536, length: 60_000 }]),
  }),
  bomb: tinyWasm({ run: [...constant(100), 0x40, 0, 0x1a, ...echo], name: "bomb", memory: [1, 256] }),
};
const blob = (length: number) => new Uint8Array(length).map((_, at) => at * 7);

interface Started {
  readonly worker: BurstWorker;
  readonly ended: Promise<WorkerEnd>;
  pressure: Pressure;
}

let threads: ReturnType<typeof threadRunner>;
let scheduler: ActingScheduler;
const stopping: AbortController[] = [];

function start(words: { readonly trusted?: TrustedKeys; readonly slots?: number } = {}): Started {
  const { slots = 2 } = words;
  const stop = new AbortController();
  stopping.push(stop);
  const door = openDoor({ binding: { via: "address" }, baseUrl: scheduler.url, token: "secret" });
  const worker = new BurstWorker(
    { name: "test", kind: "agent", slots, memoryBytes: 64 * 1024 ** 2, speed: 1, project: "photos" },
    {
      connect: async (signal) => await door.connect(signal),
      fetch: door.fetch,
      sha256,
      share: shareBytes,
      clock: systemClock,
      random: systemRandom,
      runners: { wasm: threads },
      trusted: "trusted" in words ? words.trusted : [scheduler.key.publicKey],
      pressure: () => started.pressure,
      tell: () => undefined,
      log: silentLog,
    },
  );
  const started: Started = { worker, ended: worker.run(stop.signal), pressure: "nominal" };
  started.ended.catch(() => undefined); // it is aborted after its test
  return started;
}

const until = async <T>(what: string, condition: () => T | undefined) =>
  await waitFor(condition, { withinMs: 10_000, what });
const isWelcome = async () => await until("it wants leases", () => scheduler.saidOf("want").at(-1));
/** A task has run for so many milliseconds, as the worker says. */
const runsFor = async (ms: number) =>
  await until("a task makes progress", () =>
    scheduler.saidOf("heartbeat").find(({ running }) => running.some(({ progress }) => progress > ms)),
  );
const failure = async (lease: Lease) => {
  const result = await scheduler.result(lease);
  assert.ok(result.outcome === "failed");
  return result;
};

describe("a worker", () => {
  before(() => (threads = threadRunner(2)));
  after(async () => await threads.close());
  beforeEach(async () => {
    scheduler = await ActingScheduler.start();
    await scheduler.admit(modules);
  });

  const ends = async () => {
    for (const stop of stopping.splice(0)) stop.abort(new Error("the test is over"));
    await scheduler[Symbol.asyncDispose]();
  };

  it("says who it is and how much it wants", async (context) => {
    context.after(ends);
    start();
    const want = await isWelcome();
    assert.ok(want.leases >= 2);
    const [hello] = scheduler.saidOf("hello");
    assert.equal(hello?.name, "test");
    assert.deepEqual(hello?.levels, ["wasm"]);
    assert.equal(hello?.project, "photos");
  });

  it("sends a small output inside its result, and uploads a large one first", async (context) => {
    context.after(ends);
    start();
    await isWelcome();
    const small = blob(100);
    const inline = {
      blob: sha256Hex(small),
      bytes: small.length,
      inline: Buffer.from(small).toString("base64"),
    };
    const one = scheduler.lease({ fn: "echo", inputs: [inline] });
    const two = scheduler.lease({ fn: "page" });
    scheduler.grant(one, two);
    const [first, second] = [await scheduler.result(one), await scheduler.result(two)];
    assert.ok(first.outcome === "done" && second.outcome === "done");
    assert.deepEqual(first.outputs, [inline]);
    const large = new Uint8Array(60_000);
    assert.deepEqual(second.outputs, [{ blob: sha256Hex(large), bytes: large.length }]);
    assert.deepEqual(new Uint8Array(scheduler.blobs.get(sha256Hex(large)) ?? []), large);
    assert.equal(scheduler.uploads, 1);
  });

  it("keeps what it fetched and made for later tasks", async (context) => {
    context.after(ends);
    start();
    await isWelcome();
    const input = scheduler.store(blob(50_000));
    for (let time = 0; time < 3; time += 1) {
      const lease = scheduler.lease({ fn: "echo", inputs: [input], memoryBytes: 2 ** 20 });
      scheduler.grant(lease);
      assert.equal((await scheduler.result(lease)).outcome, "done");
    }
    assert.equal(scheduler.downloads, 2); // the package's file, the blob
  });

  it("tells a trap, a time and a memory that were passed, each as what it is", async (context) => {
    context.after(ends);
    start();
    await isWelcome();
    const input = scheduler.store(blob(10));
    const trap = scheduler.lease({ fn: "trap" });
    const forever = scheduler.lease({ fn: "forever", timeMs: 200 });
    const bomb = scheduler.lease({ fn: "bomb", inputs: [input], memoryBytes: 65_536 });
    const short = scheduler.lease({ fn: "echo", inputs: [input], outputs: 2 });
    scheduler.grant(trap, forever, short, bomb);
    assert.equal((await failure(trap)).kind, "trap");
    assert.equal((await failure(forever)).kind, "time");
    assert.match((await failure(short)).message, /gave 1 outputs; its graph says 2/);
    const { kind, message } = await failure(bomb);
    assert.equal(kind, "memory");
    assert.match(message, /used \d+ bytes of memory and may use \d+/);
  });

  it("does not blame the task for a blob that is missing or was changed", async (context) => {
    context.after(ends);
    start();
    await isWelcome();
    const [gone, changed] = [scheduler.store(blob(20)), scheduler.store(blob(21))];
    scheduler.blobs.delete(gone.blob);
    scheduler.blobs.set(changed.blob, blob(21).fill(1));
    const leases = [gone, changed].map((input) => scheduler.lease({ fn: "echo", inputs: [input] }));
    scheduler.grant(...leases);
    for (const [index, lease] of leases.entries()) {
      const { kind, blob: named } = await failure(lease);
      assert.equal(kind, "input");
      assert.equal(named, [gone, changed][index]?.blob);
    }
  });

  it("asks for a fresh address when the one it got is too old", async (context) => {
    context.after(ends);
    start();
    await isWelcome();
    const input = scheduler.store(blob(30));
    scheduler.refused.set("old", 403);
    const lease = scheduler.lease({ fn: "echo", inputs: [{ ...input, url: `${scheduler.url}/old` }] });
    scheduler.grant(lease);
    assert.equal((await scheduler.result(lease)).outcome, "done");
    assert.equal(scheduler.saidOf("addresses").length, 1);
  });

  it("stops a revoked task at once and says nothing of it", async (context) => {
    context.after(ends);
    start({ slots: 1 });
    await isWelcome();
    const forever = scheduler.lease({ fn: "forever" });
    scheduler.grant(forever);
    await runsFor(100);
    scheduler.send({ type: "revoke", leases: [forever.lease] });
    // There is one slot: this one can only run when the other has stopped.
    const next = scheduler.lease({ fn: "echo", inputs: [scheduler.store(blob(5))] });
    scheduler.grant(next);
    assert.equal((await scheduler.result(next)).outcome, "done");
    assert.deepEqual(
      scheduler.results.map(({ lease }) => lease),
      [next.lease],
    );
  });

  it("finishes what ran when the connection broke, and tells it at the next one", async (context) => {
    context.after(ends);
    start();
    await isWelcome();
    const lease = scheduler.lease({ fn: "slow", args: [100_000_000], inputs: [scheduler.store(blob(9))] });
    scheduler.grant(lease);
    await runsFor(20);
    scheduler.cut();
    assert.equal((await scheduler.result(lease)).outcome, "done");
    const hellos = scheduler.saidOf("hello");
    assert.equal(hellos.length, 2);
    assert.equal(hellos[1]?.name, hellos[0]?.name);
  });

  it("finishes what runs and gives back the rest when it is drained", async (context) => {
    context.after(ends);
    const { worker, ended } = start({ slots: 1 });
    await isWelcome();
    const input = scheduler.store(blob(9));
    const leases = [1, 2, 3].map(() => scheduler.lease({ fn: "slow", args: [500_000_000], inputs: [input] }));
    scheduler.grant(...leases);
    await runsFor(20);
    await worker.drain();
    assert.deepEqual(await ended, { type: "drained" });
    // Which of them has its input first, and so the slot, is nobody's business.
    const done = scheduler.saidOf("results").flatMap(({ results }) => results);
    assert.deepEqual(
      done.map(({ outcome }) => outcome),
      ["done"],
    );
    const given = scheduler.saidOf("return").flatMap(({ leases: each }) => each);
    const all = [...given, ...done.map(({ lease }) => lease)];
    assert.deepEqual(all.toSorted(), leases.map(({ lease }) => lease).toSorted());
  });

  it("gives everything back that did not start when its machine is under pressure", async (context) => {
    context.after(ends);
    const started = start({ slots: 1 });
    await isWelcome();
    const leases = [1, 2, 3].map(() => scheduler.lease({ fn: "forever" }));
    scheduler.grant(...leases);
    await runsFor(20);
    started.pressure = "critical";
    const given = await until("both are given back", () => {
      const all = scheduler.saidOf("return").flatMap(({ leases: each }) => each);
      return all.length === 2 ? all : undefined;
    });
    const kept = leases.map(({ lease }) => lease).filter((lease) => !given.includes(lease));
    const running = await until("one goes on", () => scheduler.saidOf("heartbeat").at(-1)?.running);
    assert.deepEqual(
      running.map(({ lease }) => lease).filter((lease) => !given.includes(lease)),
      kept,
    );
    assert.equal(kept.length, 1);
  });

  it("runs no package that nobody trusted has signed, and no other than the one asked for", async (context) => {
    context.after(ends);
    start();
    await isWelcome();
    await scheduler.admit(modules, await newSigningKey());
    const lease = scheduler.lease({ fn: "trap" });
    scheduler.grant(lease, { ...lease, lease: "1:x", package: "0".repeat(64) });
    const { kind, message } = await failure(lease);
    assert.equal(kind, "worker");
    assert.match(message, /not trusted/);
    assert.equal((await failure({ ...lease, lease: "1:x" })).kind, "worker");
  });

  it("runs no function whose module may do more than compute", async (context) => {
    context.after(ends);
    start();
    await isWelcome();
    await scheduler.admit({ run: tinyWasm({ run: constant(0), imports: true }) });
    const lease = scheduler.lease({ fn: "run", outputs: 0 });
    scheduler.grant(lease);
    const { kind, message } = await failure(lease);
    assert.equal(kind, "worker");
    assert.match(message, /imports/);
  });

  it("ends when it is refused", async (context) => {
    context.after(ends);
    const { ended } = start();
    await isWelcome();
    scheduler.send({ type: "refused", reason: "too many workers" });
    assert.deepEqual(await ended, { type: "refused", reason: "too many workers" });
  });
});
