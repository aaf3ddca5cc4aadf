import type { PlanSpec } from "#api/kinds/plan.ts";
import { amountOfDecimal } from "#api/money.ts";
import { assert } from "#lib/assert.ts";
import type { JobGraph } from "../graph.ts";
import { priceGraph, upDivided, type PriceLine, type Terms } from "./task-price.ts";

/** Slots that a job could have now, and how many reference cores one is worth. */
export interface FleetPart {
  readonly slots: number;
  readonly speed: number;
}

export interface Span {
  readonly p50: number;
  readonly p90: number;
}

/** What a job takes and costs: the figures of an offer. */
export interface Quote {
  readonly terms: Terms;
  readonly lines: readonly PriceLine[];
  readonly credit: bigint;
  /** Without the credit; what a clean run of all tasks with burst costs, and the most it may. */
  readonly price: bigint;
  /** What a clean run costs in which nothing is owed for the tasks that are remembered: sum of the lines. */
  readonly expected: bigint;
  /** Milliseconds of the reference core. */
  readonly cost: number;
  /** Seconds. */
  readonly within: Span;
  readonly burst: Span;
  /** What a minute costs while it runs at full width. */
  readonly perMinute: bigint;
  readonly workers: number;
  readonly needed: { readonly cores: number; readonly memoryBytes: number };
}

/** Seconds until the first task runs: blobs fetched, module compiled. */
const startSeconds = 1;
/** Nine of ten jobs need at most so many times what the sum of work and longest chain says: stragglers, other jobs. */
const unluck = 1.25;
const gibibyte = 1024n ** 3n;

/**
 * Prices a graph by a plan, for the slots of a fleet. The plan's included share is credited for the time that the whole graph takes with burst, and fixed here: neither who
 * is quick or slow later nor what is remembered changes the price of a task. Times and lines are without the remembered tasks. Undefined when nothing can be bought: no slot, or a plan without burst.
 */
export function quoteOf(options: {
  readonly graph: JobGraph;
  readonly plan: PlanSpec;
  readonly fleet: readonly FleetPart[];
  /** Tasks whose results are known. */
  readonly remembered?: ReadonlySet<number>;
}): Quote | undefined {
  const { graph, plan, remembered = new Set() } = options;
  const isLeft = (task: number) => !remembered.has(task);
  const shape = shapeOf(graph);
  const whole = widthOf(shape, options);
  const left = widthOf(shapeOf(graph, isLeft), options);
  if (whole === undefined || left === undefined) return undefined;
  const free: Terms = { ...pricesOf(plan), credited: "0", gross: "0" };
  const gross = priceGraph(graph, free).total;
  const full = includedWorth(plan, free, whole.burst.p50);
  const credited = full < gross ? full : gross;
  const terms: Terms = { ...free, credited: credited.toString(), gross: gross.toString() };
  const { lines, credit, total } = priceGraph(graph, terms, isLeft);
  const { burst, within, power, workers } = left;
  return {
    terms,
    lines,
    credit,
    price: priceGraph(graph, terms).total,
    expected: total,
    cost: shape.work,
    within,
    burst,
    perMinute: upDivided(total * 60_000n, BigInt(Math.max(1, Math.round(burst.p50 * 1000)))),
    workers,
    needed: { cores: rounded(power), memoryBytes: workers * left.memory },
  };
}

/** With how many slots a job of this shape would run, and how long; undefined without one. */
function widthOf(
  { work, chain, memory, tasks }: Shape,
  { plan, fleet }: { readonly plan: PlanSpec; readonly fleet: readonly FleetPart[] },
) {
  // More slots than work divided by the longest chain cannot make it faster.
  const useful = Math.max(1, Math.min(tasks, Math.ceil(work / Math.max(chain, 1))));
  const speeds = fastest(fleet, Math.min(plan.maxBurstSlots, useful));
  if (speeds.length === 0) return undefined;
  const power = speeds.reduce((sum, speed) => sum + speed, 0);
  const share = plan.includedCores;
  return {
    power,
    memory,
    workers: speeds.length,
    burst: spanOf(work / power, chain / (power / speeds.length)),
    within: spanOf(work / share, chain / Math.min(share, 1)),
  };
}

/** A plan's prices as whole amounts. */
function pricesOf(plan: PlanSpec): Pick<Terms, "currency" | "coreSecond" | "gibSecond"> {
  const coreSecond = amountOfDecimal(plan.pricePerCoreSecond);
  const gibSecond = amountOfDecimal(plan.pricePerGibSecond);
  assert(coreSecond !== undefined && gibSecond !== undefined, "the plan's schema lets decimals in only");
  return { currency: plan.currency, coreSecond: coreSecond.toString(), gibSecond: gibSecond.toString() };
}

/** What the plan's included cores and memory would cost for so long; rounded down. */
function includedWorth(plan: PlanSpec, prices: Terms, seconds: number): bigint {
  const ms = BigInt(Math.round(seconds * 1000));
  const cores = (ms * BigInt(Math.round(plan.includedCores * 1000)) * BigInt(prices.coreSecond)) / 1_000_000n;
  const memory = (ms * BigInt(plan.includedMemoryBytes) * BigInt(prices.gibSecond)) / (1000n * gibibyte);
  return cores + memory;
}

interface Shape {
  readonly tasks: number;
  /** Work and longest chain in milliseconds of the reference core. */
  readonly work: number;
  readonly chain: number;
  /** Of the task that needs most. */
  readonly memory: number;
}

/** The shape of those tasks that are left to do. */
function shapeOf(graph: JobGraph, isLeft: (task: number) => boolean = () => true): Shape {
  const ends: number[] = [];
  let [tasks, work, chain, memory] = [0, 0, 0, 0];
  for (const [number, task] of graph.tasks.entries()) {
    let start = 0;
    for (const input of task.inputs) if ("task" in input) start = Math.max(start, ends[input.task] ?? 0);
    const cost = isLeft(number) ? task.cost : 0;
    ends.push(start + cost);
    chain = Math.max(chain, start + cost);
    if (!isLeft(number)) continue;
    tasks += 1;
    work += cost;
    memory = Math.max(memory, task.memoryBytes);
  }
  return { tasks, work, chain, memory };
}

/** Speeds of the fastest `count` slots. */
function fastest(fleet: readonly FleetPart[], count: number): readonly number[] {
  const speeds: number[] = [];
  for (const { slots, speed } of fleet.toSorted((a, b) => b.speed - a.speed))
    for (let slot = 0; slot < slots && speeds.length < count; slot += 1) speeds.push(speed);
  return speeds;
}

/** Graham's bounds: no schedule is faster than the larger of the two, and no greedy one slower than their sum. Milliseconds in, seconds out. */
function spanOf(spread: number, chain: number): Span {
  const p50 = startSeconds + Math.max(spread, chain) / 1000;
  return { p50: rounded(p50), p90: rounded(startSeconds + ((spread + chain) / 1000) * unluck) };
}

/** To a thousandth: the figures are read by people and hashed. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
