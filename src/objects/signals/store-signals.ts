import type { Affected, Cause, Effect, Impact, Signal } from "#api/incidents.ts";
import type { StoreStatus } from "#objects/admin.ts";
import type { DriveView } from "#objects/records.ts";

/** From here on a drive's fill is worth saying: there is time to add another. */
export const fillWarned = 0.8;
/** Checksum mismatches that are remembered as a signal for so long after the last. */
export const mismatchLastsMs = 60_000;

/** What signals need of the store's status. */
export type StoreState = Pick<StoreStatus, "phase" | "reason" | "margin" | "counters">;

export interface StoreFacts {
  readonly status: StoreState;
  readonly drives: readonly DriveView[];
  /** Whose buckets have something on this drive. */
  readonly affectedBy: (drive: number) => Affected;
  /** Whose data was found damaged lately, and when that was last; absent: none. */
  readonly damaged?: { readonly affected: Affected; readonly lastAt: number };
  /** Since when the store holds, when it does. */
  readonly holdingSince?: number;
}

/**
 * What the catalog tells the status process: margins and masked failures, long before a client sees an error. Pure. `now` is wall-clock time in ms.
 */
export function storeSignals(facts: StoreFacts, now: number): readonly Signal[] {
  const { status, drives, damaged } = facts;
  const signals = drives.flatMap((drive) => driveSignals(drive, facts));
  if (status.phase === "holding") signals.push(holdingSignal(status, facts.holdingSince ?? now));
  if (damaged !== undefined && now - damaged.lastAt < mismatchLastsMs)
    signals.push({
      id: "damage",
      component: "objects",
      cause: "data-damaged",
      effects: ["durability"],
      impact: "none",
      since: damaged.lastAt,
      affected: damaged.affected,
      detail: `${status.counters.checksumMismatches} blocks did not match their checksum; ${status.counters.repairedShards} shards were repaired`,
    });
  return signals;
}

function driveSignals(drive: DriveView, { status, affectedBy }: StoreFacts): readonly Signal[] {
  const told = toldOf(drive, status.margin);
  if (told === undefined) return [];
  const detail = `drive ${drive.number} at ${drive.path} is ${drive.state}${drive.reason === undefined ? "" : `: ${drive.reason}`}`;
  const { cause, effects, impact } = told;
  return [
    {
      id: `drive/${drive.number}/${cause}`,
      component: "objects",
      cause,
      effects: [...effects],
      impact,
      since: drive.since,
      affected: affectedBy(drive.number),
      detail,
    },
  ];
}

/** What the state of one drive means for clients. `margin` is how many more drives may be lost with nothing lost. */
function toldOf(
  drive: DriveView,
  margin: number,
): { readonly cause: Cause; readonly effects: readonly Effect[]; readonly impact: Impact } | undefined {
  const impact = margin > 0 ? "none" : "minor";
  const isFilling = drive.totalBytes > 0 && 1 - drive.freeBytes / drive.totalBytes >= fillWarned;
  switch (drive.state) {
    case "failed":
    case "missing":
    case "readonly":
      return { cause: "drive-lost", effects: ["durability"], impact };
    case "wrong":
    case "stale":
      return { cause: "drive-mismatch", effects: ["durability"], impact };
    case "suspect":
      // Lateness alone would be told only when it lasts; that fewer copies are in reach holds from the first moment.
      return { cause: "drive-late", effects: ["durability", "latency"], impact };
    case "full":
      return { cause: "drive-full", effects: ["durability"], impact };
    case "ok":
      return isFilling ? { cause: "drive-full", effects: ["writes"], impact: "none" } : undefined;
    case "draining":
      return undefined;
  }
}

function holdingSignal(status: StoreState, since: number): Signal {
  return {
    id: "holding",
    component: "objects",
    cause: "store-holding",
    effects: ["availability"],
    impact: "critical",
    since,
    affected: { everyone: true, projects: [] },
    detail: status.reason ?? "",
  };
}
