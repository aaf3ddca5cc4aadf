import { unreachable } from "#lib/assert.ts";
import type { EventStore, Feed, LeaseStore, OperationStore } from "#store/store.ts";
import { processLeases } from "../operations/interrupted.ts";
import type { Reconciler } from "../reconcile/reconciler.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What is kept; whichever bound is passed first. */
export const retention = {
  changes: { keepMs: 24 * hourMs, keepChanges: 1_000_000 },
  events: { keepMs: 30 * dayMs, keepEvents: 100_000 },
  operations: { keepMs: 30 * dayMs },
  /** Those of control processes: every start leaves one. What was begun under one is declared interrupted long before. */
  leases: { prefix: processLeases, ranOutForMs: dayMs },
} as const;

/** Rows of one statement: small, so that it never holds others up for long. */
export const batchRows = 5_000;
/** Statements of one pass, so that 1,500 changes a second (90,000 a minute) are kept up with. */
export const batchesPerPass = 30;

/** What grows and has to be cut. Credentials are sessions, links and tokens that have ended. */
export const chores = ["changes", "events", "operations", "leases", "credentials"] as const;
export type Chore = (typeof chores)[number];

export interface HousekeepingObserved {
  readonly chore: Chore;
  /** Changes above the bound, read from the head; of the others it is not known before they are cut. */
  readonly overdueChanges: number;
  readonly keptChanges: number;
}

export interface HousekeepingAction {
  readonly do: "cut";
  readonly chore: Chore;
}

/** Told after every pass; must not throw. */
export interface HousekeepingObserver {
  kept(changes: number, overdue: number): void;
  /** `behind`: the pass ended at its bound and not because nothing was left. */
  cut(chore: Chore, rows: number, behind: boolean): void;
}

/** Cuts what is too old or too much, in bounded batches, whoever leads. One key is a chore. */
export function createHousekeepingReconciler(options: {
  readonly feed: Feed;
  readonly events: EventStore;
  readonly operations: OperationStore;
  readonly leases: LeaseStore;
  /** Removes at most `batch` of each sort of ended credentials and says how many went. */
  readonly pruneCredentials: (batch: number) => Promise<number>;
  readonly observer?: HousekeepingObserver;
}): Reconciler<HousekeepingObserved, HousekeepingAction> {
  const { feed, events, operations, leases, observer } = options;
  const cut: Readonly<Record<Chore, () => Promise<number>>> = {
    changes: async () => await feed.compact({ ...retention.changes, batch: batchRows }),
    events: async () => await events.prune({ ...retention.events, batch: batchRows }),
    operations: async () => await operations.prune({ ...retention.operations, batch: batchRows }),
    leases: async () => await leases.prune({ ...retention.leases, batch: batchRows }),
    credentials: async () => await options.pruneCredentials(batchRows),
  };
  return {
    name: "housekeeping",
    watches: [],
    everyMs: 60_000,
    keys: async () => await Promise.resolve(chores),
    observe: async (key) => {
      const chore = chores.find((one) => one === key) ?? unreachable(key as never); // keys() gives chores only
      const { revision, compacted } = await feed.head();
      const keptChanges = revision - compacted;
      const overdueChanges = Math.max(0, keptChanges - retention.changes.keepChanges);
      observer?.kept(keptChanges, overdueChanges);
      return { chore, keptChanges, overdueChanges };
    },
    plan: ({ chore }) => [{ do: "cut", chore }],
    act: async ({ chore }, { signal }) => {
      let rows = 0;
      let last = 0;
      for (let batch = 0; batch < batchesPerPass; batch += 1) {
        signal.throwIfAborted();
        last = await cut[chore]();
        rows += last;
        if (last === 0) break;
      }
      observer?.cut(chore, rows, last > 0);
      return last > 0 ? "again" : undefined;
    },
    describe: {
      observed: ({ chore, keptChanges, overdueChanges }) =>
        chore === "changes" ? `${keptChanges} changes kept, ${overdueChanges} too many` : chore,
      action: ({ chore }) => `cut ${chore}`,
    },
  };
}
