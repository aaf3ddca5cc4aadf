/**
 * Local, remote or both. Tiles are independent, so work divides freely ("divisible load"): a side that starts later or is slower gets less of it.
 * The estimate gates (whether to open a burst, which way is shown first); the split itself needs none, because both sides pull from one queue.
 *
 * The stages are those of a job: what lies only here is sent before the job begins, all of it, also in a hybrid; workers begin after a start; results are fetched when it is over.
 * In a hybrid the user's machine is a worker like the others: its inputs come from the store, its outputs go there over the uplink.
 */

/** A job as the choice sees it. Bytes are of all tasks together. */
export interface JobShape {
  readonly tasks: number;
  /** Milliseconds of the reference core. */
  readonly cost: number;
  /** Of it, what cannot begin before all the rest is done: the end of a reduction. */
  readonly tail: number;
  readonly inputBytes: number;
  /** Of these, what is only on the user's machine. */
  readonly localOnlyBytes: number;
  /** Of these, what is only in the store. */
  readonly remoteOnlyBytes: number;
  /** What tasks read, each time that one reads it: inputs, and what earlier tasks made. */
  readonly readBytes: number;
  /** What tasks make, also for later tasks. */
  readonly madeBytes: number;
  /** What the user's machine must have in the end. */
  readonly resultBytes: number;
}

export interface LocalSide {
  readonly cores: number;
  /** Reference cores that one is worth. */
  readonly speed: number;
  /** Part of them that other work takes, 0 to 1. */
  readonly pressure: number;
}

export interface RemoteSide {
  /** Slots that the job would have; 0 while there is no worker. */
  readonly slots: number;
  readonly speed: number;
  /** Seconds from the order until the first task runs, when nobody is in front; also until the user's machine works along. */
  readonly startSeconds: number;
  /** Work of others in front, in milliseconds of the reference core. */
  readonly queued: number;
  /** Whole price, in 10⁻¹² of the currency; 0 within the plan. */
  readonly price: bigint;
}

/** Measured, in bytes a second. */
export interface Link {
  readonly uplink: number;
  readonly downlink: number;
}

export interface Wishes {
  /** Up to this nobody has to be asked. */
  readonly consent: bigint;
  /** The user asked to keep the machine quiet, or it is under pressure. */
  readonly quiet: boolean;
}

export type WayName = "local" | "remote" | "hybrid";

export interface Way {
  readonly name: WayName;
  /** Infinity: it cannot be done so. */
  readonly seconds: number;
  readonly price: bigint;
  /** Part of the work that is done on the user's machine. */
  readonly localShare: number;
}

export interface Choice {
  readonly local: Way;
  readonly remote: Way;
  readonly hybrid: Way;
  readonly chosen: WayName;
  readonly reason: string;
}

/** A burst must save more than both of these, or it is not worth its price and the user's attention. */
const leastSavedSeconds = 5;
const leastSavedPart = 0.1;
/** Ways that differ by less than this part are the same for people: the simpler one is taken. */
const same = 0.03;
/** What working along has to save, as a part of the time that the user's machine takes for one task. */
const lateTask = 0.25;

export interface ChoiceInput {
  readonly job: JobShape;
  readonly local: LocalSide;
  readonly remote: RemoteSide;
  readonly link: Link;
  readonly wishes: Wishes;
}

/** Compares the three ways and takes one, with a sentence that says why. Pure; everything it needs is measured by the caller. */
export function chooseWay(input: ChoiceInput): Choice {
  const local = localWay(input);
  const remote = remoteWay(input);
  const hybrid = hybridWay(input);
  const ways = { local, remote, hybrid };
  return { ...ways, ...decide(ways, input) };
}

function localWay(input: ChoiceInput): Way {
  const { job, local, link } = input;
  const fetched = secondsFor(job.remoteOnlyBytes, link.downlink);
  const waves = oneTask(job, paceOf(local)) * lastWave(job.tasks, local.cores);
  const seconds = pipelined(here(input), fetched, job.tasks) + waves + job.tail / paceOf(local) / 1000;
  return { name: "local", seconds, price: 0n, localShare: 1 };
}

