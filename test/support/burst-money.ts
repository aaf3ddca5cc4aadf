import { systemActor } from "#api/actor.ts";
import { planSpecSchema, type PlanSpec } from "#api/kinds/plan.ts";
import { projectSpecSchema } from "#api/kinds/project.ts";
import type { JobGraph, TaskSpec } from "#burst/graph.ts";
import { createJobMoney } from "#burst/ledger/job-money.ts";
import { createBurstMoney, type BurstMoney } from "#burst/offers/service.ts";
import { priceGraph, termsSchema } from "#burst/pricing/task-price.ts";
import type { FleetPart } from "#burst/pricing/quote.ts";
import type { JobEnd, JobMoney } from "#burst/scheduler/money.ts";
import type { Json } from "#lib/json.ts";
import { systemRandom } from "#lib/random.ts";
import { createMoneyStore, type MoneyStore } from "#store/burst-money.ts";
import type { PostgresStore } from "#store/postgres/open.ts";
import type { Clock } from "#lib/clock.ts";

const by = { actor: systemActor("test") };
export const graphHash = "a".repeat(64);

export const testPlan: PlanSpec = planSpecSchema.parse({
  currency: "USD",
  includedCores: 0.5,
  includedMemoryBytes: 1024 ** 3,
  pricePerCoreSecond: "0.0000131",
  pricePerGibSecond: "0.00000222",
  maxBurstSlots: 32,
});

export function task(cost: number, more: Partial<TaskSpec> = {}): TaskSpec {
  const base = { fn: "work", args: [], inputs: [], outputs: 1, memoryBytes: 64 * 1024 ** 2, outputBytes: 0 };
  return { ...base, cost, stage: "render", ...more };
}

export function graphOf(tasks: readonly TaskSpec[]): JobGraph {
  return { package: "b".repeat(64), tasks, results: [] };
}

/** What the scheduler hands over when a job ends with these tasks paid. */
export function endOf(
  graph: JobGraph,
  terms: Json,
  state: JobEnd["state"],
  isPaid: (task: number) => boolean = () => true,
): JobEnd {
  const { lines, total } = priceGraph(graph, termsSchema.parse(terms), isPaid);
  return { state, charged: total, stages: lines };
}

type Remembered = (project: string, graph: JobGraph) => Promise<ReadonlySet<number>>;

export interface TestMoney {
  readonly store: MoneyStore;
  readonly money: BurstMoney;
  readonly jobs: JobMoney;
  /** Graph that every hash names, the slots that every project has, and which tasks are known. */
  readonly world: { graph: JobGraph; fleet: readonly FleetPart[]; remembered: Remembered };
  /** Terms of the jobs that were started. */
  readonly started: ReadonlyMap<string, { readonly terms: Json; readonly offer: string }>;
  /** Ends a job of a project. */
  end(project: string, job: string, end: JobEnd): Promise<void>;
}

/** Money on a real store, with a project `shop` that has the plan of the tests. */
export async function openTestMoney(store: PostgresStore, clock: Clock): Promise<TestMoney> {
  await store.resources.apply({ kind: "plan", name: "sample", labels: {}, spec: testPlan }, { by });
  const spec = projectSpecSchema.parse({});
  await store.resources.apply({ kind: "project", name: "shop", labels: {}, spec }, { by });
  return testMoneyOn(createMoneyStore(store), clock);
}

/** Its scheduler starts jobs called `job-1`, `job-2` … (after `prefix`), and does nothing else. */
export function testMoneyOn(store: MoneyStore, clock: Clock, prefix = ""): TestMoney {
  const jobs = createJobMoney({ rows: store.rows, clock });
  const world: TestMoney["world"] = {
    graph: graphOf([task(1_000)]),
    fleet: [{ slots: 8, speed: 1 }],
    remembered: async () => await Promise.resolve(new Set()),
  };
  const started = new Map<string, { terms: Json; offer: string }>();
  const money = createBurstMoney({
    store,
    dataCenter: "test",
    clock,
    random: systemRandom,
    ports: {
      graph: async () => world.graph,
      remembered: async (project, graph) => await world.remembered(project, graph),
      fleet: () => world.fleet,
      startJob: async (job, who) => {
        const id = `${prefix}job-${started.size + 1}`;
        const acceptance = { ...job, job: id, actor: who.actor.name };
        const { terms } = await store.transact(who, async (rows) => await jobs.accept(rows, acceptance));
        started.set(id, { terms, offer: job.offer });
      },
    },
  });
  const end = async (project: string, job: string, ended: JobEnd) => {
    const of = started.get(job) ?? { terms: null, offer: "" };
    await store.transact(by, async (rows) => await jobs.settle(rows, { project, job, ...of }, ended));
  };
  return { store, money, jobs, world, started, end };
}
