import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { DriveView, LifecycleRule, UploadRecord, VersionRecord } from "#objects/records.ts";
import { chooseDrive, givenUpAfterMs, isGivenUp } from "./choose-drive.ts";
import { quarantineFor, quarantineLeastMs, quarantineMs } from "./garbage.ts";
import { expiryOf, isUploadExpired, planLifecycle } from "./lifecycle.ts";
import { levelMove, levelWithin } from "./rebalance.ts";
import { dueWorks, type ScheduleFacts } from "./schedule.ts";

const dayMs = 24 * 3_600_000;
const noon = Date.UTC(2026, 0, 15, 12);

function drive(number: number, change: Partial<DriveView> = {}): DriveView {
  const about = { number, id: `d${number}`, path: "", wanted: "active", addedAt: 0, state: "ok" } as const;
  return { ...about, since: 0, totalBytes: 100, freeBytes: 50, ...change };
}

describe("where a shard goes", () => {
  it("is the writable drive with most room that holds none of the extent", () => {
    const drives = [
      drive(0, { freeBytes: 99 }),
      drive(1, { freeBytes: 60 }),
      drive(2, { freeBytes: 70 }),
      drive(3, { freeBytes: 90, state: "suspect" }),
      drive(4, { freeBytes: 90, wanted: "drained" }),
    ];
    assert.equal(chooseDrive(drives, [0, -1]), 2);
    assert.equal(chooseDrive(drives, [0, 1, 2]), undefined);
  });

  it("is waited for a quarter of an hour when a drive is away, and not at all when it failed", () => {
    const away = { state: "missing", wanted: "active", since: 1000 } as const;
    assert.equal(isGivenUp(away, 1000 + givenUpAfterMs), false);
    assert.equal(isGivenUp(away, 1001 + givenUpAfterMs), true);
    assert.equal(isGivenUp({ ...away, state: "failed" }, 1000), true);
    assert.equal(isGivenUp({ ...away, state: "suspect" }, 1000 + 2 * givenUpAfterMs), false);
  });

  it("levels from the fullest to the emptiest, and rests when they are close", () => {
    const drives = [drive(0, { freeBytes: 20 }), drive(1, { freeBytes: 10 }), drive(2, { freeBytes: 90 })];
    assert.deepEqual(levelMove(drives, [0, 1]), { shard: 1, to: 2 });
    assert.deepEqual(levelMove(drives, [0, 2]), undefined, "the only other is fuller than both");
    const close = [drive(0, { freeBytes: 50 }), drive(1, { freeBytes: 50 + 100 * levelWithin - 1 })];
    assert.equal(levelMove(close, [0]), undefined);
  });

  it("never levels to a drive that holds another shard of the extent, or takes no writes", () => {
    const fields = fc.record({
      freeBytes: fc.nat(100),
      state: fc.constantFrom("ok", "full", "missing" as const),
    });
    fc.assert(
      fc.property(fc.array(fields, { minLength: 1, maxLength: 8 }), fc.nat(7), (given, shards) => {
        const drives = given.map((each, number) => drive(number, each));
        const placed = drives.slice(0, shards).map(({ number }) => number);
        const move = levelMove(drives, placed);
        if (move === undefined) return;
        const to = drives[move.to];
        assert(!placed.includes(move.to) && to?.state === "ok");
        assert(to.freeBytes > (drives[placed[move.shard] ?? -1]?.freeBytes ?? 100));
      }),
    );
  });
});

describe("how long quarantine lasts", () => {
  it("is a week while there is room, shorter on full drives, and never below ten minutes", () => {
    assert.equal(quarantineFor(0), quarantineMs);
    assert.equal(quarantineFor(0.84), quarantineMs);
    assert(quarantineFor(0.88) < quarantineMs);
    assert.equal(quarantineFor(1), quarantineLeastMs);
    const fill = fc.double({ min: 0, max: 1.2, noNaN: true });
    fc.assert(
      fc.property(fill, fill, (a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        assert(quarantineFor(more) >= quarantineLeastMs);
        assert(quarantineFor(less) >= quarantineFor(more), "a fuller drive never waits longer");
      }),
    );
  });
});

