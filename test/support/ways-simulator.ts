import type { ChoiceInput } from "#burst/choice/choose-way.ts";

/**
 * Runs a job tile by tile in the three ways, in the stages that a job has: what is only here is sent, the job begins, cores and slots take tiles from one queue as they get
 * free, the tail waits for all, the results are fetched. Both directions of the link carry one blob after the other. It shares nothing with the planner but the input.
 */
export function simulate(
  input: ChoiceInput,
  jitter: (tile: number) => number,
): Record<"local" | "remote" | "hybrid", number> {
  const { job, link, local, remote } = input;
  const each = (job.cost - job.tail) / job.tasks;
  const tiles = Array.from({ length: job.tasks }, (_, at) => each * jitter(at));
  const localTail = job.tail / (local.speed * (1 - local.pressure));
  const remoteTail = job.tail / remote.speed;
  const alone = runAlone(input, tiles) + localTail;
  if (remote.slots === 0) return { local: alone / 1000, remote: Infinity, hybrid: Infinity };
  const around = (job.localOnlyBytes / link.uplink + job.resultBytes / link.downlink) * 1000;
  const start = startOf(input);
  // Wherever it is done sooner.
  const tailed = (end: number) => Math.min(end + localTail, Math.max(end, start) + remoteTail);
  return {
    local: alone / 1000,
    remote: (around + runTogether(input, tiles, 0) + remoteTail) / 1000,
    hybrid: (around + tailed(runTogether(input, tiles, local.cores))) / 1000,
  };
}

/** The user's machine alone: what it has not comes while it does other tiles. Milliseconds. */
function runAlone({ job, local, link }: ChoiceInput, tiles: readonly number[]): number {
  const here = tiles.length - Math.round((job.remoteOnlyBytes / Math.max(1, job.inputBytes)) * tiles.length);
  const down = new Wire(job.inputBytes / job.tasks / link.downlink);
  const cores = Array.from({ length: local.cores }, () => 0);
  const speed = local.speed * (1 - local.pressure);
  for (const [at, ms] of tiles.entries()) {
    const fetched = at < here ? 0 : down.end(0);
    if (at >= here) down.take(fetched);
    const core = indexOfLeast(cores);
    cores[core] = Math.max(cores[core] ?? 0, fetched) + ms / speed;
  }
  return Math.max(...cores);
}

/** Slots and so many cores of the user's machine, which reads from the store and writes to it. Milliseconds from the order to the last output. */
function runTogether(input: ChoiceInput, tiles: readonly number[], count: number): number {
  const { job, local, remote, link } = input;
  const joined = remote.startSeconds * 1000;
  const cores = Array.from({ length: count }, () => joined);
  const slots = Array.from({ length: remote.slots }, () => startOf(input));
  const speed = local.speed * (1 - local.pressure);
  const down = new Wire(job.readBytes / job.tasks / link.downlink);
  const up = new Wire(job.madeBytes / job.tasks / link.uplink);
  let end = 0;
  for (const ms of tiles) {
    const core = indexOfLeast(cores);
    const slot = indexOfLeast(slots);
    const fetched = down.end(joined);
    const freeHere = Math.max(cores[core] ?? Infinity, fetched);
    const freeThere = slots[slot] ?? Infinity;
    if (freeHere < freeThere) {
      down.take(fetched);
      const done = freeHere + ms / speed;
      cores[core] = done;
      const sent = up.end(done);
      up.take(sent);
      end = Math.max(end, sent);
    } else {
      const done = freeThere + ms / remote.speed;
      slots[slot] = done;
      end = Math.max(end, done);
    }
  }
  return end;
}

/** When workers begin, in milliseconds. */
function startOf({ remote }: ChoiceInput): number {
  return remote.startSeconds * 1000 + remote.queued / Math.max(1e-9, remote.slots * remote.speed);
}

function indexOfLeast(values: readonly number[]): number {
  let least = 0;
  for (const [at, value] of values.entries()) if (value < (values[least] ?? Infinity)) least = at;
  return least;
}

/** One direction of a link, which carries one blob at a time. Milliseconds. */
class Wire {
  readonly #ms: number;
  /** When it is busy: in order, touching ones merged. */
  readonly #busy: [from: number, to: number][] = [];

  constructor(seconds: number) {
    this.#ms = seconds * 1000;
  }

  /** When a blob that is ready at `from` has arrived at the earliest. */
  end(from: number): number {
    let start = from;
    for (const [begins, ends] of this.#busy) {
      if (begins >= start + this.#ms) break;
      start = Math.max(start, ends);
    }
    return start + this.#ms;
  }

  /** Takes the time that `end` said. */
  take(end: number): void {
    const from = end - this.#ms;
    const at = this.#busy.findIndex(([begins]) => begins >= from);
    const index = at < 0 ? this.#busy.length : at;
    const before = this.#busy[index - 1];
    const after = this.#busy[index];
    const joinsBefore = before !== undefined && from - before[1] < 1e-6;
    const joinsAfter = after !== undefined && after[0] - end < 1e-6;
    if (joinsBefore && joinsAfter) {
      before[1] = after[1];
      this.#busy.splice(index, 1);
    } else if (joinsBefore) before[1] = end;
    else if (joinsAfter) after[0] = from;
    else this.#busy.splice(index, 0, [from, end]);
  }
}
