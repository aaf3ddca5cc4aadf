import type { CarePorts, Work } from "./care-ports.ts";

/** The oldest segment is cleaned when less of it than this is alive. */
export const liveShareMin = 0.5;
/** Rows that are appended again in one go. */
const rowsAtOnce = 1_000;
/** Segments that one run cleans. */
const segmentsMax = 64;

/** Bytes of the rows in a segment that are still needed, as far as `upTo`. */
function liveBytes(ports: CarePorts, segment: number, upTo: number): number {
  let bytes = 0;
  const rows = ports.index.rowsInSegment(segment, Number.MAX_SAFE_INTEGER);
  for (const { key, value, place } of rows) {
    bytes += key.length + value.length + (place?.length ?? 0);
    if (bytes > upTo) break;
  }
  return bytes;
}

/** A tail that is alive must not keep what is dead behind it for ever. */
function isMostlyDead(ports: CarePorts): boolean {
  const sealed = ports.journal.segments().filter(({ isOpen }) => !isOpen);
  const live = sealed.reduce((sum, { number, bytes }) => sum + liveBytes(ports, number, bytes), 0);
  return live < sealed.reduce((sum, { bytes }) => sum + bytes, 0) * liveShareMin;
}

/**
 * Wins room in the journal from its tail: live rows of the oldest segment are appended again, with their bytes, then the segment is retired. Only the oldest, so
 * that what it removed cannot come back from an older one.
 */
export function cleanJournalWork(ports: CarePorts): Work {
  return async ({ signal, progress }) => {
    let cleaned = 0;
    let bytes = 0;
    while (cleaned < segmentsMax) {
      const [oldest, ...others] = ports.journal.segments();
      if (oldest === undefined || oldest.isOpen || others.length === 0) break;
      const live = liveBytes(ports, oldest.number, oldest.bytes);
      if (live > oldest.bytes * liveShareMin && !isMostlyDead(ports)) break;
      // Bounded by the rows of the segment, which only leave it.
      while ((await ports.rows.rewriteSegment(oldest.number, rowsAtOnce)) > 0) signal.throwIfAborted();
      await ports.journal.retire(oldest.number);
      cleaned += 1;
      bytes += oldest.bytes - live;
      progress({ doneItems: cleaned, totalItems: cleaned, doneBytes: bytes, totalBytes: bytes });
    }
    return cleaned === 0
      ? "the oldest segment is still needed for the most part"
      : `${cleaned} segments cleaned`;
  };
}
