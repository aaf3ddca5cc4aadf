import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { LogLine } from "#cli/local/actions.ts";
import { systemClock } from "#lib/clock.ts";
import type { DataDirectory } from "#main/data-directory.ts";

const pollMs = 250;
/** How much of the end of one log is looked at for its last lines. */
const maxTailBytes = 16 * 1024 * 1024;
const chunkBytes = 64 * 1024;
/** A line that grows beyond this is given out in pieces. */
const maxLineLength = 256 * 1024;

/** The last lines of some logs, merged by their times, then (with `follow`) new lines as they come. */
export async function readLogs(
  directory: DataDirectory,
  request: {
    readonly parts: readonly string[];
    readonly lines: number;
    readonly follow: boolean;
    readonly signal: AbortSignal;
  },
  onLine: (line: LogLine) => void,
): Promise<void> {
  const logs = request.parts.map((part) => new FollowedLog(part, join(directory.logs, `${part}.log`)));
  for (const line of mergeByTime(logs.map((log) => log.last(request.lines)))) onLine(line);
  // Bounded by the signal: following ends at Ctrl-C.
  while (request.follow && !request.signal.aborted) {
    for (const line of mergeByTime(logs.map((log) => log.more()))) onLine(line);
    await systemClock.sleep(pollMs, request.signal).catch(() => undefined); // aborted: the loop's condition sees it
  }
}

/** A log file that grows, and that is emptied in place when it is rotated. */
class FollowedLog {
  readonly #part: string;
  readonly #file: string;
  #position = 0;
  #decoder = new StringDecoder("utf8");
  #rest = "";

  constructor(part: string, file: string) {
    this.#part = part;
    this.#file = file;
  }

  last(lines: number): readonly LogLine[] {
    const size = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
    const older = lines > 0 && size < chunkBytes ? readTail(`${this.#file}.1`, maxTailBytes) : "";
    this.#position = Math.max(0, size - maxTailBytes);
    const found = [...asLines(this.#part, older), ...this.more()];
    return lines === 0 ? [] : found.slice(-lines);
  }

  /** Lines written since the last call. A file that is shorter than before was rotated: it is read from its start. */
  more(): readonly LogLine[] {
    if (!existsSync(this.#file)) return [];
    const descriptor = openSync(this.#file, "r");
    try {
      if (fstatSync(descriptor).size < this.#position) {
        this.#position = 0;
        this.#decoder = new StringDecoder("utf8");
      }
      let text = this.#rest;
      const chunk = Buffer.alloc(chunkBytes);
      for (let read = 0; read <= maxTailBytes; read += chunkBytes) {
        const count = readSync(descriptor, chunk, 0, chunk.length, this.#position);
        if (count === 0) break;
        this.#position += count;
        text += this.#decoder.write(chunk.subarray(0, count));
      }
      const end =
        text.length > maxLineLength && !text.includes("\n") ? text.length : text.lastIndexOf("\n") + 1;
      this.#rest = text.slice(end);
      return asLines(this.#part, text.slice(0, end));
    } finally {
      closeSync(descriptor);
    }
  }
}

function readTail(file: string, maxBytes: number): string {
  if (!existsSync(file)) return "";
  const descriptor = openSync(file, "r");
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, maxBytes));
    return bytes.toString("utf8", 0, readSync(descriptor, bytes, 0, bytes.length, size - bytes.length));
  } finally {
    closeSync(descriptor);
  }
}

function asLines(part: string, text: string): readonly LogLine[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({ part, text: line }));
}

/** A line without a time (the rest of a stack, a message of several lines) stays behind the one before it in its log. */
export function mergeByTime(logs: readonly (readonly LogLine[])[]): readonly LogLine[] {
  const timed = logs.flatMap((lines) => {
    let at = "";
    return lines.map((line) => ({ line, at: (at = timeOf(line.text) ?? at) }));
  });
  return timed.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).map(({ line }) => line); // sort is stable
}

/** ISO time of pino's lines and of PostgreSQL's (`2026-11-22 10:14:46.123 UTC [1]`), comparable as text. */
function timeOf(text: string): string | undefined {
  const pino = /"time":"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d\.\d{3})/.exec(text.slice(0, 200));
  const postgres = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3}) UTC/.exec(text);
  const found = pino ?? postgres;
  return found === null ? undefined : `${found[1] ?? ""}T${found[2] ?? ""}`;
}
