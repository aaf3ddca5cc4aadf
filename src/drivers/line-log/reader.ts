import { closeSync, existsSync, fstatSync, openSync, readSync, watch, type Stats } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "#lib/clock.ts";
import { lineLogLimits, logFiles, parseRecord, type LogRecord } from "#drivers/line-log/format.ts";

export interface LineQuery {
  readonly tail: number;
  readonly follow: boolean;
  /** Milliseconds since the epoch. */
  readonly since?: number;
}

/** Lines that one reader is given at the beginning. */
const maxTail = 10_000;
const readBytes = 256 * 1024;
/** A watch of the file system may miss something; this is how late a line comes then. */
const pollMs = 1_000;

/** How far a reader is: which file, by its inode, and how many bytes of it. */
interface Place {
  readonly inode: number;
  readonly offset: number;
}

/** Records oldest first, over all files of the log. With `follow` until the signal aborts or the log is removed. */
export async function* readLines(
  file: string,
  query: LineQuery,
  options: { readonly clock: Clock; readonly signal: AbortSignal },
): AsyncGenerator<LogRecord> {
  const { since = 0 } = query;
  const { records, place } = lastRecords(file, Math.min(query.tail, maxTail), since);
  yield* records;
  if (!query.follow) return;
  let at = place;
  using changes = changesOf(file);
  while (!options.signal.aborted) {
    const next = recordsAfter(file, at);
    if (next === undefined) return; // the log was removed
    at = next.place;
    for (const record of next.records) {
      if (record.at >= since) yield record;
      if (options.signal.aborted) return;
    }
    if (next.records.length === 0) await changes.next(options.clock, options.signal);
  }
}

function lastRecords(file: string, tail: number, since: number): { records: LogRecord[]; place: Place } {
  const files = logFiles(file);
  const newest = readFrom(files[0] ?? file, 0);
  const place = { inode: newest?.inode ?? 0, offset: newest?.end ?? 0 };
  if (tail === 0) return { records: [], place };
  let records = newest?.records ?? [];
  for (const older of files.slice(1)) {
    if (records.length >= tail || (records[0]?.at ?? since) < since) break;
    records = [...(readFrom(older, 0)?.records ?? []), ...records];
  }
  return { records: records.filter(({ at }) => at >= since).slice(-tail), place };
}

/** What came after a place: the rest of its file, which may have another name by now, and all newer files. */
function recordsAfter(file: string, from: Place): { records: LogRecord[]; place: Place } | undefined {
  const current = readFrom(file, 0, from);
  // Between two files of a rotation there is none of this name for a moment.
  if (current === undefined) return existsSync(dirname(file)) ? { records: [], place: from } : undefined;
  if (current.inode === from.inode) {
    return { records: current.records, place: { inode: current.inode, offset: current.end } };
  }
  const records = [...current.records];
  for (const older of logFiles(file).slice(1)) {
    const read = readFrom(older, 0, from);
    if (read === undefined) break;
    records.unshift(...read.records);
    if (read.inode === from.inode) break;
  }
  return { records, place: { inode: current.inode, offset: current.end } };
}

/** Whole records of a file from an offset on, or from `place` when it is that file. */
function readFrom(
  file: string,
  offset: number,
  place?: Place,
): { records: LogRecord[]; inode: number; end: number } | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    return undefined; // there is no file of that age
  }
  try {
    const facts = fstatSync(descriptor);
    const start = place?.inode === facts.ino ? place.offset : offset;
    const bytes = readAll(descriptor, start, facts);
    const end = bytes.lastIndexOf(0x0a) + 1; // the writer may be in the middle of a record
    const lines = bytes.toString("utf8", 0, end).split("\n");
    const records = lines.flatMap((line) => parseRecord(line) ?? []);
    return { records, inode: facts.ino, end: start + end };
  } finally {
    closeSync(descriptor);
  }
}

function readAll(descriptor: number, start: number, facts: Stats): Buffer {
  const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(facts.size - start, 2 * lineLogLimits.maxBytes)));
  let filled = 0;
  // Bounded by the buffer; a file that became shorter ends it, too.
  while (filled < bytes.length) {
    const count = readSync(
      descriptor,
      bytes,
      filled,
      Math.min(readBytes, bytes.length - filled),
      start + filled,
    );
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

function changesOf(file: string): Disposable & { next(clock: Clock, signal: AbortSignal): Promise<void> } {
  let wake = Promise.withResolvers<void>();
  let hasChanged = false;
  const watcher = watchOrNothing(dirname(file), () => {
    hasChanged = true;
    wake.resolve();
  });
  return {
    next: async (clock, signal) => {
      if (!hasChanged && !signal.aborted) {
        const onAbort = () => wake.resolve();
        signal.addEventListener("abort", onAbort, { once: true });
        using _timer = clock.after(pollMs, () => wake.resolve());
        await wake.promise;
        signal.removeEventListener("abort", onAbort);
      }
      hasChanged = false;
      wake = Promise.withResolvers();
    },
    [Symbol.dispose]: () => watcher?.close(),
  };
}

function watchOrNothing(folder: string, onChange: () => void): ReturnType<typeof watch> | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onChange);
    watcher.on("error", onChange); // removed: the next look finds nothing
    return watcher;
  } catch {
    return undefined; // no watches left on this machine: polling does it
  }
}
