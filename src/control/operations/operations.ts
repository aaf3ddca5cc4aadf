import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { Operation } from "#api/records.ts";
import type { ResourceKey } from "#api/resource.ts";
import { assert } from "#lib/assert.ts";
import { background } from "#lib/background.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { LeaseStore, OperationStore } from "#store/store.ts";
import { createLeaseKeeper, type LeaseKeeper } from "../lease/keeper.ts";
import { settledWithin } from "../settled-within.ts";
import { failInterrupted, processLease } from "./interrupted.ts";
import { isFinished, outwardError, type Ending, type OperationRecord } from "./record.ts";
import { RunningOperation } from "./running.ts";

export interface OperationRequest {
  /** `noun.verb` */
  readonly type: string;
  readonly title: string;
  readonly project?: string;
  readonly target?: ResourceKey;
  readonly by: Attribution;
  readonly cancelable: boolean;
  /** All steps, in order. */
  readonly steps: readonly string[];
}

/** How the work of an operation tells where it is. Cheap: writes are gathered. */
export interface Progress {
  readonly operationId: string;
  /** For the writes of the work: on whose account, and by which operation. */
  readonly by: Attribution;
  step(name: string): void;
  /** 0 to 100; never goes back. */
  percent(value: number): void;
  /** One line for people; the last 200 lines are kept, 500 characters of each. */
  log(message: string): void;
}

export type OperationWork = (progress: Progress, signal: AbortSignal) => Promise<Operation["result"] | void>;

/** Work that takes longer than a second, visible to everybody and in its final state after whatever happened. */
export interface Operations extends AsyncDisposable {
  /** Takes this process's lease and declares what dead processes left behind interrupted. */
  open(): Promise<void>;
  /** Resolves as soon as the operation is on record; its work runs on. `busy` when too many run. */
  start(request: OperationRequest, work: OperationWork): Promise<Operation>;
  /**
   * Asks the work to stop; a finished operation is returned as it is. `not-found`; `conflict` when it cannot be
   * cancelled; `unavailable` when another control process runs it.
   */
  cancel(id: string): Promise<Operation>;
  /** Interrupts what runs and gives the lease up. Safe twice and at any time. */
  stop(): Promise<void>;
  readonly running: number;
}

export interface OperationsOptions {
  readonly operations: OperationStore;
  readonly leases: LeaseStore;
  /** Unique for each run of a process. */
  readonly holder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly leaseTtlMs?: number;
  /** Called with every operation that ended here; must not throw. */
  readonly onEnd?: (operation: Operation) => void;
}

/** Operations at once in one process. */
export const maxRunning = 64;
const defaultLeaseTtlMs = 10_000;
/** How long `stop` waits for work that was told to end. */
const stopWaitMs = 4_000;

export function createOperations(options: OperationsOptions): Operations {
  return new OperationRunner(options);
}

class OperationRunner implements Operations {
  readonly #options: OperationsOptions;
  readonly #ttlMs: number;
  readonly #keeper: LeaseKeeper;
  readonly #running = new Map<string, RunningOperation>();
  readonly #work = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #leaseWon = Promise.withResolvers<void>();

