import { VdcError } from "#api/errors.ts";
import type { System } from "#api/system.ts";
import { background } from "#lib/background.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { Feed, Fence, LeaseStore } from "#store/store.ts";
import { settledWithin } from "../settled-within.ts";
import { createLeaseKeeper, type LeaseKeeper } from "../lease/keeper.ts";
import { followChanges } from "./follow.ts";
import { runPass } from "./pass.ts";
import { maxKeys, type Reconciler } from "./reconciler.ts";
import { WorkQueue } from "./work-queue.ts";

export type ReconcilerStatus = System["reconcilers"][number];

export interface DriverLimits {
  readonly leaseTtlMs: number;
  /** Passes at once, each of another key. */
  readonly concurrency: number;
  /** After this the pass's signal aborts. */
  readonly passTimeoutMs: number;
  /** How long `stop` waits for passes; then the lease is not given up but left to run out. */
  readonly stopWaitMs: number;
  readonly minGapMs: number;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
}

export const driverLimits: DriverLimits = {
  leaseTtlMs: 10_000,
  concurrency: 4,
  passTimeoutMs: 60_000,
  stopWaitMs: 4_000,
  minGapMs: 250,
  backoff: { baseMs: 500, maxMs: 60_000 },
};

/** Counted for the metrics; must not throw. */
export interface PassObserver {
  passed(reconciler: string, outcome: "idle" | "again" | "failed", seconds: number): void;
}

export interface DriverOptions<Observed, Action> {
  readonly reconciler: Reconciler<Observed, Action>;
  readonly leases: LeaseStore;
  readonly feed: Feed;
  /** Unique for each run of a process. */
  readonly holder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits?: Partial<DriverLimits>;
  readonly observer?: PassObserver;
}

export interface ReconcilerDriver extends AsyncDisposable {
  start(): void;
  /** Stops acting, waits a while for the passes that run (their signal is aborted) and gives the lease up. Safe twice. */
  stop(): Promise<void>;
  status(): ReconcilerStatus;
  /** Asks for a pass of this key, or of all keys; nothing happens when another process leads. */
  wake(key?: string): void;
  readonly gauges: { readonly waiting: number; readonly running: number; readonly dropped: number };
}

/** Runs one reconciler for as long as this process holds its lease. */
export function createReconcilerDriver<Observed, Action>(
  options: DriverOptions<Observed, Action>,
): ReconcilerDriver {
  return new Driver(options);
}

/** From winning the lease to losing it. */
interface Term {
  readonly epoch: number;
  readonly ended: AbortController;
  /** One listing of keys at a time; `again` when another was asked for meanwhile. */
  listing: "no" | "yes" | "again";
}

class Driver<Observed, Action> implements ReconcilerDriver {
  readonly #options: DriverOptions<Observed, Action>;
  readonly #limits: DriverLimits;
  readonly #keeper: LeaseKeeper;
  readonly #queue: WorkQueue;
  readonly #log: Log;
  readonly #work = new Set<Promise<void>>();
  #term: Term | undefined;
  #timer: Disposable | undefined;
  #stopped = false;
  #last: Pick<ReconcilerStatus, "lastPassAt" | "lastPassMs" | "lastSaw" | "lastDid"> = {};
  #failures = 0;

