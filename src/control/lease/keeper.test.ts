import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { silentLog } from "#lib/log.ts";
import type { Clock } from "#lib/clock.ts";
import { ManualClock } from "#sim/clock.ts";
import type { Fence, LeaseStore } from "#store/store.ts";
import { createLeaseKeeper, type LeaseKeeper } from "./keeper.ts";

const ttlMs = 9_000;
const marginMs = ttlMs / 5;
type Leases = Pick<LeaseStore, "acquire" | "release">;

/** A lease table whose time is its own clock, and whose answers can be held back or refused. */
class LeaseTable implements Leases {
  readonly clock: ManualClock;
  reachable = true;
  /** Answers come this much later, although the lease was taken at once. */
  answerAfterMs = 0;
  readonly #rows = new Map<string, { holder: string; epoch: number; until: number }>();

  constructor(clock: ManualClock) {
    this.clock = clock;
  }

  async acquire(name: string, holder: string, ttl: number) {
    if (!this.reachable) throw new Error("no route to the database");
    const now = this.clock.monotonic();
    const row = this.#rows.get(name) ?? { holder: "", epoch: 0, until: 0 };
    if (row.until > now && row.holder !== holder) return { heldBy: row.holder, forMs: row.until - now };
    const epoch = row.until > now ? row.epoch : row.epoch + 1;
    this.#rows.set(name, { holder, epoch, until: now + ttl });
    if (this.answerAfterMs > 0) await this.clock.sleep(this.answerAfterMs);
    return { name, holder, epoch, remainingMs: ttl };
  }

  async release(name: string, epoch: number): Promise<void> {
    const row = this.#rows.get(name);
    if (row?.epoch === epoch) this.#rows.set(name, { holder: "", epoch: epoch + 1, until: 0 });
    await Promise.resolve();
  }
}

function keeperOn(
  leases: Leases,
  clock: Clock,
  holder: string,
  told: (Fence | undefined)[] = [],
): LeaseKeeper {
  const onChange = (fence: Fence | undefined) => void told.push(fence);
  return createLeaseKeeper({ leases, name: "it", holder, ttlMs, clock, log: silentLog, onChange });
}

