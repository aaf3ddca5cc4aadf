import type { Lease, Result } from "#api/burst-protocol.ts";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Blobs } from "./blobs.ts";
import { Budget } from "./budget.ts";
import { failureOf, Stopped, TimeIsOver } from "./failures.ts";
import { workerLimits } from "./limits.ts";
import type { LoadedPackage, Packages } from "./packages.ts";
import type { TaskOutcome, TaskRunners } from "./ports.ts";

export interface SlotOptions {
  readonly slots: number;
  readonly memoryBytes: number;
  readonly runners: TaskRunners;
  readonly packages: Pick<Packages, "load">;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly log: Log;
  /** An outcome to tell. What was revoked or given back has none. */
  readonly report: (result: Result, lease: Lease) => void;
  /** There is room for more, or less than before. */
  readonly changed: () => void;
}

interface HeldTask {
  readonly lease: Lease;
  readonly stopping: AbortController;
  isStarted: boolean;
  startedAt: number;
}

/** Smoothing of the mean time of a task. */
const meanWeight = 0.1;

/**
 * The leases of this worker, from their arrival to their outcome: inputs are fetched while others run, at most so many run at once in so much memory, and no slot
 * takes a new task while outputs pile up. It knows nothing of connections, so they may break.
 */
export class TaskSlots {
  readonly #options: SlotOptions;
  readonly #held = new Map<string, HeldTask>();
  readonly #prefetch: Budget;
  readonly #slots: Budget;
  readonly #memory: Budget;
  readonly #uploads = new Budget(workerLimits.maxUploadBytes);
  #meanMs = workerLimits.aheadMs;
  /** Share of the slots that may be used: less under pressure, nothing in a drain. */
  #share = 1;
  #bytesMoved = 0;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#slots = new Budget(options.slots * workerLimits.maxBundle);
    const { ownMemoryBytes, leastMemoryBytes, prefetchShare, maxPrefetchBytes } = workerLimits;
    const memoryBytes = Math.max(options.memoryBytes, leastMemoryBytes);
    this.#memory = new Budget(Math.max(memoryBytes - ownMemoryBytes, memoryBytes / 2));
    this.#prefetch = new Budget(Math.min(memoryBytes * prefetchShare, maxPrefetchBytes));
  }

  get held(): number {
    return this.#held.size;
  }

  /** How many more leases it would take now. */
  get room(): number {
    const slots = Math.floor(this.#options.slots * this.#share);
    if (slots === 0) return 0;
    const ahead = Math.ceil((slots * workerLimits.aheadMs) / Math.max(this.#meanMs, 1));
    const wanted = slots + (this.#share < 1 ? 0 : Math.min(ahead, workerLimits.maxAhead));
    return Math.max(0, wanted - this.#held.size);
  }

  /** Takes leases; answers those that it cannot hold. */
  accept(leases: readonly Lease[]): string[] {
    const refused: string[] = [];
    for (const lease of leases) {
      if (this.#held.has(lease.lease)) continue;
      if (this.#share === 0 || this.#held.size >= workerLimits.maxHeld) refused.push(lease.lease);
      else background(this.#perform(lease), "worker.task", this.#options.log);
    }
    return refused;
  }

  /** Stops these at once; nothing of them is told. */
  stop(leases: Iterable<string>): void {
    for (const lease of leases) this.#held.get(lease)?.stopping.abort(new Stopped());
  }

  /** From now on only this share of the slots is used; answers what was given up: all that did not start. */
  useShare(share: number): string[] {
    const isLess = share < this.#share;
    this.#share = share;
    return isLess ? this.#giveUp(({ isStarted }) => !isStarted) : [];
  }

  /** Gives everything up, also what runs. */
  giveUpAll(): string[] {
    return this.#giveUp(() => true);
  }

  /** Leases that run, each with a counter that grows while it makes progress: its milliseconds and the bytes that this worker moved. */
  running(): { readonly lease: string; readonly progress: number }[] {
    const now = this.#options.clock.monotonic();
    return [...this.#held.values()].map(({ lease, isStarted, startedAt }) => ({
      lease: lease.lease,
      progress: this.#bytesMoved + (isStarted ? Math.floor(now - startedAt) : 0),
    }));
  }

  #giveUp(which: (task: HeldTask) => boolean): string[] {
    const given = [...this.#held.values()].filter(which).map(({ lease }) => lease.lease);
    this.stop(given);
    return given;
  }

  async #perform(lease: Lease): Promise<void> {
    const task: HeldTask = { lease, stopping: new AbortController(), isStarted: false, startedAt: 0 };
    this.#held.set(lease.lease, task);
    const { signal } = task.stopping;
    try {
      const result = await this.#result(task);
      if (!signal.aborted) this.#options.report(result, lease);
    } catch (error) {
      if (!signal.aborted || signal.reason instanceof TimeIsOver) {
        const cause: unknown = signal.aborted ? signal.reason : error;
        const failure = failureOf(cause);
        // Its words stay here, so here they must be found.
        if (failure.kind === "worker") this.#options.log.warn("worker.task.failed", { error: cause });
        this.#options.report({ lease: lease.lease, outcome: "failed", ...failure }, lease);
      }
    } finally {
      this.#held.delete(lease.lease);
      this.#options.changed();
    }
  }

  async #result(task: HeldTask): Promise<Result> {
    const { packages, blobs, clock } = this.#options;
    const { lease, stopping } = task;
    const { signal } = stopping;
    using fetched = await this.#prefetch.borrow(bytesOf(lease), signal);
    const loading = lease.inputs.map(async (input) => await blobs.get(lease.job, input, signal));
    const [inputs, loaded] = await Promise.all([Promise.all(loading), packages.load(lease.package)]);
    this.#bytesMoved += bytesOf(lease);
    using slot = await this.#slots.borrow(this.#placeOf(lease, loaded), signal);
    const wanted = lease.memoryBytes + bytesOf(lease) + lease.outputBytes;
    using memory = await this.#memory.borrow(wanted, signal);
    task.isStarted = true;
    task.startedAt = clock.monotonic();
    fetched[Symbol.dispose]();
    const outcome = await this.#run(task, loaded, inputs);
    const elapsedMs = clock.monotonic() - task.startedAt;
    this.#meanMs += (elapsedMs - this.#meanMs) * meanWeight;
    if (outcome.kind !== "done") return { lease: lease.lease, outcome: "failed", ...failureOf(outcome) };
    const bytes = outcome.outputs.reduce((sum, output) => sum + output.length, 0);
    memory.shrink(bytes);
    using _uploading = await this.#uploads.borrow(bytes, signal);
    slot[Symbol.dispose]();
    const outputs = await blobs.put(lease.job, outcome.outputs, signal);
    this.#bytesMoved += bytes;
    return { lease: lease.lease, outcome: "done", outputs, elapsedMs };
  }

  /** How much of a slot it takes, in parts of `maxBundle`. */
  #placeOf({ cost }: Lease, { manifest }: LoadedPackage): number {
    const bundle = this.#options.runners[manifest.level]?.bundle ?? 1;
    return cost > workerLimits.smallCost
      ? workerLimits.maxBundle
      : Math.ceil(workerLimits.maxBundle / bundle);
  }

  /** Calls the task's function within its bounds. */
  async #run(task: HeldTask, loaded: LoadedPackage, inputs: readonly Uint8Array[]): Promise<TaskOutcome> {
    const { runners, clock } = this.#options;
    const { lease, stopping } = task;
    const code = await loaded.code(lease.fn);
    const runner = runners[code.level];
    if (runner === undefined) return { kind: "worker", message: `no tasks of level ${code.level} run here` };
    const memoryBytes = memoryBound(lease, loaded);
    using _limit = clock.after(lease.timeMs, () => stopping.abort(new TimeIsOver(lease.timeMs)));
    const { fn, args, outputs } = lease;
    const isSmall = lease.cost <= workerLimits.smallCost;
    const call = { code, fn, args, inputs, outputs, memoryBytes, isSmall };
    const outcome = await runner.run(call, stopping.signal);
    if (outcome.kind !== "done" || outcome.outputs.length === outputs) return outcome;
    return { kind: "trap", message: `it gave ${outcome.outputs.length} outputs; its graph says ${outputs}` };
  }
}

function bytesOf({ inputs }: Lease): number {
  return inputs.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What its package allows, and not many times of what its graph states. */
function memoryBound({ fn, memoryBytes }: Lease, { manifest }: LoadedPackage): number {
  const allowed = manifest.functions[fn]?.memoryBytes ?? 0;
  const stated = Math.max(memoryBytes * workerLimits.memoryTolerance, workerLimits.leastMemoryBytes);
  return Math.min(allowed, stated);
}