  constructor(options: DriverOptions<Observed, Action>) {
    const { reconciler, leases, holder, clock, random } = options;
    this.#options = options;
    this.#limits = { ...driverLimits, ...options.limits };
    this.#log = options.log.child({ reconciler: reconciler.name });
    this.#queue = new WorkQueue({ ...this.#limits, maxQueued: maxKeys }, random);
    this.#keeper = createLeaseKeeper({
      leases,
      name: reconciler.lease ?? `reconciler/${reconciler.name}`,
      holder,
      ttlMs: this.#limits.leaseTtlMs,
      clock,
      log: options.log,
      onChange: (fence) => this.#leadershipChanged(fence),
    });
  }

  start(): void {
    this.#keeper.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    // The acts end first: a lease that is given up while one of them runs would let two act at once.
    this.#endTerm("this process stops");
    const idle = await settledWithin(this.#allDone(), this.#limits.stopWaitMs, this.#options.clock);
    if (!idle) this.#log.warn("reconcile.stop.overdue", { running: this.#queue.running });
    await this.#keeper.stop({ letRunOut: !idle });
  }

  async #allDone(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  status(): ReconcilerStatus {
    const { name } = this.#options.reconciler;
    return { name, leader: this.#keeper.fence() !== undefined, ...this.#last, failures: this.#failures };
  }

  get gauges(): { readonly waiting: number; readonly running: number; readonly dropped: number } {
    const { waiting, running, dropped } = this.#queue;
    return { waiting, running, dropped };
  }

  wake(key?: string): void {
    const term = this.#term;
    if (term === undefined) return;
    if (key === undefined) {
      this.#spawn(this.#listKeys(term), "reconcile.keys");
      return;
    }
    this.#queue.add(key, this.#options.clock.monotonic());
    this.#pump();
  }

  #leadershipChanged(fence: Fence | undefined): void {
    this.#endTerm("the lease was lost");
    if (fence === undefined || this.#stopped) return;
    const term: Term = { epoch: fence.epoch, ended: new AbortController(), listing: "no" };
    this.#term = term;
    this.#spawn(this.#follow(term), "reconcile.follow");
    this.#spawn(this.#listEvery(term), "reconcile.timer");
  }

  #endTerm(why: string): void {
    this.#term?.ended.abort(new VdcError("fenced", why));
    this.#term = undefined;
    this.#timer?.[Symbol.dispose]();
    this.#queue.clear();
  }

  /** Changes only wake: what they say is read again by the pass. */
  async #follow(term: Term): Promise<void> {
    const { reconciler, feed, clock, random } = this.#options;
    await followChanges({
      feed,
      kinds: reconciler.watches,
      clock,
      random,
      log: this.#log,
      signal: term.ended.signal,
      onStart: () => this.wake(),
      onChange: (subject) => {
        if (reconciler.keysOf === undefined) this.wake();
        else for (const key of reconciler.keysOf(subject)) this.#queue.add(key, clock.monotonic());
      },
      onBatch: () => this.#pump(),
    });
  }

  async #listEvery(term: Term): Promise<void> {
    const { clock, reconciler } = this.#options;
    while (this.#term === term) {
      await clock.sleep(reconciler.everyMs, term.ended.signal).catch(() => undefined); // the term ended: so does the loop
      if (this.#term === term) await this.#listKeys(term);
    }
  }

  async #listKeys(term: Term): Promise<void> {
    if (term.listing !== "no") {
      term.listing = "again";
      return;
    }
    const { reconciler, clock } = this.#options;
    try {
      do {
        term.listing = "yes";
        using deadline = this.#deadline(term);
        const keys = await reconciler.keys(deadline.signal);
        if (this.#term !== term) return;
        if (keys.length > maxKeys)
          this.#log.warn("reconcile.keys.dropped", { dropped: keys.length - maxKeys });
        for (const key of keys.slice(0, maxKeys)) this.#queue.add(key, clock.monotonic());
        this.#pump();
      } while (wasAskedAgain(term));
    } catch (error) {
      if (this.#term === term) this.#failed(error); // the timer is the retry
    } finally {
      term.listing = "no";
    }
  }

  /** Starts passes while there is room, and sets the timer for the next key that rests. */
  #pump(): void {
    const term = this.#term;
    if (term === undefined) return;
    const { clock } = this.#options;
    this.#timer?.[Symbol.dispose]();
    while (this.#queue.running < this.#limits.concurrency) {
      const key = this.#queue.take(clock.monotonic());
      if (key === undefined) break;
      this.#spawn(this.#pass(term, key), "reconcile.pass");
    }
    const nextAtMs = this.#queue.running < this.#limits.concurrency ? this.#queue.nextAtMs() : undefined;
    if (nextAtMs === undefined) return;
    this.#timer = clock.after(Math.max(1, nextAtMs - clock.monotonic()), () => this.#pump());
  }

  async #pass(term: Term, key: string): Promise<void> {
    const { clock, reconciler, observer } = this.#options;
    const began = clock.monotonic();
    let outcome: "idle" | "again" | "failed" = "failed";
    try {
      using deadline = this.#deadline(term);
      const fence = () => this.#keeper.fence();
      const { signal } = deadline;
      const report = await runPass(reconciler, key, { epoch: term.epoch, fence, clock, signal });
      outcome = report.outcome;
      this.#failures = 0;
      this.#last = { lastSaw: report.saw, lastDid: report.did };
    } catch (error) {
      // The key comes back after its backoff. A lost lease is no failure: the next leader carries on.
      if (this.#term === term) this.#failed(error, key);
    } finally {
      const tookMs = clock.monotonic() - began;
      this.#last = { ...this.#last, lastPassAt: isoTime(clock.now()), lastPassMs: tookMs };
      this.#queue.done(key, outcome, clock.monotonic());
      observer?.passed(reconciler.name, outcome, tookMs / 1000);
      if (this.#term === undefined) this.#queue.clear();
      this.#pump();
    }
  }

  #failed(error: unknown, key?: string): void {
    this.#failures += 1;
    this.#log.warn("reconcile.pass.failed", { key, failures: this.#failures, error });
  }

  /** Aborts when the term ends or the time for one pass is over. */
  #deadline(term: Term): Disposable & { readonly signal: AbortSignal } {
    const late = new AbortController();
    const timer = this.#options.clock.after(this.#limits.passTimeoutMs, () =>
      late.abort(new VdcError("timeout", "a pass took longer than it may")),
    );
    return {
      signal: AbortSignal.any([term.ended.signal, late.signal]),
      [Symbol.dispose]: () => timer[Symbol.dispose](),
    };
  }

  #spawn(task: Promise<void>, name: string): void {
    const tracked = task.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
    background(tracked, name, this.#log);
  }
}

/** A function, because the compiler does not see that the listing is changed while one waits. */
function wasAskedAgain(term: Term): boolean {
  return term.listing === "again";
}