describe("a lease keeper", () => {
  it("takes a free lease, tells so, and keeps it by renewing", async () => {
    const clock = new ManualClock();
    const told: (Fence | undefined)[] = [];
    await using keeper = keeperOn(new LeaseTable(clock), clock, "a", told);
    keeper.start();
    await clock.advance(10 * ttlMs);
    assert.deepEqual(keeper.fence(), { lease: "it", epoch: 1 });
    assert.deepEqual(told, [{ lease: "it", epoch: 1 }]);
  });

  it("leaves a held lease alone and takes it once it is given up", async () => {
    const clock = new ManualClock();
    const table = new LeaseTable(clock);
    await using first = keeperOn(table, clock, "a");
    await using second = keeperOn(table, clock, "b");
    first.start();
    await clock.advance(1);
    second.start();
    await clock.advance(5 * ttlMs);
    assert.equal(second.fence(), undefined);
    await first.stop();
    assert.equal(first.fence(), undefined);
    await clock.advance(ttlMs / 3);
    assert.equal(second.fence()?.epoch, 3, "giving up and taking over each raise the epoch");
  });

  it("gives nothing once ttl - margin has passed since the last successful renewal began", async () => {
    const clock = new ManualClock();
    const table = new LeaseTable(clock);
    const told: (Fence | undefined)[] = [];
    await using keeper = keeperOn(table, clock, "a", told);
    keeper.start();
    await clock.advance(1);
    table.reachable = false;
    await clock.advance(ttlMs - marginMs - 2);
    assert.notEqual(keeper.fence(), undefined, "a failed renewal alone loses nothing");
    await clock.advance(1);
    assert.equal(keeper.fence(), undefined);
    assert.equal(told.at(-1), undefined);
    table.reachable = true;
    await clock.advance(ttlMs);
    assert.equal(keeper.fence()?.epoch, 2);
  });

  it("counts from the beginning of a renewal whose answer came late", async () => {
    const clock = new ManualClock();
    const table = new LeaseTable(clock);
    table.answerAfterMs = ttlMs - marginMs;
    await using keeper = keeperOn(table, clock, "a");
    keeper.start();
    await clock.advance(ttlMs - marginMs);
    assert.equal(keeper.fence(), undefined, "an answer as old as the lease is worth nothing");
  });

  it("stops itself after a pause, before any timer has run", async () => {
    const clock = new ManualClock();
    await using keeper = keeperOn(new LeaseTable(clock), clock, "a");
    keeper.start();
    await clock.advance(1);
    clock.pauseFor(ttlMs);
    assert.equal(keeper.fence(), undefined);
  });

  it("does not ask wall time", async () => {
    const clock = new ManualClock();
    await using keeper = keeperOn(new LeaseTable(clock), clock, "a");
    keeper.start();
    await clock.advance(1);
    for (const jump of [-86_400_000, 172_800_000]) {
      clock.jumpWall(jump);
      assert.deepEqual(keeper.fence(), { lease: "it", epoch: 1 });
    }
  });

  it("tells the loss before it tells a new epoch", async () => {
    const clock = new ManualClock();
    const table = new LeaseTable(clock);
    const told: (Fence | undefined)[] = [];
    await using keeper = keeperOn(table, clock, "a", told);
    keeper.start();
    await clock.advance(1);
    await table.release("it", 1);
    await clock.advance(ttlMs);
    assert.deepEqual(
      told.map((fence) => fence?.epoch),
      [1, undefined, 3],
    );
  });

  it("is never two at once, whatever pauses, partitions and late answers there are", async () => {
    const disturbance = fc.record({
      who: fc.integer({ min: 0, max: 2 }),
      what: fc.constantFrom("pause", "cut", "mend", "late", "wait"),
      forMs: fc.integer({ min: 0, max: 2 * ttlMs }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(disturbance, { maxLength: 25 }), async (disturbances) => {
        const clock = new ManualClock();
        const table = new LeaseTable(clock);
        const parties = ["a", "b", "c"].map((holder) => disturbedKeeper(table, clock, holder));
        const actors = () => parties.flatMap(({ keeper }) => keeper.fence()?.epoch ?? []);
        for (const { keeper } of parties) keeper.start();
        for (const { who, what, forMs } of disturbances) {
          const party = parties[who];
          if (party !== undefined && what !== "wait") party.disturb(what, forMs);
          for (let passed = 0; passed < forMs; passed += 500) {
            await clock.advance(500);
            assert.ok(actors().length <= 1, `acting at once: ${actors().join(", ")}`);
          }
        }
        for (const { disturb } of parties) disturb("mend", 0);
        await clock.advance(3 * ttlMs);
        assert.equal(actors().length, 1, "when all is well again, somebody leads");
      }),
      { numRuns: 60 },
    );
  });
});

/** A keeper with a link of its own to the table; a paused one runs no timer until its time is over. */
function disturbedKeeper(table: LeaseTable, clock: ManualClock, holder: string) {
  let reachable = true;
  let lateMs = 0;
  let pausedUntil = 0;
  const pause = async () => {
    if (pausedUntil > clock.monotonic()) await clock.sleep(pausedUntil - clock.monotonic());
  };
  const link: Leases = {
    acquire: async (...question) => {
      await pause();
      if (!reachable) throw new Error("no route to the database");
      const answer = await table.acquire(...question);
      if (lateMs > 0) await clock.sleep(lateMs);
      await pause();
      return answer;
    },
    release: async (name, epoch) => await table.release(name, epoch),
  };
  return {
    keeper: keeperOn(link, clock, holder),
    disturb: (what: "pause" | "cut" | "mend" | "late", forMs: number) => {
      if (what === "pause") pausedUntil = clock.monotonic() + forMs;
      if (what === "cut") reachable = false;
      if (what === "late") lateMs = forMs;
      if (what !== "mend") return;
      reachable = true;
      lateMs = 0;
      pausedUntil = 0;
    },
  };
}