function version(change: Partial<VersionRecord> = {}): VersionRecord {
  return {
    bucketId: "b",
    key: "logs/a",
    versionId: "v1",
    sequence: 1,
    isDeleteMarker: false,
    size: 100,
    etag: "e",
    lastModified: noon,
    headers: { user: {} },
    checksums: [],
    data: { at: "none" },
    writer: "tester",
    ...change,
  };
}
function rule(change: Partial<LifecycleRule>): LifecycleRule {
  return { id: "r", enabled: true, filter: {}, ...change };
}
const done = (actions: ReturnType<typeof planLifecycle>) =>
  actions.map((action) => (action.do === "expire" ? "expire" : action.versionId));

describe("what lifecycle rules want", () => {
  it("counts days from the midnight after an object has had them", () => {
    const rules = [rule({ expiration: { days: 3 } })];
    // The example of S3's user guide: written on the 15th, three days, gone at midnight before the 19th.
    assert.deepEqual(planLifecycle(rules, [version()], Date.UTC(2026, 0, 19) - 1), []);
    assert.deepEqual(done(planLifecycle(rules, [version()], Date.UTC(2026, 0, 19))), ["expire"]);
    assert.deepEqual(expiryOf(rules, version()), { ruleId: "r", at: Date.UTC(2026, 0, 19) });
  });

  it("takes a date as it is, and nothing from a rule that is off or speaks of others", () => {
    const now = noon + dayMs;
    const expiration = { date: now };
    assert.deepEqual(planLifecycle([rule({ expiration })], [version()], now - 1), []);
    assert.deepEqual(done(planLifecycle([rule({ expiration })], [version()], now)), ["expire"]);
    for (const other of [
      { enabled: false },
      { filter: { prefix: "images/" } },
      { filter: { tags: { keep: "no" } } },
      { filter: { sizeGreaterThan: 100 } },
      { filter: { sizeLessThan: 100 } },
    ])
      assert.deepEqual(planLifecycle([rule({ expiration, ...other })], [version()], now), []);
    const filter = { prefix: "logs/", tags: { a: "b" }, sizeGreaterThan: 99, sizeLessThan: 101 };
    const tagged = version({ tags: { a: "b", c: "d" } });
    assert.deepEqual(done(planLifecycle([rule({ expiration, filter })], [tagged], now)), ["expire"]);
  });

  it("keeps the newer noncurrent versions, whatever their age", () => {
    const since = (versionId: string) => version({ versionId, noncurrentSince: noon - 10 * dayMs });
    const versions = [version({ lastModified: noon }), since("v4"), since("v3"), since("v2"), since("v1")];
    const two = [rule({ noncurrentExpiration: { days: 1, newerVersions: 2 } })];
    assert.deepEqual(done(planLifecycle(two, versions, noon)), ["v2", "v1"]);
    const all = [rule({ noncurrentExpiration: { days: 1 } })];
    assert.deepEqual(done(planLifecycle(all, versions, noon)), ["v4", "v3", "v2", "v1"]);
    const young = [rule({ noncurrentExpiration: { days: 30 } })];
    assert.deepEqual(planLifecycle(young, versions, noon), []);
  });

  it("removes a delete marker only when nothing is under it", () => {
    const marker = version({ isDeleteMarker: true, versionId: "m" });
    const rules = [rule({ expiration: { expiredObjectDeleteMarker: true } })];
    assert.deepEqual(done(planLifecycle(rules, [marker], noon)), ["m"]);
    assert.deepEqual(planLifecycle(rules, [marker, version({ noncurrentSince: noon })], noon), []);
    assert.deepEqual(planLifecycle(rules, [version()], noon + 99 * dayMs), [], "it is no rule about objects");
    const days = [rule({ expiration: { days: 1 } })];
    assert.deepEqual(planLifecycle(days, [marker], noon), []);
    assert.deepEqual(done(planLifecycle(days, [marker], noon + 3 * dayMs)), ["m"]);
  });

  it("gives uploads up that were begun long ago, by rules without tags", () => {
    const upload = { key: "logs/a", startedAt: noon } as UploadRecord; // the fields that count
    const rules = [rule({ abortIncompleteUploadDays: 1, filter: { prefix: "logs/" } })];
    assert.equal(isUploadExpired(rules, upload, Date.UTC(2026, 0, 17) - 1), false);
    assert.equal(isUploadExpired(rules, upload, Date.UTC(2026, 0, 17)), true);
    const tagged = [rule({ abortIncompleteUploadDays: 1, filter: { tags: { a: "b" } } })];
    assert.equal(isUploadExpired(tagged, upload, noon + 9 * dayMs), false);
  });
});