function remoteWay(input: ChoiceInput): Way {
  const { job, remote } = input;
  const waves = oneTask(job, remote.speed) * lastWave(job.tasks, remote.slots);
  const work = there(input) + waves + job.tail / remote.speed / 1000;
  return {
    name: "remote",
    seconds: sending(input) + work + fetching(input),
    price: remote.price,
    localShare: 0,
  };
}

/** Both take tasks from one queue, as they get free. */
function hybridWay(input: ChoiceInput): Way {
  const { job, local, remote } = input;
  if (remote.slots === 0) return { name: "hybrid", seconds: Infinity, price: remote.price, localShare: 0 };
  const { end, share } = together(input);
  const tail = Math.min(
    end + job.tail / paceOf(local) / 1000,
    Math.max(end, waitsFor(remote)) + job.tail / remote.speed / 1000,
  );
  const seconds = sending(input) + tail + fetching(input);
  const parts = BigInt(Math.round((1 - share) * 1_000_000));
  return { name: "hybrid", seconds, price: (remote.price * parts) / 1_000_000n, localShare: share };
}

/** Larger jobs are looked at in so many parts, each of several tasks. */
const maxParts = 2_000;

/**
 * When slots and cores have done what can be divided, and the cores' share, with equal tasks. A core that is slow, or far away, holds up the end with the task that it took last; and
 * nothing holds it back when its outputs leave more slowly than it makes them.
 */
function together({ job, local, remote, link }: ChoiceInput): {
  readonly end: number;
  readonly share: number;
} {
  const parts = Math.max(1, Math.min(job.tasks, maxParts));
  const work = divisible(job) / parts / 1000;
  // What a core reads comes while it does other tasks, and nothing comes twice.
  const down = secondsFor(Math.min(job.inputBytes + job.madeBytes, job.readBytes) / parts, link.downlink);
  const up = secondsFor(job.madeBytes / parts, link.uplink);
  const cores = Array.from({ length: local.cores }, () => remote.startSeconds);
  const slots = Array.from({ length: remote.slots }, () => waitsFor(remote));
  let [fetched, sent, end, taken] = [remote.startSeconds, 0, 0, 0];
  for (let part = 0; part < parts; part += 1) {
    const [core, slot] = [earliest(cores), earliest(slots)];
    const begins = Math.max(cores[core] ?? Infinity, fetched + down);
    if (begins < (slots[slot] ?? Infinity)) {
      fetched += down;
      taken += 1;
      const done = begins + work / paceOf(local);
      cores[core] = done;
      sent = Math.max(sent, done) + up;
      end = Math.max(end, sent);
    } else {
      const done = (slots[slot] ?? Infinity) + work / remote.speed;
      slots[slot] = done;
      end = Math.max(end, done);
    }
  }
  return { end, share: taken / parts };
}

function earliest(times: readonly number[]): number {
  let found = 0;
  for (const [at, time] of times.entries()) if (time < (times[found] ?? Infinity)) found = at;
  return found;
}

/** Seconds until workers begin. */
function waitsFor({ slots, speed, startSeconds, queued }: RemoteSide): number {
  return startSeconds + queued / (slots * speed) / 1000;
}

/** Seconds until everything that workers need lies where they can reach it. */
function sending({ job, link }: ChoiceInput): number {
  return secondsFor(job.localOnlyBytes, link.uplink);
}

/** Seconds that the results take when the job is over. */
function fetching({ job, link }: ChoiceInput): number {
  return secondsFor(job.resultBytes, link.downlink);
}

/** Seconds that the user's machine computes for what can be divided. */
function here({ job, local }: ChoiceInput): number {
  return divisible(job) / (local.cores * paceOf(local)) / 1000;
}

/** The same for the workers, which are near the store. */
function there({ job, remote }: ChoiceInput): number {
  const rate = remote.slots * remote.speed;
  return rate === 0 ? Infinity : waitsFor(remote) + divisible(job) / rate / 1000;
}

function divisible({ cost, tail }: JobShape): number {
  return Math.max(0, cost - tail);
}

/** Seconds of a task at so many reference cores. */
function oneTask(job: JobShape, pace: number): number {
  return divisible(job) / Math.max(1, job.tasks) / pace / 1000;
}

