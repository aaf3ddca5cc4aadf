import type { DriveView } from "#objects/records.ts";

/** The drive that takes a shard of an extent that lies on `taken`: writable, none of those, with most of its room free. Pure. */
export function chooseDrive(drives: readonly DriveView[], taken: readonly number[]): number | undefined {
  const free = ({ freeBytes, totalBytes }: DriveView) => freeBytes / Math.max(1, totalBytes);
  return drives
    .filter((drive) => drive.state === "ok" && drive.wanted === "active" && !taken.includes(drive.number))
    .toSorted((a, b) => free(b) - free(a))[0]?.number;
}

/** A drive that is away for so long is not waited for: what lay on it is made anew elsewhere, when there is room. */
export const givenUpAfterMs = 15 * 60_000;

/** Drives whose shards have to be made anew elsewhere. */
export function isGivenUp(
  { state, wanted, since }: Pick<DriveView, "state" | "wanted" | "since">,
  now: number,
): boolean {
  const isAway = state === "missing" || state === "wrong" || state === "stale";
  return state === "failed" || wanted === "failed" || (isAway && now - since > givenUpAfterMs);
}
