import type { IdentityVerdict } from "#objects/drive/identity.ts";
import type { DriveRecord, DriveState } from "#objects/records.ts";

/** What was seen of a drive since the last look. */
export interface DriveObservation {
  readonly wanted: DriveRecord["wanted"];
  /** Of its identity file; `unreadable` when the drive did not answer. */
  readonly verdict: IdentityVerdict | { readonly state: "unreadable"; readonly reason: string };
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** Calls that failed or were late, of all processes. */
  readonly troubles: number;
  /** Age of the oldest call that has not returned, milliseconds. */
  readonly oldestCallMs: number;
  /** Whether a few bytes could be written, synced and read again just now; undefined: it was not tried. */
  readonly probe?: "good" | "failed" | "read-only" | "no-space";
}

/** What is remembered of a drive from look to look. */
export interface DriveCondition {
  readonly state: DriveState;
  readonly reason?: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** When it was last in trouble, by the monotonic clock; undefined: long ago. */
  readonly troubledAt?: number;
}

/** So many troubles in one look make a drive suspect; a single slow call does not. */
const troublesMin = 3;
const oldCallMs = 1_000;
/** A suspect drive is trusted again after so long without any trouble. */
const calmMs = 15_000;
/** A full drive takes writes again when it has so many times its headroom free. */
const roomAgain = 1.25;

/** What is kept free on a drive, so that deletes and the journal always work. */
export function headroomBytes(totalBytes: number): number {
  return Math.min(10 * 1024 ** 3, Math.max(128 * 1024 ** 2, totalBytes * 0.02));
}

/** The next condition of a drive. Pure; it leaves a bad state later than it enters it, so that nothing flickers. */
export function nextCondition(
  before: DriveCondition,
  seen: DriveObservation,
  now: { readonly wall: number; readonly monotonic: number },
): DriveCondition {
  const isTroubled = seen.troubles >= troublesMin || seen.oldestCallMs > oldCallMs || seen.probe === "failed";
  const troubledAt = isTroubled ? now.monotonic : before.troubledAt;
  const isCalm = troubledAt === undefined || now.monotonic - troubledAt > calmMs;
  const { state, reason } = judge(before, seen, isTroubled, isCalm);
  return {
    state,
    ...(reason === undefined ? {} : { reason }),
    since: state === before.state ? before.since : now.wall,
    ...(troubledAt === undefined || isCalm ? {} : { troubledAt }),
  };
}

function judge(
  before: DriveCondition,
  seen: DriveObservation,
  isTroubled: boolean,
  isCalm: boolean,
): { readonly state: DriveState; readonly reason?: string } {
  const { wanted, verdict, probe } = seen;
  if (wanted === "failed") return { state: "failed", reason: "it was given up" };
  if (verdict.state === "missing" || verdict.state === "wrong") return verdict;
  if (verdict.state === "unreadable") return { state: "suspect", reason: verdict.reason };
  const isReadOnly =
    probe === "read-only" || (probe === undefined && before.state === "readonly" && !isTroubled);
  if (isReadOnly) return { state: "readonly", reason: "its file system takes no writes" };
  if (isTroubled || (!isCalm && before.state === "suspect"))
    return { state: "suspect", reason: "calls to it fail or are late" };
  if (wanted === "drained") return { state: "draining" };
  if (probe === "no-space") return { state: "full", reason: "it says that it has no room left" };
  const headroom = headroomBytes(seen.totalBytes) * (before.state === "full" ? roomAgain : 1);
  if (seen.freeBytes < headroom) return { state: "full", reason: "its file system has no room left" };
  return { state: "ok" };
}