/**
 * Lanes do not end together: how much of a task is missing when all lanes have done their mean. With as many tasks as lanes it is nothing, with one more nearly a whole
 * one; tasks differ a little, so it is a tenth at least.
 */
function lastWave(tasks: number, lanes: number): number {
  if (lanes === 0) return 0;
  return Math.max(0.1, Math.ceil(tasks / lanes) - tasks / lanes);
}

/** Reference cores that one core of the user's machine is worth now. */
function paceOf({ speed, pressure }: LocalSide): number {
  return Math.max(1e-9, speed * (1 - Math.min(Math.max(pressure, 0), 1)));
}

/** Two stages that a task passes one after the other, many tasks at once: as long as the longer one, and the last task through the shorter. */
function pipelined(work: number, transfer: number, tasks: number): number {
  if (transfer === 0) return work;
  return Math.max(work, transfer) + Math.min(work, transfer) / Math.max(1, tasks);
}

function secondsFor(bytes: number, rate: number): number {
  if (bytes === 0) return 0;
  return rate > 0 ? bytes / rate : Infinity;
}

type Ways = Readonly<Record<WayName, Way>>;

function decide(ways: Ways, input: ChoiceInput): Pick<Choice, "chosen" | "reason"> {
  const { local } = ways;
  const { wishes, remote } = input;
  const away = [ways.remote, ways.hybrid].filter(({ seconds }) => Number.isFinite(seconds));
  const allowed = away.filter(({ price }) => price <= wishes.consent);
  if (remote.slots === 0) return { chosen: "local", reason: "No worker is connected, so it runs here." };
  if (wishes.quiet) {
    const quiet = allowed.find(({ name }) => name === "remote");
    if (quiet !== undefined)
      return {
        chosen: "remote",
        reason: `This machine is kept quiet; elsewhere it takes ${about(quiet.seconds)}.`,
      };
  }
  const [best] = allowed.toSorted((a, b) => a.seconds - b.seconds);
  if (best === undefined)
    return away.length > 0
      ? { chosen: "local", reason: "It costs more than you allowed without being asked, so it runs here." }
      : { chosen: "local", reason: "The data cannot get to the workers, so it runs here." };
  const saved = local.seconds - best.seconds;
  const isFree = best.price === 0n;
  const least = isFree ? local.seconds * same : Math.max(leastSavedSeconds, local.seconds * leastSavedPart);
  if (saved <= least) return { chosen: "local", reason: whyLocal(ways, input, saved) };
  // Without the user's cores it is simpler, and as quick: they stay free. Tasks differ a little, so a slow core may take one more than was thought, and hold up the end with it.
  const { remote: alone } = ways;
  const risk = oneTask(input.job, paceOf(input.local)) * lateTask;
  const isSame = alone.price <= wishes.consent && alone.seconds <= best.seconds * (1 + same) + risk;
  const chosen = isSame ? alone : best;
  return { chosen: chosen.name, reason: whyAway(chosen, ways) };
}

function whyLocal({ local, remote }: Ways, { job, link }: ChoiceInput, saved: number): string {
  const up = secondsFor(job.localOnlyBytes, link.uplink);
  if (up > local.seconds)
    return `Sending the pictures alone takes ${about(up)}; here it is done in ${about(local.seconds)}.`;
  if (saved > 0) return `Burst would save only ${about(saved)} of ${about(local.seconds)}.`;
  return `Here it takes ${about(local.seconds)}, elsewhere ${about(remote.seconds)}.`;
}

function whyAway({ name, seconds, localShare }: Way, { local }: Ways): string {
  const times = `${about(seconds)} instead of ${about(local.seconds)}`;
  if (name === "remote") return `Elsewhere it takes ${times}.`;
  return `This machine does ${Math.round(localShare * 100)} % and workers the rest: ${times}.`;
}

/** `12 s`, `3 min`: as exact as an estimate is. */
export function about(seconds: number): string {
  if (!Number.isFinite(seconds)) return "for ever";
  if (seconds < 10) return `${Math.max(0.1, seconds).toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}