describe("what care begins by itself", () => {
  const facts = (change: Partial<ScheduleFacts> = {}): ScheduleFacts => ({
    now: 100 * dayMs,
    wallNow: noon,
    begun: new Map([["scrub", 100 * dayMs]]),
    running: new Set(),
    drives: [drive(0), drive(1), drive(2)],
    repairsWait: false,
    garbageWaits: false,
    segments: [],
    copies: 2,
    holds: () => true,
    ...change,
  });
  const segment = (number: number, whole: readonly number[], isOpen = false) => ({
    number,
    firstSequence: 1,
    bytes: 1,
    isOpen,
    ensemble: whole,
    whole,
  });

  it("is nothing when nothing waits", () => assert.deepEqual(dueWorks(facts()), []));

  it("is one of a kind, and not again at once", () => {
    const waiting = { repairsWait: true, garbageWaits: true };
    assert.deepEqual(dueWorks(facts(waiting)), [{ work: "repair" }, { work: "collect-garbage" }]);
    assert.deepEqual(dueWorks(facts({ ...waiting, running: new Set(["repair", "collect-garbage"]) })), []);
    const begun = new Map([
      ["scrub", 100 * dayMs],
      ["repair", 100 * dayMs - 4_999],
      ["collect-garbage", 100 * dayMs - 59_999],
    ]);
    assert.deepEqual(dueWorks(facts({ ...waiting, begun })), []);
  });

  it("is a repair when a sealed segment has too few copies on drives that stay", () => {
    assert.deepEqual(dueWorks(facts({ segments: [segment(1, [0, 1]), segment(2, [0], true)] })), []);
    assert.deepEqual(dueWorks(facts({ segments: [segment(1, [0])] })), [{ work: "repair" }]);
    const drives = [drive(0), drive(1, { state: "failed" }), drive(2)];
    const due = dueWorks(facts({ segments: [segment(1, [0, 1])], drives, holds: () => false }));
    assert.deepEqual(due, [{ work: "repair" }]);
  });

  it("is a drain of a drive that was given up or shall be emptied, until it holds nothing", () => {
    const drained = [drive(0), drive(1, { wanted: "drained", state: "draining" })];
    assert.deepEqual(dueWorks(facts({ drives: drained })), [{ work: "drain", drive: 1 }]);
    assert.deepEqual(dueWorks(facts({ drives: drained, holds: () => false })), []);
    const away = [drive(0), drive(1, { state: "missing", since: noon - givenUpAfterMs - 1 })];
    assert.deepEqual(dueWorks(facts({ drives: away })), [{ work: "drain", drive: 1 }]);
  });

  it("is a scrub a fortnight after the last, and cleaning when the journal has grown", () => {
    const begun = new Map([["scrub", 86 * dayMs]]);
    assert.deepEqual(dueWorks(facts({ begun })), [{ work: "scrub" }]);
    assert.deepEqual(dueWorks(facts({ begun: new Map() })), [], "not at the start");
    const segments = [1, 2, 3].map((number) => segment(number, [0, 1], number === 3));
    assert.deepEqual(dueWorks(facts({ segments })), [{ work: "clean-journal" }]);
  });
});
