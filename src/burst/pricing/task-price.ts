import { z } from "zod";
import { amountSchema } from "#api/burst.ts";
import type { JobGraph, TaskSpec } from "../graph.ts";

/**
 * What prices a task: the plan's two prices, and the share of them that the plan's included cores and memory pay. An offer fixes it; quote, cover of a lease,
 * charge and invoice all ask `pricer` with the same terms, so they cannot differ. Amounts are text: it is kept as JSON with the job.
 */
export const termsSchema = z.strictObject({
  currency: z.string(),
  /** For a second of a reference core. */
  coreSecond: amountSchema,
  /** For a second of a GiB of memory. */
  gibSecond: amountSchema,
  /** `credited / gross` of every task is paid by the plan. */
  credited: amountSchema,
  gross: amountSchema,
});
export type Terms = Readonly<z.infer<typeof termsSchema>>;

export interface TaskPrice {
  /** By the plan's prices. */
  readonly gross: bigint;
  /** What is owed: without the share that the plan pays. */
  readonly net: bigint;
}

/** Milliseconds in a second times MiB in a GiB: with it as denominator both prices are exact. */
const denominator = 1_024_000n;
const mebibyte = 1024 * 1024;

/** Whole milliseconds of the reference core that a task is paid by. */
function paidMilliseconds({ cost }: Pick<TaskSpec, "cost">): number {
  return Math.ceil(cost);
}

/**
 * The pricing function: a task's price is milliseconds × (price of a core + MiB × price of memory). A price is a whole amount, rounded up once; what the plan pays of
 * it is rounded up too. Sums of prices are exact in any order: nothing is rounded after it.
 */
export function pricer(terms: Terms): (task: Pick<TaskSpec, "cost" | "memoryBytes">) => TaskPrice {
  const core = BigInt(terms.coreSecond) * 1024n;
  const memory = BigInt(terms.gibSecond);
  const credited = BigInt(terms.credited);
  const whole = BigInt(terms.gross);
  return (task) => {
    const mebibytes = BigInt(Math.ceil(task.memoryBytes / mebibyte));
    const gross = upDivided(BigInt(paidMilliseconds(task)) * (core + mebibytes * memory), denominator);
    const paidByPlan = whole === 0n ? 0n : upDivided(gross * credited, whole);
    return { gross, net: gross - paidByPlan };
  };
}

/** Quotient of what is not negative, rounded up. */
export function upDivided(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

/** A line of a quote or an invoice. */
export interface PriceLine {
  readonly stage: string;
  readonly tasks: number;
  /** Milliseconds of the reference core, as the graph states them. */
  readonly cost: number;
  /** What is owed for it. */
  readonly amount: bigint;
}

export interface Priced {
  readonly lines: readonly PriceLine[];
  /** What the plan paid; the lines are without it. */
  readonly credit: bigint;
  /** Sum of the lines. */
  readonly total: bigint;
}

/**
 * The lines of a job for those tasks that are paid, stages in the order in which the graph names them: with all tasks it is the quote, with those that were done and not
 * remembered it is the invoice.
 */
export function priceGraph(
  { tasks }: Pick<JobGraph, "tasks">,
  terms: Terms,
  isPaid: (task: number) => boolean = () => true,
): Priced {
  const price = pricer(terms);
  const stages = new Map<string, { tasks: number; cost: number; amount: bigint }>();
  let gross = 0n;
  let total = 0n;
  for (const [number, task] of tasks.entries()) {
    const line = stages.get(task.stage) ?? { tasks: 0, cost: 0, amount: 0n };
    stages.set(task.stage, line);
    if (!isPaid(number)) continue;
    const of = price(task);
    line.tasks += 1;
    line.cost += task.cost;
    line.amount += of.net;
    gross += of.gross;
    total += of.net;
  }
  const lines = [...stages].map(([stage, line]) => ({ stage, ...line }));
  return { lines: lines.filter((line) => line.tasks > 0), credit: gross - total, total };
}
