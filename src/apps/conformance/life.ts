import assert from "node:assert/strict";
import { it } from "node:test";
import {
  discard,
  linesOf,
  newRun,
  ready,
  refused,
  saidBy,
  seen,
  started,
  type EngineHarness,
} from "./harness.ts";

/** Starting, being ready, stopping, being forgotten. */
export function lifeConformance(harness: () => EngineHarness): void {
  it("starts an instance, which becomes ready and says where it listens", async () => {
    const run = await newRun(harness());
    await harness().engine.start(run);
    const observed = await ready(harness(), run.id);
    assert.deepEqual(observed.identity, run.identity);
    assert.equal(observed.address, run.address);
    assert.equal(observed.port, run.port);
    assert.equal(observed.restarts, 0);
    assert.ok((observed.pid ?? 0) > 1, "it has a process");
    assert.ok((observed.readyAt ?? 0) >= (observed.startedAt ?? Number.NaN), "ready after its start");
    assert.ok((observed.usage?.processes ?? 0) >= 1, "its processes are counted");
    await discard(harness(), run.id);
  });

  it("leaves an instance alone that is started again", async () => {
    const run = await newRun(harness());
    await harness().engine.start(run);
    const before = await ready(harness(), run.id);
    await harness().engine.start({ ...run, environment: { PORT: "1" } });
    await Promise.all([harness().engine.start(run), harness().engine.start(run)]);
    const after = await harness().engine.observe(run.id);
    assert.equal(after?.pid, before.pid);
    assert.equal(after?.startedAt, before.startedAt);
    await discard(harness(), run.id);
  });

  it("is starting, and not ready, while nothing listens", async () => {
    const id = await started(harness(), { behaviour: { neverReady: true, prints: ["up"] } });
    await harness().waitFor(
      async () => (saidBy(await linesOf(harness(), id)).includes("up") ? true : undefined),
      { withinMs: 10_000, what: "the program runs" },
    );
    const observed = await harness().engine.observe(id);
    assert.equal(observed?.phase, "starting");
    assert.equal(observed.readyAt, undefined);
    await discard(harness(), id);
  });

  it("is ready without a port when it has run for a second", async () => {
    const id = await started(harness(), { component: { listens: false }, behaviour: {} });
    const observed = await ready(harness(), id);
    assert.ok((observed.readyAt ?? 0) - (observed.startedAt ?? 0) >= 900, "not before its second");
    await discard(harness(), id);
  });

  it("stops an instance gently, and it stays stopped", async () => {
    const id = await started(harness());
    await ready(harness(), id);
    await harness().engine.stop(id, { graceMs: 5_000 });
    const observed = await harness().engine.observe(id);
    assert.equal(observed?.phase, "stopped");
    assert.equal(observed.lastExit?.reason, "stopped");
    assert.equal(observed.pid, undefined);
    assert.equal(observed.usage, undefined);
    await harness().engine.stop(id, { graceMs: 0 });
    await harness().engine.remove(id);
  });

  it("kills what ignores the stop signal after the grace, and not before", async () => {
    const id = await started(harness(), { behaviour: { ignoresStopSignal: true } });
    await ready(harness(), id);
    const began = performance.now();
    await harness().engine.stop(id, { graceMs: 400 });
    const tookMs = performance.now() - began;
    assert.ok(tookMs >= 380 && tookMs < 5_000, `stopped after ${tookMs} ms`);
    assert.equal((await harness().engine.observe(id))?.lastExit?.signal, "SIGKILL");
    await harness().engine.remove(id);
  });

  it("takes a stop of what never ran as done", async () => {
    await harness().engine.stop("res_never", { graceMs: 0 });
    assert.equal(await harness().engine.observe("res_never"), undefined);
    await refused(harness().engine.restart("res_never"), "not-found");
  });

  it("starts an instance again that was stopped", async () => {
    const run = await newRun(harness());
    await harness().engine.start(run);
    await ready(harness(), run.id);
    await harness().engine.stop(run.id, { graceMs: 5_000 });
    await harness().engine.start(run);
    await ready(harness(), run.id);
    await discard(harness(), run.id);
  });

  it("forgets a stopped instance, and refuses to forget one that runs", async () => {
    const id = await started(harness());
    await ready(harness(), id);
    await refused(harness().engine.remove(id), "in-use");
    await harness().engine.stop(id, { graceMs: 5_000 });
    await harness().engine.remove(id);
    await harness().engine.remove(id);
    assert.equal(await harness().engine.observe(id), undefined);
    assert.ok(!(await harness().engine.list()).some((each) => each.id === id), "it is listed no more");
  });

  it("tells what changed, each change at least once", async () => {
    const ended = new AbortController();
    const changed: string[] = [];
    const watching = (async () => {
      for await (const id of harness().engine.changes(ended.signal)) changed.push(id);
    })();
    const id = await started(harness());
    await harness().waitFor(async () => await Promise.resolve(changed.includes(id) || undefined), {
      withinMs: 5_000,
      what: "its start is told",
    });
    await ready(harness(), id);
    changed.length = 0;
    await harness().engine.stop(id, { graceMs: 5_000 });
    await harness().waitFor(async () => await Promise.resolve(changed.includes(id) || undefined), {
      withinMs: 5_000,
      what: "its stop is told",
    });
    ended.abort();
    await watching;
    await harness().engine.remove(id);
  });

  it("is found with all it is by an engine that is opened later", async () => {
    const run = await newRun(harness());
    await harness().engine.start(run);
    const before = await ready(harness(), run.id);
    await using other = await harness().open();
    const found = (await other.list()).find(({ id }) => id === run.id);
    assert.equal(found?.pid, before.pid);
    assert.deepEqual(found?.identity, run.identity);
    await other.start(run);
    assert.equal((await other.observe(run.id))?.startedAt, before.startedAt);
    await other.stop(run.id, { graceMs: 5_000 });
    await seen(harness(), run.id, "the first engine sees the stop", ({ phase }) => phase === "stopped");
    await discard(harness(), run.id);
  });
}
