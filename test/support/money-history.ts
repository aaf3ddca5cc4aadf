import assert from "node:assert/strict";
import fc from "fast-check";
import { systemActor } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { PlanSpec } from "#api/kinds/plan.ts";
import { decimalOfAmount } from "#api/money.ts";
import type { TaskSpec } from "#burst/graph.ts";
import type { JobEnd } from "#burst/scheduler/money.ts";
import type { Json } from "#lib/json.ts";
import { endOf, graphHash, graphOf, task, testPlan, type TestMoney } from "./burst-money.ts";

/** What happens to one job between its offer and its last refund. */
export interface History {
  readonly plan: PlanSpec;
  readonly tasks: readonly TaskSpec[];
  /** Of the price, in thousandths: what is accepted, and the budget. */
  readonly bound: number;
  readonly budget: number;
  readonly steps: readonly Step[];
  readonly end: JobEnd["state"];
  readonly refunds: readonly number[];
}

type Step =
  /** `done` may come twice, late, or for a task that is done; `failed` leaves it to be done again. */
  | { readonly do: "done" | "failed" | "remembered"; readonly task: number }
  /** The scheduler starts anew: it knows what the store has. */
  | { readonly do: "restart" }
  | { readonly do: "accept-again" }
  | { readonly do: "raise"; readonly to: number };

const price = fc.integer({ min: 0, max: 50_000_000 }).map((amount) => decimalOfAmount(BigInt(amount)));

export const planOf = fc
  .record({ core: price, memory: price, cores: fc.constantFrom(0.001, 0.5, 1.5, 64) })
  .map(({ core, memory, cores }): PlanSpec => ({
    ...testPlan,
    pricePerCoreSecond: core,
    pricePerGibSecond: memory,
    includedCores: cores,
  }));

const permille = fc.integer({ min: 0, max: 1_000 });
const tasks = fc.array(
  fc
    .record({
      cost: fc.oneof(fc.integer({ min: 0, max: 3_600_000 }), fc.double({ min: 0, max: 900, noNaN: true })),
      memoryBytes: fc.integer({ min: 0, max: 1024 ** 3 }),
      stage: fc.constantFrom("analyse", "render", "join"),
    })
    .map(({ cost, ...more }) => task(cost, more)),
  { minLength: 1, maxLength: 6 },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("done" as const, "done" as const, "failed" as const, "remembered" as const),
      task: fc.integer({ min: 0, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: "restart" }, { do: "accept-again" }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("raise" as const), to: permille }) },
);

/** Also clean runs: everything done once at the full bound. */
export const history = (plan: fc.Arbitrary<PlanSpec>): fc.Arbitrary<History> =>
  fc
    .record({
      plan,
      tasks,
      bound: fc.oneof(fc.constant(1_000), permille),
      budget: fc.oneof(fc.constant(2_000), fc.integer({ min: 0, max: 2_000 })),
      steps: fc.array(step, { maxLength: 14 }),
      end: fc.constantFrom<JobEnd["state"]>("succeeded", "succeeded", "failed", "cancelled"),
      refunds: fc.array(permille, { maxLength: 3 }),
      isClean: fc.boolean(),
    })
    .map(({ isClean, ...made }) =>
      isClean
        ? {
            ...made,
            bound: 1_000,
            budget: 1_000,
            end: "succeeded" as const,
            steps: made.tasks.map((_, at) => ({ do: "done" as const, task: at })),
          }
        : made,
    );

const by = { actor: systemActor("test") };
const part = (amount: bigint, thousandths: number) => (amount * BigInt(thousandths)) / 1_000n;

