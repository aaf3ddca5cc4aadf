import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemActor } from "#api/actor.ts";
import type { Offer } from "#api/burst.ts";
import { amountOfDecimal } from "#api/money.ts";
import {
  endOf,
  graphHash,
  graphOf,
  openTestMoney,
  task,
  testPlan,
  type TestMoney,
} from "#test/support/burst-money.ts";
import { movableClock } from "#test/support/movable-clock.ts";
import { openTestStore, type TestStore } from "#test/support/store.ts";
import { sweepMoney } from "./sweep.ts";

const by = { actor: systemActor("test") };
const dollars = (text: string) => (amountOfDecimal(text) ?? 0n).toString();

describe("an offer", () => {
  const clock = movableClock();
  let shared: TestStore;
  let test: TestMoney;
  before(async () => {
    shared = await openTestStore();
    test = await openTestMoney(shared.store, clock);
    test.world.graph = graphOf(
      Array.from({ length: 40 }, (_, at) => task(500 + at, { stage: at < 10 ? "analyse" : "render" })),
    );
  });
  after(async () => await shared[Symbol.asyncDispose]());

  const ask = async () => await test.money.offer("shop", { title: "Merge", graph: graphHash }, by);
  const accept = async ({ id, quoteHash }: Offer, bound?: string) =>
    await test.money.accept("shop", id, { quoteHash, bound, priority: 0 }, by);
  const budget = async (amount: string | null) =>
    await test.money.setBudget("shop", { amount, alertsAt: [50, 80, 100] }, by);
  const sum = (offer: Offer) => offer.lines.reduce((total, { amount }) => total + BigInt(amount), 0n);

  it("says what a job takes and costs, and its lines add up to the price", async () => {
    const offer = await ask();
    assert.equal(offer.state, "open");
    assert.equal(sum(offer), BigInt(offer.burst.price));
    assert.deepEqual(
      offer.lines.map(({ stage, tasks }) => [stage, tasks]),
      [
        ["analyse", 10],
        ["render", 30],
      ],
    );
    assert.equal(offer.within.price, "0");
    assert.ok(offer.burst.seconds.p50 < offer.within.seconds.p50);
    assert.ok(BigInt(offer.credit) > 0n);
    assert.deepEqual(await test.money.show("shop", offer.id), offer);
    assert.deepEqual((await test.money.offers("shop", { limit: 1 }))[0], offer);
  });

  it("is not accepted without a budget, and not beyond it", async () => {
    await assert.rejects(async () => await accept(await ask()), { code: "quota-exceeded" });
    await budget("1");
    await assert.rejects(async () => await accept(await ask()), { code: "quota-exceeded" });
    assert.equal(test.started.size, 0);
    await budget(dollars("1"));
  });

  it("reserves its price, and the invoice of a clean run is the quote", async () => {
    const offer = await accept(await ask());
    const job = offer.job ?? "";
    assert.equal(offer.state, "accepted");
    assert.equal((await test.money.balance("shop", undefined)).held, offer.burst.price);
    const terms = test.started.get(job)?.terms ?? null;
    const end = endOf(test.world.graph, terms, "succeeded");
    await test.end("shop", job, end);
    await test.end("shop", job, end);
    const invoice = await test.money.invoice("shop", job);
    assert.deepEqual(invoice.lines, offer.lines);
    assert.equal(invoice.total, offer.burst.price);
    assert.equal(invoice.credit, offer.credit);
    const { held, posted } = await test.money.balance("shop", undefined);
    assert.deepEqual([held, posted], ["0", invoice.total]);
    assert.equal((await test.money.show("shop", offer.id)).state, "settled");
  });

  it("leaves out what is remembered, at the same price of every other task, and so does the invoice", async () => {
    const fresh = await ask();
    const known = new Set(Array.from({ length: 25 }, (_, at) => at));
    test.world.remembered = async () => await Promise.resolve(known);
    const offer = await accept(await ask());
    assert.deepEqual([fresh.remembered, fresh.expected], [0, fresh.burst.price]);
    assert.deepEqual([offer.remembered, sum(offer)], [25, BigInt(offer.expected)]);
    assert.deepEqual(
      offer.lines.map(({ stage, tasks }) => [stage, tasks]),
      [["render", 15]],
    );
    assert.ok(BigInt(offer.expected) < BigInt(fresh.expected));
    assert.ok(offer.burst.seconds.p50 < fresh.burst.seconds.p50);
    assert.equal(offer.burst.price, fresh.burst.price, "what is known may be gone when the job asks for it");
    assert.equal(offer.bound, fresh.bound);
    const { job = "" } = offer;
    const terms = test.started.get(job)?.terms ?? null;
    await test.end(
      "shop",
      job,
      endOf(test.world.graph, terms, "succeeded", (at) => !known.has(at)),
    );
    const invoice = await test.money.invoice("shop", job);
    assert.deepEqual([invoice.lines, invoice.total], [offer.lines, offer.expected]);
    assert.equal(invoice.credit, offer.credit);
    assert.deepEqual(await test.money.show("shop", offer.id), { ...offer, state: "settled" });
    test.world.remembered = async () => await Promise.resolve(new Set());
  });

  it("charges nothing for a job that failed, and a cancelled one for what was done", async () => {
    const earlier = BigInt((await test.money.balance("shop", undefined)).posted);
    for (const state of ["failed", "cancelled"] as const) {
      const { job = "" } = await accept(await ask());
      const terms = test.started.get(job)?.terms ?? null;
      await test.end(
        "shop",
        job,
        endOf(test.world.graph, terms, state, (at) => at < 10),
      );
      const { total, lines } = await test.money.invoice("shop", job);
      if (state === "failed") assert.deepEqual([total, lines], ["0", []]);
      else
        assert.deepEqual(
          lines.map(({ stage, tasks }) => [stage, tasks]),
          [["analyse", 10]],
        );
      const { posted, held } = await test.money.balance("shop", undefined);
      assert.deepEqual([BigInt(posted), held], [earlier + BigInt(total), "0"]);
    }
  });

  it("can be accepted for less, and its bound be raised up to the price", async () => {
    const open = await ask();
    const most = BigInt(open.burst.price);
    await assert.rejects(async () => await accept(open, (most + 1n).toString()), { code: "invalid" });
    const { job = "", bound } = await accept(open, (most / 2n).toString());
    assert.equal(bound, (most / 2n).toString());
    const of = { project: "shop", job, offer: open.id, terms: null };
    const raise = async (to: bigint) =>
      await test.store.transact(by, async (rows) => await test.jobs.raise(rows, of, to));
    await assert.rejects(async () => await raise(most / 2n - 1n), { code: "invalid" });
    await assert.rejects(async () => await raise(most + 1n), { code: "invalid" });
    await raise(most);
    await raise(most);
    assert.equal((await test.money.balance("shop", undefined)).held, most.toString());
    await test.end("shop", job, endOf(test.world.graph, test.started.get(job)?.terms ?? null, "succeeded"));
    assert.equal((await test.money.invoice("shop", job)).total, most.toString());
    const kinds = (await test.money.entries("shop", { job, limit: 10 })).map(({ kind }) => kind);
    assert.deepEqual(kinds, ["post", "post", "hold", "hold"]);
  });

  it("is refused with other figures, twice, after its time, and when the prices have changed", async () => {
    const first = await ask();
    await assert.rejects(async () => await accept({ ...first, quoteHash: "c".repeat(64) }), {
      code: "conflict",
    });
    const { job = "" } = await accept(first);
    await assert.rejects(async () => await accept(first), { code: "conflict" });
    await test.end("shop", job, endOf(test.world.graph, test.started.get(job)?.terms ?? null, "failed"));
    const late = await ask();
    const dearer = await ask();
    const plan = { ...testPlan, pricePerCoreSecond: "0.0000132" };
    const name = { kind: "plan", name: "sample", labels: {} };
    await shared.store.resources.apply({ ...name, spec: plan }, { by });
    await assert.rejects(async () => await accept(dearer), { code: "conflict" });
    await shared.store.resources.apply({ ...name, spec: testPlan }, { by });
    clock.advance(10 * 60_000);
    await assert.rejects(async () => await accept(late), { code: "conflict" });
    assert.equal((await test.money.show("shop", late.id)).state, "expired");
    await sweepMoney({ store: test.store, clock, holds: true });
    assert.equal((await test.money.show("shop", late.id)).state, "expired");
  });

  it("is no offer of another project, and no job of it has an invoice there", async () => {
    const offer = await ask();
    await shared.store.resources.apply(
      { kind: "project", name: "other", labels: {}, spec: { members: [] } },
      { by },
    );
    await assert.rejects(async () => await test.money.show("other", offer.id), { code: "not-found" });
    await assert.rejects(
      async () => await test.money.accept("other", offer.id, { quoteHash: offer.quoteHash, priority: 0 }, by),
      { code: "not-found" },
    );
    await assert.rejects(async () => await test.money.invoice("other", "job-1"), { code: "not-found" });
    await assert.rejects(
      async () => await test.money.refund("other", "job-1", { id: "a", reason: "x" }, by),
      { code: "not-found" },
    );
  });

  it("is not made while no worker is there, or without a plan", async () => {
    const { fleet } = test.world;
    test.world.fleet = [];
    await assert.rejects(async () => await ask(), { code: "unavailable" });
    test.world.fleet = fleet;
    await shared.store.resources.apply(
      { kind: "project", name: "gone", labels: {}, spec: { plan: "nowhere" } },
      { by },
    );
    await assert.rejects(async () => await test.money.offer("gone", { title: "x", graph: graphHash }, by), {
      code: "unavailable",
    });
  });

  it("gives a charge back once for each id, not more than it was, and tells the project", async () => {
    const earlier = BigInt((await test.money.balance("shop", undefined)).posted);
    const { total } = await test.money.invoice("shop", "job-1");
    await test.money.refund(
      "shop",
      "job-1",
      { id: "half", amount: (BigInt(total) / 2n).toString(), reason: "grey sky" },
      by,
    );
    const whole = await test.money.refund("shop", "job-1", { id: "rest", reason: "grey sky" }, by);
    assert.equal(whole.refunded, total);
    assert.equal(
      (await test.money.refund("shop", "job-1", { id: "rest", reason: "grey sky" }, by)).refunded,
      total,
    );
    await assert.rejects(
      async () => await test.money.refund("shop", "job-1", { id: "more", reason: "again" }, by),
      { code: "conflict" },
    );
    assert.equal(BigInt((await test.money.balance("shop", undefined)).posted), earlier - BigInt(total));
    const events = await shared.store.events.list({ projects: ["shop"], limit: 100 });
    assert.equal(events.filter(({ type }) => type === "burst.refunded").length, 2);
  });

  it("is exported with its refunds, each line once", async () => {
    const csv = await test.money.usage("shop", { form: "focus" });
    const [header = "", ...rows] = csv.trimEnd().split("\r\n");
    assert.ok(header.startsWith("BillingAccountId,BillingCurrency,"));
    assert.equal(rows.filter((row) => row.includes(",job-1,")).length, 4);
    const events = (await test.money.usage("shop", { form: "cloudevents" })).trimEnd().split("\n");
    assert.equal(events.length, rows.length);
    const ids = events.map((line) => (JSON.parse(line) as { id: string }).id); // our own lines
    assert.equal(new Set(ids).size, ids.length);
  });

  it("tells once of a budget that is nearly reserved", async () => {
    const offer = await ask();
    const { posted } = await test.money.balance("shop", undefined);
    await budget((BigInt(posted) + BigInt(offer.burst.price)).toString());
    await accept(offer);
    const sweep = async () => await sweepMoney({ store: test.store, clock, holds: false });
    await sweep();
    await sweep();
    const events = await shared.store.events.list({ projects: ["shop"], limit: 100 });
    const alerts = events
      .filter(({ type }) => type === "budget.alert")
      .map(({ details }) => details?.["percent"]);
    assert.deepEqual(alerts, [100, 80, 50]);
  });
});
