import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exitOf, type EndFacts } from "#main/shim/exit-reason.ts";

const end = (facts: Partial<EndFacts>) =>
  exitOf({ at: "2026-01-01T00:00:00.000Z", outOfMemory: false, ranMs: 60_000, heapIsFull: false, ...facts });

describe("how a process ended", () => {
  it("is told from its status or its signal", () => {
    assert.equal(end({ code: 3 }).reason, "exited");
    assert.equal(end({ signal: "SIGSEGV" }).reason, "signalled");
    assert.match(end({ signal: "SIGKILL" }).detail ?? "", /killed from outside/);
  });

  it("is out of memory when the kernel or Node's heap says so", () => {
    const killed = end({ signal: "SIGKILL", outOfMemory: true, memoryBytes: 64 * 1024 ** 2 });
    assert.equal(killed.reason, "out-of-memory");
    assert.match(killed.detail ?? "", /64 MiB/);
    assert.equal(end({ signal: "SIGABRT", heapIsFull: true }).reason, "out-of-memory");
    assert.equal(end({ code: 0, heapIsFull: true }).reason, "exited", "it said so and went on");
  });

  it("is what we asked for before anything else", () => {
    assert.equal(end({ signal: "SIGKILL", asked: { kind: "stop" } }).reason, "stopped");
    const unhealthy = end({ code: 0, asked: { kind: "unhealthy", why: "3 checks failed" } });
    assert.deepEqual([unhealthy.reason, unhealthy.detail], ["unhealthy", "3 checks failed"]);
  });

  it("is a start that failed when the sandbox says so at once", () => {
    const line = "/run/start: 7: exec: serve: not found";
    const failed = end({ code: 127, lastLine: line, ranMs: 40 });
    assert.equal(failed.reason, "could-not-start");
    assert.match(failed.detail ?? "", /serve: not found/);
    assert.equal(
      end({ code: 127, lastLine: line }).reason,
      "exited",
      "a minute later it is the program's own",
    );
    assert.equal(end({ code: 1, lastLine: "cannot connect", ranMs: 40 }).reason, "exited");
  });
});