  constructor(options: OperationsOptions) {
    this.#options = options;
    this.#ttlMs = options.leaseTtlMs ?? defaultLeaseTtlMs;
    this.#keeper = createLeaseKeeper({
      ...options,
      name: processLease(options.holder),
      ttlMs: this.#ttlMs,
      onChange: (fence) => {
        if (fence !== undefined) this.#leaseWon.resolve();
        else this.#abortAll(new VdcError("fenced", "This control process lost its lease while it ran."));
      },
    });
  }

  get running(): number {
    return this.#running.size;
  }

  async open(): Promise<void> {
    const { clock, log } = this.#options;
    this.#keeper.start();
    await settledWithin(this.#leaseWon.promise, this.#ttlMs, clock);
    if (this.#keeper.fence() === undefined)
      throw new VdcError("unavailable", "This control process could not take its lease.");
    await this.#sweep();
    background(this.#sweepEvery(), "operations.sweep", log);
  }

  async start(request: OperationRequest, work: OperationWork): Promise<Operation> {
    const fence = this.#keeper.fence();
    if (fence === undefined || this.#stopping.signal.aborted)
      throw new VdcError("unavailable", "This control process may not begin operations now.");
    if (this.#running.size >= maxRunning)
      throw new VdcError("busy", `${maxRunning} operations run already; that is the limit.`);
    assert(new Set(request.steps).size === request.steps.length, "steps have different names");
    const { operations: store, clock, random, log } = this.#options;
    const running = new RunningOperation(this.#newRecord(request), { store, fence, clock, random, log });
    const { id } = running.operation;
    this.#running.set(id, running);
    try {
      const created = await running.create();
      const done = this.#carryOut(running, request, work).finally(() => this.#work.delete(done));
      this.#work.add(done);
      background(done, "operation.run", log);
      return created;
    } catch (error) {
      this.#running.delete(id);
      throw error;
    }
  }

  async cancel(id: string): Promise<Operation> {
    const here = this.#running.get(id);
    const operation = here?.operation ?? (await this.#options.operations.get(id));
    if (operation === undefined) throw new VdcError("not-found", `There is no operation ${id}.`);
    if (isFinished(operation)) return operation;
    if (!operation.cancelable)
      throw new VdcError("conflict", "This operation cannot be cancelled; it ends by itself.");
    if (here === undefined)
      throw new VdcError("unavailable", "Another control process runs this operation; ask that one.");
    here.cancel(new VdcError("cancelled", "It was cancelled."));
    return here.operation;
  }

  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const reason = new VdcError("interrupted", "The control process stopped.");
    this.#abortAll(reason);
    await settledWithin(Promise.allSettled(this.#work), stopWaitMs, this.#options.clock);
    // What has not ended by now is declared interrupted by whoever comes next: its lease is gone.
    this.#stopping.abort(reason);
    await this.#keeper.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Others may declare interrupted whatever is not under a lease, so nothing of it may go on. */
  #abortAll(reason: VdcError): void {
    for (const running of this.#running.values()) running.abort.abort(reason);
  }

  #newRecord(request: OperationRequest): OperationRecord {
    const { clock, random, holder } = this.#options;
    const { type, title, project, target, by, cancelable, steps } = request;
    const at = isoTime(clock.now());
    return {
      id: newId("operation", clock, random),
      type,
      title,
      ...(project === undefined ? {} : { project }),
      ...(target === undefined ? {} : { target }),
      actor: by.actor,
      state: "running",
      percent: 0,
      steps: steps.map((name) => ({ name, state: "waiting" })),
      log: [],
      cancelable,
      holder,
      createdAt: at,
      updatedAt: at,
    };
  }

  async #carryOut(running: RunningOperation, request: OperationRequest, work: OperationWork): Promise<void> {
    const operationId = running.operation.id;
    const { signal } = running.abort;
    const progress: Progress = {
      operationId,
      by: { ...request.by, operationId },
      step: (name) => running.step(name),
      percent: (value) => running.percent(value),
      log: (message) => running.line(message),
    };
    let ending: Ending;
    try {
      const result = await work(progress, signal);
      ending = { state: "succeeded", ...(result === undefined ? {} : { result }) };
    } catch (error) {
      ending = endingOf(error, signal);
      const fields = { operation: operationId, type: request.type, error };
      if (ending.state === "failed" && ending.error.code === "fault")
        this.#options.log.error("operation.failed", fields);
      else this.#options.log.info("operation.ended", fields);
    }
    await running.end(ending, this.#stopping.signal);
    this.#running.delete(operationId);
    this.#options.onEnd?.(running.operation);
  }

  async #sweepEvery(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await clock.sleep(this.#ttlMs, signal).catch(() => undefined); // stopping: the loop ends
      if (signal.aborted) return;
      // The next turn is the retry.
      await this.#sweep().catch((error: unknown) => log.warn("operations.sweep.failed", { error }));
    }
  }

  async #sweep(): Promise<void> {
    const { operations, leases, holder, clock, log } = this.#options;
    await failInterrupted({
      operations,
      leases,
      holder,
      clock,
      log,
      ttlMs: this.#ttlMs,
      ownFence: () => this.#keeper.fence(),
      runsHere: (id) => this.#running.has(id),
    });
  }
}

/** An abort decides what became of work that gave up because of it; an error of its own is told as it is. */
function endingOf(error: unknown, signal: AbortSignal): Ending {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  const ownError = error instanceof VdcError && error !== reason && !abortCodes.has(error.code);
  if (reason instanceof VdcError && !ownError) {
    if (reason.code === "cancelled") return { state: "cancelled" };
    return { state: "failed", error: outwardError(reason) };
  }
  return { state: "failed", error: outwardError(error) };
}

const abortCodes: ReadonlySet<string> = new Set(["cancelled", "interrupted", "fenced", "timeout"]);
