import { systemActor } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { planSpecSchema, samplePlanName } from "#api/kinds/plan.ts";
import { createJobMoney } from "#burst/ledger/job-money.ts";
import { createBurstMoney, type BurstMoney, type MoneyPorts } from "#burst/offers/service.ts";
import { holdsEverySweeps, sweepEveryMs, sweepMoney } from "#burst/offers/sweep.ts";
import type { JobMoney } from "#burst/scheduler/money.ts";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import { createMoneyStore, type MoneyStore } from "#store/burst-money.ts";
import type { PostgresStore } from "#store/postgres/open.ts";

/** Plans, offers and the ledger of this data center. */
export interface OpenedBurstMoney {
  readonly service: BurstMoney;
  /** For the scheduler. */
  readonly jobs: JobMoney;
  /** Money and scheduler need each other: until the scheduler is known, offers are `unavailable`. */
  connect(ports: MoneyPorts): void;
}

const by = { actor: systemActor("control") };

/** Opens the money of burst, makes the sample plan where there is no plan, and keeps offers and alerts true until `opening` is disposed. */
export async function openBurstMoney(
  options: {
    readonly store: PostgresStore;
    readonly dataCenter: string;
    /** Project that gets a small budget together with the sample plan. */
    readonly firstProject: string | undefined;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
  },
  opening: AsyncDisposableStack,
): Promise<OpenedBurstMoney> {
  const { store, dataCenter, firstProject, clock, random, log } = options;
  const money = createMoneyStore(store);
  await ensureSamplePlan(store, money, firstProject);
  let scheduler: MoneyPorts | undefined;
  const connected = (): MoneyPorts => {
    if (scheduler === undefined)
      throw new VdcError("unavailable", "Burst is not running in this data center.");
    return scheduler;
  };
  const ports: MoneyPorts = {
    graph: async (project, hash) => await connected().graph(project, hash),
    remembered: async (project, graph) => await connected().remembered(project, graph),
    fleet: (project) => connected().fleet(project),
    startJob: async (job, who) => await connected().startJob(job, who),
  };
  const stopped = new AbortController();
  const sweep = async (): Promise<void> => {
    for (let count = 0; !stopped.signal.aborted; count += 1) {
      const holds = count % holdsEverySweeps === 0;
      // The next one does what this one could not.
      await sweepMoney({ store: money, clock, holds }).catch((error: unknown) =>
        log.warn("burst.sweep.failed", { error }),
      );
      await clock.sleep(sweepEveryMs, stopped.signal).catch(() => undefined); // stopping: the loop ends
    }
  };
  const sweeping = sweep();
  background(sweeping, "burst.sweep", log);
  opening.defer(async () => {
    stopped.abort();
    await sweeping;
  });
  return {
    service: createBurstMoney({ store: money, ports, dataCenter, clock, random }),
    jobs: createJobMoney({ rows: money.rows, clock }),
    connect: (known) => (scheduler = known),
  };
}

/** A tenth of a core and 256 MiB for nothing, so that also a slow machine has something to offer; what more costs is about what the cheapest clouds take for seconds of a core. */
const samplePlan = planSpecSchema.parse({
  title: "Sample",
  description:
    "A tenth of a core and 256 MiB. Small on purpose, so that an offer is seen in the first minute.",
  currency: "USD",
  includedCores: 0.1,
  includedMemoryBytes: 256 * 1024 ** 2,
  pricePerCoreSecond: "0.0000131",
  pricePerGibSecond: "0.00000222",
  maxBurstSlots: 32,
});

/** One dollar a month: thousands of sample merges, and nobody's ruin. */
const firstBudget = { currency: "USD", amount: 1_000_000_000_000n, alertsAt: [50, 80, 100] };

/** A data center that has no plan gets the sample; the first project gets its budget with it, so that the sample app's offer can be accepted. */
async function ensureSamplePlan(
  store: PostgresStore,
  money: MoneyStore,
  firstProject: string | undefined,
): Promise<void> {
  const { items } = await store.resources.list({ kind: "plan", limit: 1 });
  if (items.length > 0) return;
  if (firstProject !== undefined)
    await money.transact(by, async ({ offers, ledger }) => {
      const project = await offers.project(firstProject);
      if (project === undefined) return;
      if ((await ledger.budget(project.id)) === undefined) await ledger.setBudget(project.id, firstBudget);
    });
  try {
    const wanted = { kind: "plan", name: samplePlanName, labels: {}, spec: samplePlan };
    await store.resources.apply(wanted, { by, ifRevision: "absent" });
  } catch (error) {
    // Another control process was faster: it is there.
    if (!(error instanceof VdcError && error.code === "precondition-failed")) throw error;
  }
}
