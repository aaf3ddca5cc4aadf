import assert from "node:assert/strict";
import { systemClock } from "#lib/clock.ts";
import { waitFor } from "#test/support/wait-for.ts";
import type { Fault } from "./faults.ts";
import type { ObjectLoad } from "./load.ts";
import type { Notice } from "./receivers.ts";
import { affectedProject, otherProject, untilWhole, type StoreCenter } from "./store-center.ts";
import type { Kind, Span } from "./tally.ts";

/** The promise: who is concerned knows within so long. */
const toldWithinMs = 10_000;
/** A drive in trouble is trusted again after 15 s; then what it missed is repaired. */
const wholeWithinMs = 120_000;
/** All clear is said when nothing was wrong for 15 s; damage counts for a minute. */
const clearWithinMs = 180_000;

export interface Scenery {
  readonly center: StoreCenter;
  readonly load: ObjectLoad;
  readonly say: (line: string) => void;
  /** The load alone, before the fault, for comparison. */
  readonly healthyMs: number;
  /** Whether the end of the incident is waited for as well. */
  readonly untilClear: boolean;
}

/** Plays one fault under load, as soon as nothing is left of the one before, prints its figures and judges it. */
export async function play(fault: Fault, scenery: Scenery): Promise<void> {
  const { center, load, healthyMs } = scenery;
  const recovered = await during(async () => await untilWhole(center, wholeWithinMs));
  const healthy = await during(async () => await systemClock.sleep(healthyMs));
  const before = systemClock.monotonic();
  let told: Notice | undefined;
  const faulty = await during(async () => {
    const [end] = await Promise.all([
      fault.begin(center).then(async (endIt) => (await systemClock.sleep(fault.lastsMs), endIt)),
      firstNotice(center, fault.told, before).then((notice) => (told = notice)),
    ]);
    await end();
  });
  await load.check();
  const whole = { from: before, to: systemClock.monotonic() };
  const clearAfterMs =
    fault.told !== undefined && scenery.untilClear
      ? await allClear(center, fault.told, faulty.to)
      : undefined;
  scenery.say(lineOf(fault, load, { recovered, healthy, faulty, whole, told, clearAfterMs }));
  judge(fault, { load, whole, told, center });
}

async function during(run: () => Promise<void>): Promise<Span> {
  const from = systemClock.monotonic();
  await run();
  return { from, to: systemClock.monotonic() };
}

/** Undefined when there is nothing to tell, or nobody was told in time. */
async function firstNotice(
  { receivers }: StoreCenter,
  wanted: RegExp | undefined,
  since: number,
): Promise<Notice | undefined> {
  if (wanted === undefined) return undefined;
  const isOfTheirs = ({ project, title }: Notice) => project === affectedProject && wanted.test(title);
  const isFirst = (notice: Notice) => isOfTheirs(notice) && notice.at >= since && notice.status === "open";
  // They know already, of another drive for example, and it has not ended: the same is not told twice.
  const known = new Map<string, Notice>();
  for (const notice of receivers.notices)
    if (isOfTheirs(notice) && notice.by === "webhook" && notice.at < since) known.set(notice.title, notice);
  const open = [...known.values()].find(({ status }) => status === "open");
  if (open !== undefined) return open;
  const find = () => receivers.notices.find(isFirst);
  // A second more, so that the figure says by how much it was too late.
  return await waitFor(find, { withinMs: toldWithinMs + 1_000, what: "a notice" }).catch(() => undefined);
}

async function allClear({ receivers }: StoreCenter, wanted: RegExp, endedAt: number): Promise<number> {
  const isClear = ({ at, project, status, title }: Notice) =>
    at >= endedAt && project === affectedProject && status === "resolved" && wanted.test(title);
  const notice = await waitFor(() => receivers.notices.find(isClear), {
    withinMs: clearWithinMs,
    what: "the all-clear",
  });
  return notice.at - endedAt;
}

interface Outcome {
  readonly recovered: Span;
  readonly healthy: Span;
  readonly faulty: Span;
  readonly whole: Span;
  readonly told: Notice | undefined;
  readonly clearAfterMs: number | undefined;
}

function lineOf(fault: Fault, { tally }: ObjectLoad, outcome: Outcome): string {
  const { recovered, healthy, faulty, whole, told, clearAfterMs } = outcome;
  const compared = (kind: Kind | undefined, name: string) => {
    const [well, ill] = [tally.figures(healthy, kind), tally.figures(faulty, kind)];
    const times = well.p99 === 0 ? "" : ` (x${(ill.p99 / well.p99).toFixed(1)})`;
    return `${name} p50 ${ms(well.p50)} -> ${ms(ill.p50)}, p99 ${ms(well.p99)} -> ${ms(ill.p99)}${times}`;
  };
  const failed = tally.failuresIn(whole).length;
  const notice = told === undefined ? "" : `; ${noticeOf(told, whole.from)}: ${told.title}`;
  const clear = clearAfterMs === undefined ? "" : `; all clear after ${ms(clearAfterMs)}`;
  return (
    `${fault.name}: ${tally.figures(faulty).answered} answered in ${ms(faulty.to - faulty.from)}, ${failed} failed; ` +
    `${compared("read", "reads")}; ${compared("write", "writes")}${notice}${clear}; ` +
    `compared within ${ms(whole.to - faulty.to)}; the drives had been well again after ${ms(recovered.to - recovered.from)}`
  );
}

function noticeOf({ at, by }: Notice, since: number): string {
  return at < since ? "they knew already" : `notice after ${ms(at - since)} by ${by}`;
}

const ms = (value: number) => `${Math.round(value)} ms`;

function judge(
  fault: Fault,
  { load, whole, told, center }: Pick<Scenery, "load" | "center"> & Pick<Outcome, "whole" | "told">,
): void {
  const met = load.tally.failuresIn(whole);
  const isForgiven = (how: string) => fault.breaksRequests === true && how === "broken";
  const unforgiven = met.filter(({ how }) => !isForgiven(how)).map(({ how, what }) => `${how}: ${what}`);
  assert.deepEqual(unforgiven, [], `${fault.name}: no client may notice`);
  if (fault.told !== undefined) {
    const said = center.receivers.notices.map(({ at, ...notice }) => ({ ...notice, after: at - whole.from }));
    assert.ok(
      told !== undefined && told.at - whole.from <= toldWithinMs,
      `${fault.name}: told within 10 s; ${JSON.stringify(said)}`,
    );
    assert.ok(
      met.every(({ at }) => at > told.at),
      `${fault.name}: told before the first error`,
    );
  }
  const misled = center.receivers.notices.filter(
    ({ at, project, title }) => at >= whole.from && project === otherProject && !isOfEverybody(title),
  );
  assert.deepEqual(misled, [], `${fault.name}: who has nothing there is told nothing`);
}

/** What concerns the service as a whole is told to all: a canary that took long, a catalog that is away. */
const isOfEverybody = (title: string) =>
  /test requests|part of the service|cannot serve|requests wait/.test(title);
