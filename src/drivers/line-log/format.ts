/**
 * Logs of instances: one record a line, `MILLISECONDS STREAM TEXT`, where STREAM is o, e or v. Text is what the program
 * wrote, bytes as they came, without its line feed.
 */
export type LogStream = "stdout" | "stderr" | "vdc";

export interface LogRecord {
  readonly at: number;
  readonly stream: LogStream;
  readonly text: string;
}

export interface LineLogLimits {
  readonly maxLineBytes: number;
  /** Of one file. */
  readonly maxBytes: number;
  /** Files in all: the one that is written, and older ones. */
  readonly files: number;
  /** A line without its end is kept this long. */
  readonly partialMs: number;
}

export const lineLogLimits: LineLogLimits = {
  maxLineBytes: 16 * 1024,
  maxBytes: 10 * 1024 * 1024,
  files: 3,
  partialMs: 500,
};

export const streamLetters = { stdout: "o", stderr: "e", vdc: "v" } as const;
const streamsByLetter: Readonly<Record<string, LogStream>> = { o: "stdout", e: "stderr", v: "vdc" };

/** Names of the files of a log, newest first. */
export function logFiles(file: string, limits: LineLogLimits = lineLogLimits): string[] {
  return Array.from({ length: limits.files }, (_, age) => (age === 0 ? file : `${file}.${age}`));
}

/** Undefined for what is no record: the first line after a crash in the middle of one. */
export function parseRecord(line: string): LogRecord | undefined {
  const [, at, letter = "", text] = /^(\d{13}) ([oev]) ([^]*)$/.exec(line) ?? [];
  const stream = streamsByLetter[letter];
  if (at === undefined || stream === undefined || text === undefined) return undefined;
  return { at: Number(at), stream, text };
}