/** Lives the history on `test` and asserts what must always hold. The project is its own: nothing is posted or held before. */
export async function live(
  test: TestMoney,
  { plan: _, ...history_ }: History,
): Promise<"refused" | "settled"> {
  const { money, jobs, store } = test;
  const graph = graphOf(history_.tasks);
  test.world.graph = graph;
  const offer = await money.offer("shop", { title: "history", graph: graphHash }, by);
  const most = BigInt(offer.burst.price);
  const before = await money.balance("shop", undefined);
  const spent = BigInt(before.posted) + BigInt(before.held);
  const budget = spent + part(most, history_.budget);
  await money.setBudget("shop", { amount: budget.toString(), alertsAt: [50, 100] }, by);
  let bound = part(most, history_.bound);
  const accept = async () => {
    const { quoteHash } = offer;
    return await money.accept("shop", offer.id, { quoteHash, bound: bound.toString(), priority: 0 }, by);
  };
  if (bound > budget - spent) {
    await assert.rejects(accept, { code: "quota-exceeded" });
    return "refused";
  }
  const { job = "" } = await accept();
  const { terms } = test.started.get(job) ?? { terms: null };
  const of = { project: "shop", job, offer: offer.id, terms };
  const done = new Set<number>();
  const remembered = new Set<number>();
  let priceOf = jobs.price(terms);
  const charged = () => [...done].reduce((sum, at) => sum + priceOf(taskAt(graph.tasks, at)), 0n);
  for (const each of history_.steps) {
    if (each.do === "restart") priceOf = jobs.price(JSON.parse(JSON.stringify(terms)) as Json); // our own JSON
    else if (each.do === "accept-again") await assert.rejects(accept, { code: "conflict" });
    else if (each.do === "raise") {
      const to = part(most, each.to);
      const raised = await outcome(store.transact(by, async (rows) => await jobs.raise(rows, of, to)));
      if (raised === undefined) bound = to;
      else if (to > bound) assert.equal(raised, "quota-exceeded");
      else assert.equal(raised, "invalid");
    } else {
      const at = each.task % graph.tasks.length;
      if (done.has(at) || remembered.has(at) || each.do === "failed") continue;
      if (each.do === "remembered") remembered.add(at);
      // A lease is given only when the bound covers what it costs at most.
      else if (charged() + priceOf(taskAt(graph.tasks, at)) <= bound) done.add(at);
    }
    if (each.do !== "raise") continue;
    const { posted, held } = await money.balance("shop", undefined);
    assert.ok(BigInt(posted) + BigInt(held) <= budget, "what is posted and held is within the budget");
  }
  const end = endOf(graph, terms, history_.end, (at) => done.has(at));
  assert.equal(end.charged, charged(), "the meter and the invoice say the same");
  await test.end("shop", job, end);
  await test.end("shop", job, end);
  await ended(test, { job, bound, spentBefore: BigInt(before.posted), history: history_, end });
  const invoice = await money.invoice("shop", job);
  if (done.size === graph.tasks.length && history_.end === "succeeded") {
    assert.deepEqual(invoice.lines, offer.lines);
    assert.equal(invoice.total, offer.burst.price);
    assert.equal(invoice.credit, offer.credit);
  }
  return "settled";
}

/** After the end: nothing is held, what is posted is what is owed, and refunds never give more than that. */
async function ended(
  { money, store }: TestMoney,
  of: {
    readonly job: string;
    readonly bound: bigint;
    readonly spentBefore: bigint;
    readonly history: Pick<History, "end" | "refunds">;
    readonly end: JobEnd;
  },
): Promise<void> {
  const { job, bound, spentBefore, history: lived, end } = of;
  const { posted } = await store.rows.ledger.jobTotals(job);
  assert.equal(posted, lived.end === "failed" ? 0n : end.charged);
  assert.ok(posted <= bound, "no more is posted than was accepted");
  const { held } = await money.balance("shop", undefined);
  assert.equal(held, "0");
  let given = 0n;
  for (const [at, thousandths] of lived.refunds.entries()) {
    const amount = part(posted, thousandths);
    const request = { id: `r${at}`, amount: amount.toString(), reason: "a history" };
    const refused = await outcome(money.refund("shop", job, request, by));
    if (refused === undefined) given += amount;
    else assert.ok(amount === 0n || given + amount > posted);
  }
  const totals = await store.rows.ledger.jobTotals(job);
  assert.deepEqual(totals, { posted, refunded: given });
  assert.equal((await money.balance("shop", undefined)).posted, (spentBefore + posted - given).toString());
  const all = await store.rows.ledger.totals();
  assert.equal(all.debitsPosted, all.creditsPosted);
  assert.equal(all.debitsPending, all.creditsPending);
}

function taskAt(list: readonly TaskSpec[], at: number): TaskSpec {
  const found = list[at];
  assert.ok(found !== undefined);
  return found;
}

async function outcome(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof VdcError) return error.code;
    throw error;
  }
}
