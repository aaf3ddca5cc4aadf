import assert from "node:assert/strict";
import { it } from "node:test";
import { discard, newRun, outputOf, ready, refused, started, type EngineHarness } from "./harness.ts";

/** Commands beside an instance, and commands alone. */
export function commandConformance(harness: () => EngineHarness): void {
  it("runs a command beside an instance and tells how it ended", async () => {
    const id = await started(harness());
    await ready(harness(), id);
    const session = await harness().engine.exec(id, { command: ["echo", "hello", "there"] });
    assert.equal(await outputOf(session), "hello there\n");
    assert.deepEqual(await session.ended, { code: 0 });
    const failing = await harness().engine.exec(id, { command: ["false"] });
    assert.deepEqual(await failing.ended, { code: 1 });
    await discard(harness(), id);
  });

  it("gives a command what is written to it, and the end of it", async () => {
    const id = await started(harness());
    await ready(harness(), id);
    const session = await harness().engine.exec(id, { command: ["cat"] });
    await session.write(Buffer.from("first\n"));
    await session.write(Buffer.from("second\n"));
    session.endInput();
    assert.equal(await outputOf(session), "first\nsecond\n");
    assert.deepEqual(await session.ended, { code: 0 });
    await discard(harness(), id);
  });

  it("ends a command whose caller hangs up", async () => {
    const id = await started(harness());
    await ready(harness(), id);
    const session = await harness().engine.exec(id, { command: ["cat"] });
    await session.write(Buffer.from("x"));
    session.close();
    session.close();
    await outputOf(session);
    assert.notEqual((await session.ended).code, 0);
    await discard(harness(), id);
  });

  it("gives a command a terminal of the size asked for", async () => {
    if (!harness().engine.capabilities.terminal) return;
    const id = await started(harness());
    await ready(harness(), id);
    const session = await harness().engine.exec(id, {
      command: ["stty", "size"],
      terminal: { columns: 101, rows: 37 },
    });
    assert.match(await outputOf(session), /37 101/);
    assert.deepEqual(await session.ended, { code: 0 });
    await discard(harness(), id);
  });

  it("runs no command beside what does not run", async () => {
    const id = await started(harness());
    await ready(harness(), id);
    await harness().engine.stop(id, { graceMs: 5_000 });
    await refused(harness().engine.exec(id, { command: ["true"] }), "conflict");
    await refused(harness().engine.exec("res_never", { command: ["true"] }), "not-found");
    await harness().engine.remove(id);
  });

  it("runs a command alone to its end, line by line", async () => {
    const run = await newRun(harness());
    const lines: string[] = [];
    const options = {
      timeoutMs: 10_000,
      signal: new AbortController().signal,
      onLine: (line: string) => void lines.push(line),
    };
    const result = await harness().engine.runOnce(run, ["echo", "migrated", "4", "tables"], options);
    assert.deepEqual(result, { code: 0, timedOut: false });
    assert.deepEqual(lines, ["migrated 4 tables"]);
    const failed = await harness().engine.runOnce(run, ["false"], options);
    assert.deepEqual(failed, { code: 1, timedOut: false });
    assert.equal(await harness().engine.observe(run.id), undefined, "it is no instance");
  });

  it("cuts off a command that takes too long alone", async () => {
    const run = await newRun(harness());
    const options = { timeoutMs: 300, signal: new AbortController().signal, onLine: () => undefined };
    const command = harness().command({ exits: { afterMs: 60_000, code: 0 } });
    assert.equal((await harness().engine.runOnce(run, command, options)).timedOut, true);
  });
}
