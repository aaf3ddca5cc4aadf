import type { Operation } from "#api/records.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Fence, LeaseStore, OperationStore } from "#store/store.ts";
import { interrupted, isFinished, withEnding } from "./record.ts";

/** What the names of `processLease` begin with, and no others. */
export const processLeases = "control/";

/** The lease that says that a control process lives. Its name is that of one run of a process, and no other takes it. */
export function processLease(holder: string): string {
  return `${processLeases}${holder}`;
}

/** Operations that one sweep looks at; more wait for the next. */
const maxSwept = 500;

/**
 * Declares operations failed whose process is gone. The dead process's lease is taken first, which raises its epoch:
 * should it only have been paused, nothing that it still writes is accepted.
 */
export async function failInterrupted(options: {
  readonly operations: OperationStore;
  readonly leases: LeaseStore;
  readonly holder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly ttlMs: number;
  readonly ownFence: () => Fence | undefined;
  readonly runsHere: (id: string) => boolean;
}): Promise<void> {
  const unfinished = await options.operations.list({ states: ["running", "cancelling"], limit: maxSwept });
  const byHolder = Map.groupBy(
    unfinished.filter((operation) => operation.holder !== undefined),
    (operation) => operation.holder ?? "",
  );
  if (byHolder.size === 0) return;
  const alive = new Set(
    (await options.leases.list()).filter((lease) => lease.remainingMs > 0).map((l) => l.name),
  );
  for (const [holder, operations] of byHolder) {
    if (holder === options.holder) {
      // Begun under a leadership of this process that was lost on the way.
      const orphans = operations.filter((operation) => !options.runsHere(operation.id));
      await failAll(orphans, options.ownFence(), options);
    } else if (!alive.has(processLease(holder))) {
      await failOthers(holder, operations, options);
    }
  }
}

async function failOthers(
  deadHolder: string,
  operations: readonly Operation[],
  options: Parameters<typeof failInterrupted>[0],
): Promise<void> {
  const name = processLease(deadHolder);
  const lease = await options.leases.acquire(name, options.holder, options.ttlMs);
  if ("heldBy" in lease) return; // it lives after all, or another process does this work
  try {
    await failAll(operations, { lease: name, epoch: lease.epoch }, options);
  } finally {
    await options.leases.release(name, lease.epoch);
  }
}

async function failAll(
  operations: readonly Operation[],
  fence: Fence | undefined,
  options: Parameters<typeof failInterrupted>[0],
): Promise<void> {
  if (fence === undefined) return;
  for (const { id } of operations) {
    // Read again now that its writer is fenced off: it may have ended since the list.
    const newest = await options.operations.get(id);
    if (newest === undefined || isFinished(newest)) continue;
    const { revision: _, ...record } = newest;
    await options.operations.put(withEnding(record, interrupted, isoTime(options.clock.now())), fence);
    options.log.warn("operation.interrupted", { operation: id, holder: newest.holder });
  }
}
