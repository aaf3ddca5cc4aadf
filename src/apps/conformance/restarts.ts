import assert from "node:assert/strict";
import { it } from "node:test";
import { discard, ready, seen, started, type EngineHarness } from "./harness.ts";

/** What follows when a program ends by itself. */
export function restartConformance(harness: () => EngineHarness): void {
  it("starts a program again that ended, and says how it ended", async () => {
    const id = await started(harness(), { behaviour: { exits: { afterMs: 50, code: 3 } } });
    const observed = await seen(harness(), id, "it was started again", ({ restarts }) => restarts >= 1);
    assert.equal(observed.lastExit?.reason, "exited");
    assert.equal(observed.lastExit.code, 3);
    await discard(harness(), id);
  });

  it("calls it a crash loop when a program ends again and again, and says why", async () => {
    const id = await started(harness(), {
      behaviour: { prints: ["cannot open the ledger"], exits: { afterMs: 50, code: 1 } },
    });
    const observed = await seen(harness(), id, "it is a crash loop", ({ phase }) => phase === "crash-loop");
    assert.match(observed.reason ?? "", /status 1/);
    assert.match(observed.reason ?? "", /cannot open the ledger/);
    assert.ok((observed.nextStartAt ?? 0) > 0, "the next start has a time");
    await harness().engine.stop(id, { graceMs: 0 });
    const stopped = await harness().engine.observe(id);
    assert.equal(stopped?.phase, "stopped");
    assert.equal(stopped.nextStartAt, undefined);
    await harness().engine.remove(id);
  });

  it("lets a program rest that ended well under on-failure", async () => {
    const id = await started(harness(), {
      component: { restart: "on-failure" },
      behaviour: { exits: { afterMs: 50, code: 0 } },
    });
    const observed = await seen(harness(), id, "it is stopped", ({ phase }) => phase === "stopped");
    assert.equal(observed.restarts, 0);
    assert.equal(observed.lastExit?.code, 0);
    await harness().engine.remove(id);
  });

  it("starts a program again that failed under on-failure", async () => {
    const id = await started(harness(), {
      component: { restart: "on-failure" },
      behaviour: { exits: { afterMs: 50, code: 2 } },
    });
    await seen(harness(), id, "it was started again", ({ restarts }) => restarts >= 1);
    await discard(harness(), id);
  });

  it("calls a program failed that ended badly and may not be started again", async () => {
    const id = await started(harness(), {
      component: { restart: "no" },
      behaviour: { exits: { afterMs: 50, code: 7 } },
    });
    const observed = await seen(harness(), id, "it failed", ({ phase }) => phase === "failed");
    assert.equal(observed.restarts, 0);
    assert.match(observed.reason ?? "", /status 7/);
    await harness().engine.remove(id);
  });

  it("restarts at once when asked", async () => {
    const id = await started(harness());
    const before = await ready(harness(), id);
    await harness().engine.restart(id);
    const after = await seen(
      harness(),
      id,
      "another process is ready",
      ({ pid, phase }) => phase === "ready" && pid !== before.pid,
    );
    assert.equal(after.restarts, 1);
    assert.equal(after.lastExit?.reason, "stopped");
    await discard(harness(), id);
  });
}
