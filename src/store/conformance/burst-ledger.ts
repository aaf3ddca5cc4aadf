import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { BurstLedger } from "../burst-ledger.ts";

/** Runs ledger calls in a transaction of their own: what throws leaves nothing behind. */
export interface LedgerEngine extends AsyncDisposable {
  run<T>(work: (ledger: BurstLedger) => Promise<T>): Promise<T>;
}

const at = "2026-11-22T12:00:00.000Z";
const later = "2026-12-22T12:00:00.000Z";
const month = "2026-11";
const unit = 1_000_000_000_000n;

/** What every engine of the burst ledger does, as tests. */
export function burstLedgerConformance(name: string, open: () => Promise<LedgerEngine>): void {
  describe(`the burst ledger on ${name}`, () => {
    let engine: LedgerEngine;
    before(async () => {
      engine = await open();
    });
    after(async () => await engine[Symbol.asyncDispose]());

    const run: LedgerEngine["run"] = async (work) => await engine.run(work);
    const budget = async (projectId: string, amount: bigint, currency = "USD") =>
      await run(async (ledger) => ledger.setBudget(projectId, { currency, amount, alertsAt: [50, 80, 100] }));
    const hold = async (projectId: string, id: string, amount: bigint, more: { month?: string } = {}) =>
      await run(async (ledger) =>
        ledger.hold({
          id,
          projectId,
          month,
          currency: "USD",
          amount,
          job: id,
          text: "a job",
          at,
          expiresAt: later,
          ...more,
        }),
      );
    const post = async (held: string, amount: bigint, id = `${held}/post`) =>
      await run(async (ledger) => ledger.post({ id, hold: held, amount, text: "done", at }));
    const release = async (held: string, id = `${held}/void`) =>
      await run(async (ledger) => ledger.void({ id, hold: held, text: "failed", at }));
    const balance = async (projectId: string, of = month) =>
      await run(async (ledger) => ledger.balance(projectId, of, "USD"));

    it("reserves, posts a part, and lets the rest return", async () => {
      await budget("a", 10n * unit);
      await hold("a", "a1", 4n * unit);
      assert.deepEqual(await balance("a"), { posted: 0n, held: 4n * unit });
      await post("a1", 3n * unit);
      assert.deepEqual(await balance("a"), { posted: 3n * unit, held: 0n });
      assert.deepEqual(await run(async (ledger) => ledger.openHolds("a1")), []);
    });

    it("refuses to reserve more than the budget leaves, to the last unit", async () => {
      await budget("b", 10n * unit);
      await hold("b", "b1", 6n * unit);
      await post("b1", 5n * unit);
      await assert.rejects(async () => await hold("b", "b2", 5n * unit + 1n), { code: "quota-exceeded" });
      await hold("b", "b3", 5n * unit);
      await assert.rejects(async () => await hold("b", "b4", 1n), { code: "quota-exceeded" });
    });

    it("counts what is reserved in another month, and what was posted there not", async () => {
      await budget("c", 10n * unit);
      await hold("c", "c1", 4n * unit, { month: "2026-10" });
      await hold("c", "c2", 4n * unit, { month: "2026-10" });
      await post("c1", 4n * unit);
      await assert.rejects(async () => await hold("c", "c3", 7n * unit), { code: "quota-exceeded" });
      await hold("c", "c4", 6n * unit);
      assert.deepEqual(await balance("c", "2026-10"), { posted: 4n * unit, held: 10n * unit });
    });

    it("reserves nothing without a budget in the currency, and nothing at all needs none", async () => {
      await assert.rejects(async () => await hold("d", "d1", 1n), { code: "quota-exceeded" });
      await budget("d", unit, "EUR");
      await assert.rejects(async () => await hold("d", "d2", 1n), { code: "quota-exceeded" });
      await hold("d", "d3", 0n);
      await post("d3", 0n);
    });

    it("makes a transfer once that is asked for twice, and refuses another one under its id", async () => {
      await budget("e", 10n * unit);
      const first = await hold("e", "e1", unit);
      assert.deepEqual(await hold("e", "e1", unit), first);
      await assert.rejects(async () => await hold("e", "e1", 2n * unit), { code: "conflict" });
      assert.deepEqual(await post("e1", unit), await post("e1", unit));
      await assert.rejects(async () => await post("e1", unit - 1n), { code: "conflict" });
      assert.deepEqual(await balance("e"), { posted: unit, held: 0n });
    });

    it("ends a hold once, and never with more than it reserves", async () => {
      await budget("f", 10n * unit);
      await hold("f", "f1", unit);
      await assert.rejects(async () => await post("f1", unit + 1n), { code: "invalid" });
      await release("f1");
      await release("f1");
      await assert.rejects(async () => await post("f1", unit), { code: "conflict" });
      await assert.rejects(async () => await post("f0", unit), { code: "not-found" });
      assert.deepEqual(await balance("f"), { posted: 0n, held: 0n });
    });

    it("gives back what was posted, not more, and the budget has it again", async () => {
      await budget("g", 2n * unit);
      const refund = async (id: string, job: string, amount: bigint) =>
        await run(async (ledger) => ledger.refund({ id, job, amount, text: "sorry", at }));
      await assert.rejects(async () => await refund("g0/refund", "g0", 1n), { code: "not-found" });
      await hold("g", "g1", 2n * unit);
      await post("g1", 2n * unit);
      await refund("g1/refund/1", "g1", unit);
      await refund("g1/refund/1", "g1", unit);
      await assert.rejects(async () => await refund("g1/refund/2", "g1", unit + 1n), { code: "conflict" });
      const totals = await run(async (ledger) => ledger.jobTotals("g1"));
      assert.deepEqual(totals, { posted: 2n * unit, refunded: unit });
      await hold("g", "g2", unit);
      await assert.rejects(async () => await hold("g", "g3", 1n), { code: "quota-exceeded" });
    });

    it("lets holds return whose time is over", async () => {
      await budget("h", 2n * unit);
      await hold("h", "h1", 2n * unit);
      assert.equal(await run(async (ledger) => ledger.expire("2026-11-23T00:00:00.000Z", 100)), 0);
      assert.ok((await run(async (ledger) => ledger.expire(later, 100))) >= 1);
      assert.deepEqual(await balance("h"), { posted: 0n, held: 0n });
      await assert.rejects(async () => await post("h1", unit), { code: "conflict" });
    });

    it("tells each percent of a budget that is reached once in a month", async () => {
      await budget("i", 10n * unit);
      const alerts = async () =>
        (await run(async (ledger) => ledger.takeAlerts()))
          .filter(({ projectId }) => projectId === "i")
          .map((one) => `${one.month} ${one.percent}`);
      await hold("i", "i1", 4n * unit);
      assert.deepEqual(await alerts(), []);
      await hold("i", "i2", 4n * unit);
      assert.deepEqual(await alerts(), ["2026-11 50", "2026-11 80"]);
      await release("i2");
      await hold("i", "i3", 4n * unit);
      assert.deepEqual(await alerts(), []);
      await hold("i", "i4", 2n * unit, { month: "2026-12" });
      assert.deepEqual(await alerts(), ["2026-12 50", "2026-12 80", "2026-12 100"]);
    });

    it("lists transfers newest first, a page at a time, and those of one job", async () => {
      await budget("j", 10n * unit);
      for (const id of ["j1", "j2"]) await hold("j", id, unit);
      await post("j1", 1n);
      const ids = async (query: { job?: string; before?: string; limit: number }) =>
        (await run(async (ledger) => ledger.transfers({ projectId: "j", ...query }))).map(({ id }) => id);
      assert.deepEqual(await ids({ limit: 2 }), ["j1/post", "j2"]);
      assert.deepEqual(await ids({ limit: 2, before: "j2" }), ["j1"]);
      assert.deepEqual(await ids({ limit: 9, job: "j1" }), ["j1/post", "j1"]);
      assert.deepEqual(await ids({ limit: 9, before: "nothing" }), []);
    });

    it("has equal debits and credits over all accounts", async () => {
      const totals = await run(async (ledger) => ledger.totals());
      assert.equal(totals.debitsPosted, totals.creditsPosted);
      assert.equal(totals.debitsPending, totals.creditsPending);
      assert.ok(totals.debitsPosted > 0n);
    });
  });
}
