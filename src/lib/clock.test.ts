import assert from "node:assert/strict";
import { test } from "node:test";
import { isoTime, systemClock } from "./clock.ts";

test("a sleep that is cut short fails with the reason it was cut for", async () => {
  const reason = new Error("the lease is lost");
  const cut = new AbortController();
  const sleeping = systemClock.sleep(3_600_000, cut.signal);
  cut.abort(reason);
  await assert.rejects(sleeping, (error) => error === reason);
  await assert.rejects(systemClock.sleep(3_600_000, cut.signal), (error) => error === reason);
});

test("a sleep lasts as long as it was asked to, and an abort afterwards is nothing", async () => {
  const late = new AbortController();
  const before = systemClock.monotonic();
  await systemClock.sleep(20, late.signal);
  late.abort(new Error("too late"));
  // Node's timers count whole milliseconds and may be early by less than one.
  assert.ok(systemClock.monotonic() - before >= 19);
});

test("what was planned happens once, and not at all when its handle is disposed of before", async () => {
  const happened: string[] = [];
  const disposed = systemClock.after(1, () => happened.push("disposed"));
  disposed[Symbol.dispose]();
  const kept = Promise.withResolvers<undefined>();
  // A planned thing does not keep the process alive, so the test has to.
  const alive = setInterval(() => undefined, 1000);
  const handle = systemClock.after(5, () => kept.resolve(void happened.push("kept")));
  await kept.promise;
  handle[Symbol.dispose]();
  clearInterval(alive);
  assert.deepEqual(happened, ["kept"]);
});

test("monotonic time never goes back", () => {
  let last = systemClock.monotonic();
  for (let turn = 0; turn < 1000; turn += 1) {
    const now = systemClock.monotonic();
    assert.ok(now >= last);
    last = now;
  }
});

test("times leave the process in UTC with milliseconds, whatever the zone", () => {
  assert.equal(isoTime(0), "1970-01-01T00:00:00.000Z");
  assert.equal(isoTime(1_700_000_000_007), "2023-11-14T22:13:20.007Z");
});
