import type { DriveDetailView, StoreStatusView } from "#api/objects.ts";
import type { Tone } from "#console/kit/state.tsx";
import { countOf, formatBytes } from "#console/lib/format.ts";

/** A drive's state as people say it. */
export interface DriveState {
  readonly tone: Tone;
  readonly text: string;
  /** What it means, where it is not plain. */
  readonly means?: string;
}

const states: Readonly<Record<string, DriveState>> = {
  ok: { tone: "good", text: "Well" },
  suspect: {
    tone: "warn",
    text: "Suspect",
    means: "It answers late or fails now and then. Others are asked first.",
  },
  full: { tone: "warn", text: "Full", means: "It is read and deletes work; new data goes to other drives." },
  readonly: { tone: "warn", text: "Read only", means: "It is read; new data goes to other drives." },
  draining: { tone: "busy", text: "Being emptied", means: "What lies on it is moved to other drives." },
  drained: { tone: "rest", text: "Empty", means: "It can be taken out, or back into use." },
  missing: { tone: "bad", text: "Missing", means: "Its directory is not there. Is it mounted?" },
  wrong: { tone: "bad", text: "Another drive", means: "Another drive lies at its path. It is left alone." },
  stale: { tone: "bad", text: "Old copy", means: "What lies there is older than what was written to it." },
  failed: {
    tone: "bad",
    text: "Given up",
    means: "Nothing is read from it; what lay on it is rebuilt elsewhere.",
  },
  pending: { tone: "busy", text: "Being taken in" },
  refused: { tone: "bad", text: "Refused" },
};

export function driveState(state: string): DriveState {
  return states[state] ?? { tone: "rest", text: state };
}

/** How full the file system of a drive is, in shares of it. */
export function driveFill({
  totalBytes,
  freeBytes,
  headroomBytes = 0,
}: Pick<DriveDetailView, "totalBytes" | "freeBytes" | "headroomBytes">): {
  readonly used: number;
  /** Where the headroom begins: what is written ends here. */
  readonly mark: number;
  readonly words: string;
} {
  if (totalBytes <= 0) return { used: 0, mark: 1, words: "size unknown" };
  return {
    used: Math.min(1, Math.max(0, 1 - freeBytes / totalBytes)),
    mark: Math.max(0, 1 - headroomBytes / totalBytes),
    words: `${formatBytes(freeBytes)} free of ${formatBytes(totalBytes)}`,
  };
}

/** How many more drives may be lost, and how that is to be felt. */
export function marginWords(
  margin: number,
  layout: StoreStatusView["layout"],
): { readonly tone: Tone; readonly text: string } {
  if (margin <= 0) return { tone: layout?.m === 0 ? "warn" : "bad", text: "No further drive may be lost" };
  return {
    // All that the layout gives is good; anything less waits for repair.
    tone: margin < (layout?.m ?? 0) ? "warn" : "good",
    text: `${countOf(margin, "more drive")} may be lost`,
  };
}

const phases = {
  serving: { tone: "good", text: "Serving" },
  holding: { tone: "bad", text: "Holding requests" },
  starting: { tone: "busy", text: "Starting" },
  absent: { tone: "rest", text: "Not here" },
} as const satisfies Record<StoreStatusView["phase"], { readonly tone: Tone; readonly text: string }>;

export function storePhase(phase: StoreStatusView["phase"]): { readonly tone: Tone; readonly text: string } {
  return phases[phase];
}

/** `6 drives: 4 data + 2 parity`: how an object is spread. */
export function layoutWords(layout: NonNullable<StoreStatusView["layout"]>): string {
  if (layout.m === 0) return "one copy, on one drive";
  if (layout.k === 1) return `${layout.m + 1} copies, each on a drive of its own`;
  return `${layout.k} data + ${layout.m} parity, each on a drive of its own`;
}

/** What giving a drive up does, in sentences: shown before it is done. */
export function givingUp(
  drive: Pick<DriveDetailView, "shards" | "segments" | "number">,
  margin: number | undefined,
  others: readonly Pick<DriveDetailView, "state" | "number">[],
): readonly { readonly tone: Tone; readonly text: string }[] {
  const well = others.filter(({ state, number }) => state === "ok" && number !== drive.number).length;
  const lines: { tone: Tone; text: string }[] = [
    { tone: "warn", text: "Nothing is read from it any more, from now on." },
    {
      tone: "busy",
      text: `${countOf(drive.shards, "shard")} and ${countOf(drive.segments, "journal segment")} are rebuilt on ${countOf(well, "other drive")} that ${well === 1 ? "is" : "are"} well.`,
    },
  ];
  if (margin === undefined) return lines;
  if (margin <= 0)
    lines.push({ tone: "bad", text: "There is no redundancy left: objects would be lost for good." });
  else if (margin === 1)
    lines.push({ tone: "bad", text: "Until that is done, no further drive may be lost." });
  else
    lines.push({
      tone: "warn",
      text: `Until that is done, ${countOf(margin - 1, "more drive")} may be lost, not ${margin}.`,
    });
  return lines;
}

/** What was kept from clients, in the order of how much it says. A name that is not here is shown as it is. */
export const maskedWords: Readonly<Record<string, string>> = {
  brokenPromises: "Requests that were answered with SlowDown",
  heldRequests: "Requests that were held until they could be answered",
  insideRetries: "Calls to a drive that were tried again on another",
  hedges: "Late reads that another drive was asked for, too",
  checksumMismatches: "Blocks that did not match their checksum, replaced before they left",
  repairedShards: "Shards that were rebuilt",
  segmentMoves: "Journal segments that went on with other drives",
  droppedEvents: "Event notifications that no receiver took",
};
