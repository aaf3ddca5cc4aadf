import type { ChoiceInput } from "#burst/choice/choose-way.ts";

/** A tile of a simulated job: what it costs, and where its bytes are. */
interface Tile {
  readonly ms: number;
  readonly isHere: boolean;
  readonly isThere: boolean;
}

/**
 * Runs a job tile by tile in the three ways: cores and slots take tiles from one queue, both directions of the link carry one blob after the other, and the tail
 * waits for all. It shares nothing with the planner but the input.
 */
export function simulate(
  input: ChoiceInput,
  jitter: (tile: number) => number,
): Record<"local" | "remote" | "hybrid", number> {
  const { job } = input;
  const each = (job.cost - job.tail) / job.tasks;
  const localOnly = Math.round((job.localOnlyBytes / Math.max(1, job.inputBytes)) * job.tasks);
  const remoteOnly = Math.round((job.remoteOnlyBytes / Math.max(1, job.inputBytes)) * job.tasks);
  const tiles = Array.from({ length: job.tasks }, (_, at): Tile => ({
    ms: each * jitter(at),
    isHere: at < job.tasks - remoteOnly,
    isThere: at >= localOnly,
  }));
  const localTail = job.tail / (input.local.speed * (1 - input.local.pressure));
  const remoteTail = job.tail / input.remote.speed;
  const start = startOf(input);
  // Wherever it is done sooner.
  const tailed = (end: number) => Math.min(end + localTail, Math.max(end, start) + remoteTail);
  const run = (useHere: boolean, useThere: boolean) => runTiles(input, tiles, { useHere, useThere });
  return {
    local: (run(true, false) + localTail) / 1000,
    remote: input.remote.slots === 0 ? Infinity : (run(false, true) + remoteTail) / 1000,
    hybrid: input.remote.slots === 0 ? Infinity : tailed(run(true, true)) / 1000,
  };
}

/** List scheduling: at every step the tile that would end first, wherever that is, is given to that side. Milliseconds. */
function runTiles(
  input: ChoiceInput,
  tiles: readonly Tile[],
  use: { readonly useHere: boolean; readonly useThere: boolean },
): number {
  const { job, local, remote, link } = input;
  const inBytes = job.inputBytes / job.tasks;
  const outBytes = job.resultBytes / job.tasks;
  const cores = Array.from({ length: use.useHere ? local.cores : 0 }, () => 0);
  const slots = Array.from({ length: use.useThere ? remote.slots : 0 }, () => startOf(input));
  const speedHere = local.speed * (1 - local.pressure);
  const up = new Wire(inBytes / link.uplink);
  const fetches = new Wire(inBytes / link.downlink);
  // Both come down the same wire, but a result is not there before its task ends: it takes the gaps.
  const results = fetches.shared(outBytes / link.downlink);
  let end = 0;
  const queue = [...tiles];
  while (queue.length > 0) {
    // The user's machine takes from the end that it has, workers from the end that the store has.
    const here = queue[0];
    const there = queue.at(-1);
    if (here === undefined || there === undefined) break;
    const core = indexOfLeast(cores);
    const slot = indexOfLeast(slots);
    const fetched = here.isHere ? 0 : fetches.end(0);
    const endHere = Math.max(cores[core] ?? Infinity, fetched) + here.ms / speedHere;
    const sent = there.isThere ? 0 : up.end(0);
    const doneThere = Math.max(slots[slot] ?? Infinity, sent) + there.ms / remote.speed;
    const endThere = results.end(doneThere);
    if (endHere <= endThere) {
      queue.shift();
      cores[core] = endHere;
      if (!here.isHere) fetches.take(fetched);
      end = Math.max(end, endHere);
    } else {
      queue.pop();
      slots[slot] = doneThere;
      if (!there.isThere) up.take(sent);
      results.take(endThere);
      end = Math.max(end, endThere);
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
  readonly #busy: [from: number, to: number][];

  constructor(seconds: number, busy: [number, number][] = []) {
    this.#ms = seconds * 1000;
    this.#busy = busy;
  }

  /** The same wire for blobs of another size. */
  shared(seconds: number): Wire {
    return new Wire(seconds, this.#busy);
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
