import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { WorkQueue } from "./work-queue.ts";

const random = { bytes: (count: number) => new Uint8Array(count), fraction: () => 1 };
const limits = { maxQueued: 5, minGapMs: 100, backoff: { baseMs: 1_000, maxMs: 8_000 } };

describe("the work queue", () => {
  it("gives a key once, however often it was asked for", () => {
    const queue = new WorkQueue(limits, random);
    for (let times = 0; times < 10; times += 1) queue.add("a", 0);
    assert.equal(queue.take(0), "a");
    assert.equal(queue.take(0), undefined);
  });

  it("gives a key again that was asked for during its pass, when the gap is over", () => {
    const queue = new WorkQueue(limits, random);
    queue.add("a", 0);
    queue.take(0);
    queue.add("a", 5);
    queue.done("a", "idle", 10);
    assert.equal(queue.take(109), undefined);
    assert.equal(queue.nextAtMs(), 110);
    assert.equal(queue.take(110), "a");
  });

  it("brings a failed key back by itself, later each time, and no change brings it forward", () => {
    const queue = new WorkQueue(limits, random);
    queue.add("a", 0);
    const waits: number[] = [];
    let now = 0;
    for (let failures = 0; failures < 5; failures += 1) {
      assert.equal(queue.take(now), "a");
      queue.done("a", "failed", now);
      queue.add("a", now);
      const next = queue.nextAtMs() ?? Number.NaN;
      waits.push(next - now);
      now = next;
    }
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 8_000]);
    queue.take(now);
    queue.done("a", "again", now);
    assert.equal(queue.nextAtMs(), now + limits.minGapMs, "one success and the failures are forgotten");
  });

  it("lets a key that rests not stand in the way of others", () => {
    const queue = new WorkQueue(limits, random);
    queue.add("a", 0);
    queue.take(0);
    queue.done("a", "failed", 0);
    queue.add("b", 1);
    assert.equal(queue.take(1), "b");
  });

  it("counts what it has no room for", () => {
    const queue = new WorkQueue(limits, random);
    for (let key = 0; key < 8; key += 1) queue.add(String(key), 0);
    assert.equal(queue.waiting, limits.maxQueued);
    assert.equal(queue.dropped, 3);
  });

  it("never gives a key again before its pass is done", () => {
    const step = fc.record({
      what: fc.constantFrom("add", "take", "idle", "again", "failed", "clear"),
      key: fc.integer({ min: 0, max: 8 }).map(String),
      passes: fc.integer({ min: 0, max: 500 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new WorkQueue(limits, random);
        const running = new Set<string>();
        let now = 0;
        for (const { what, key, passes } of steps) {
          now += passes;
          if (what === "add") queue.add(key, now);
          else if (what === "clear") queue.clear();
          else if (what === "take") {
            const taken = queue.take(now);
            if (taken === undefined) continue;
            assert.ok(!running.has(taken));
            running.add(taken);
          } else if (running.delete(key)) queue.done(key, what, now);
          assert.equal(queue.running, running.size);
          assert.ok(queue.waiting <= limits.maxQueued);
        }
      }),
    );
  });
});
