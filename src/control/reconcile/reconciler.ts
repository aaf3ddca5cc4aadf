import type { Attribution } from "#api/actor.ts";
import type { ResourceKey } from "#api/resource.ts";
import type { Fence } from "#store/store.ts";

/**
 * One thing that is kept true: `observe → plan → act`. It takes no input, is idempotent, does a bounded amount of work in a
 * pass and never retries inside: the next pass is the retry. First run, recovery, steady state and deletion are
 * one path. The thinking is in `plan`, which is pure and synchronous.
 */
export interface Reconciler<Observed, Action> {
  readonly name: string;
  /** Who leads it; one leader in the whole data center. Absent: `reconciler/<name>`. */
  readonly lease?: string;
  /** Kinds whose changes bring a pass sooner than the timer would. */
  readonly watches: readonly string[];
  /** Every key gets a pass at least this often. */
  readonly everyMs: number;
  /** All that there is to look after, at most `maxKeys` of it. */
  keys(signal: AbortSignal): Promise<readonly string[]>;
  /**
   * What to look at again because of a change. Only routing: the pass reads everything anew, so a wrong answer costs a
   * pass or waits for the timer. Absent: every change brings a pass of all keys.
   */
  keysOf?(subject: ChangeSubject): readonly string[];
  observe(key: string, signal: AbortSignal): Promise<Observed>;
  plan(observed: Observed, now: number): readonly Action[];
  /** `again` when work of the same kind is left that this pass may not do, because a pass is bounded. */
  act(action: Action, context: ActContext): Promise<"again" | void>;
  /** For people: what a pass saw and what an action does, in a few words. */
  describe: {
    observed(observed: Observed): string;
    action(action: Action): string;
  };
}

/** What a change was about; never what it said. */
export interface ChangeSubject extends ResourceKey {
  readonly owner?: ResourceKey;
  /** `deleting`: it waits for its owners to clean up, also when something else of it changed. */
  readonly life: "created" | "changed" | "deleting" | "deleted";
}

export interface ActContext {
  /** Every write has to carry it. */
  readonly fence: Fence;
  readonly signal: AbortSignal;
  readonly by: Attribution;
}

/** Keys that one reconciler looks after. */
export const maxKeys = 10_000;
