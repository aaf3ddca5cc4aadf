import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DriveDetail, StoreStatus } from "#objects/admin.ts";
import { ManualClock } from "#sim/clock.ts";
import { RequestSignals, windowMs } from "./request-signals.ts";
import { mismatchLastsMs, storeSignals } from "./store-signals.ts";

const status = (change: Partial<StoreStatus> = {}): StoreStatus => ({
  storeId: "s",
  phase: "serving",
  layout: { k: 4, m: 2, copies: 3 },
  margin: 1,
  objects: 0,
  bytes: 0,
  buckets: 0,
  repairQueue: 0,
  garbageBytes: 0,
  journal: { segments: 1, bytes: 0, lastSequence: 0 },
  counters: {
    hedges: 0,
    insideRetries: 0,
    heldRequests: 0,
    checksumMismatches: 2,
    repairedShards: 2,
    brokenPromises: 0,
    segmentMoves: 0,
    droppedEvents: 0,
  },
  ...change,
});
const drive = (change: Partial<DriveDetail> = {}): DriveDetail => ({
  number: 1,
  id: "d",
  path: "/mnt/1",
  wanted: "active",
  addedAt: 0,
  state: "ok",
  since: 5,
  totalBytes: 100,
  freeBytes: 50,
  shards: 0,
  segments: 0,
  usedBytes: 0,
  errors: 0,
  missingShards: 0,
  ...change,
});
const affected = { everyone: false, projects: [{ project: "shop", buckets: ["pictures"] }] };

describe("the signals of the store", () => {
  const of = (drives: readonly DriveDetail[], change: Partial<StoreStatus> = {}) =>
    storeSignals({ status: status(change), drives, affectedBy: () => affected }, 10);

  it("say nothing while all is well, and name the customers of a drive that is not", () => {
    assert.deepEqual(of([drive()]), []);
    const [signal] = of([drive({ state: "failed", reason: "EIO" })]);
    assert.deepEqual(
      [signal?.cause, signal?.impact, signal?.since, signal?.affected],
      ["drive-lost", "none", 5, affected],
    );
  });

  it("grow worse when nothing more may be lost", () => {
    assert.equal(of([drive({ state: "missing" })], { margin: 0 })[0]?.impact, "minor");
  });

  it("warn of a drive that fills up before it is full, and of what is held", () => {
    assert.deepEqual(
      of([drive({ freeBytes: 20 })]).map(({ cause, effects }) => [cause, effects]),
      [["drive-full", ["writes"]]],
    );
    assert.deepEqual(
      of([], { phase: "holding", reason: "drive 2 is missing" }).map(({ cause, impact, detail }) => [
        cause,
        impact,
        detail,
      ]),
      [["store-holding", "critical", "drive 2 is missing"]],
    );
  });

  it("remember damage for a while after it was repaired", () => {
    const facts = {
      status: status(),
      drives: [],
      affectedBy: () => affected,
      damaged: { affected, lastAt: 100 },
    };
    assert.deepEqual(
      [storeSignals(facts, 100).length, storeSignals(facts, 100 + mismatchLastsMs).length],
      [1, 0],
    );
  });
});

describe("the signals of requests", () => {
  it("tell of one customer's failures that an average would hide, and forget them after the window", async () => {
    const clock = new ManualClock();
    const signals = new RequestSignals(clock, "objects-1");
    for (let turn = 0; turn < 1_000; turn += 1) signals.saw({ project: "bank", status: 200, held: false });
    for (let turn = 0; turn < 20; turn += 1)
      signals.saw({ project: "shop", bucket: "pictures", status: turn === 0 ? 500 : 200, held: false });
    assert.deepEqual(
      signals.signals().map(({ id, cause }) => [id, cause]),
      [["errors/objects-1/shop", "errors"]],
    );
    await clock.advance(windowMs + 1);
    assert.deepEqual(signals.signals(), []);
  });

  it("tell of requests that are held before any of them fails", () => {
    const signals = new RequestSignals(new ManualClock(), "objects-1");
    signals.holds("shop", "pictures");
    assert.deepEqual(
      signals.signals().map(({ cause, affected: { projects } }) => [cause, projects]),
      [["held-requests", [{ project: "shop", buckets: ["pictures"] }]]],
    );
    signals.saw({ project: "shop", bucket: "pictures", status: 503, held: true });
    assert.deepEqual(
      signals.signals().map(({ cause }) => cause),
      ["broken-promise", "held-requests"],
    );
  });
});
