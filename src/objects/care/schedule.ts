import type { WorkKind } from "#objects/admin.ts";
import type { SegmentView } from "#objects/journal/journal-contract.ts";
import type { DriveView } from "#objects/records.ts";
import { isGivenUp } from "./choose-drive.ts";

/** How often each work is begun by itself, ms. What people start comes at once. */
const everyMs = {
  repair: 5_000,
  "collect-garbage": 60_000,
  "clean-journal": 10 * 60_000,
  scrub: 14 * 24 * 3_600_000,
} as const;

export interface ScheduleFacts {
  /** Monotonic, ms. */
  readonly now: number;
  /** Wall clock, ms. */
  readonly wallNow: number;
  /** When each was last begun, by the same clock. */
  readonly begun: ReadonlyMap<string, number>;
  readonly running: ReadonlySet<WorkKind>;
  readonly drives: readonly DriveView[];
  readonly repairsWait: boolean;
  readonly garbageWaits: boolean;
  readonly segments: readonly SegmentView[];
  readonly copies: number;
  /** Whether shards or segments lie on the drive. */
  readonly holds: (drive: number) => boolean;
}

export interface Due {
  readonly work: WorkKind;
  readonly drive?: number;
}

/** What to begin now. Pure; one of a kind at a time. */
export function dueWorks(facts: ScheduleFacts): readonly Due[] {
  const isDue = (name: string, every: number) => facts.now - (facts.begun.get(name) ?? -Infinity) >= every;
  const due: Due[] = [];
  const short = facts.segments.some(
    ({ whole, isOpen }) => !isOpen && whole.filter((drive) => isKeeping(facts, drive)).length < facts.copies,
  );
  if (!facts.running.has("repair") && (facts.repairsWait || short) && isDue("repair", everyMs.repair))
    due.push({ work: "repair" });
  const emptied = facts.drives.find(
    ({ number, state, wanted, since }) =>
      (isGivenUp({ state, wanted, since }, facts.wallNow) || wanted === "drained") &&
      isDue(`drain/${number}`, everyMs["collect-garbage"]) &&
      facts.holds(number),
  );
  if (emptied !== undefined && !facts.running.has("drain"))
    due.push({ work: "drain", drive: emptied.number });
  if (
    facts.garbageWaits &&
    !facts.running.has("collect-garbage") &&
    isDue("collect-garbage", everyMs["collect-garbage"])
  )
    due.push({ work: "collect-garbage" });
  if (
    facts.segments.length > 2 &&
    !facts.running.has("clean-journal") &&
    isDue("clean-journal", everyMs["clean-journal"])
  )
    due.push({ work: "clean-journal" });
  // The first scrub comes after its time too, not at the start.
  if (facts.begun.has("scrub") && !facts.running.has("scrub") && isDue("scrub", everyMs.scrub))
    due.push({ work: "scrub" });
  return due;
}

function isKeeping({ drives }: ScheduleFacts, number: number): boolean {
  const drive = drives.find((one) => one.number === number);
  return (
    drive !== undefined &&
    drive.wanted === "active" &&
    drive.state !== "failed" &&
    drive.state !== "missing" &&
    drive.state !== "wrong"
  );
}
