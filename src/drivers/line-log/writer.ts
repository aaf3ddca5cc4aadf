import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import type { Clock } from "#lib/clock.ts";
import {
  lineLogLimits,
  logFiles,
  streamLetters,
  type LineLogLimits,
  type LogStream,
} from "#drivers/line-log/format.ts";

const lineFeed = 0x0a;
/** Of what is told in a sentence about the last line. */
const maxLastLine = 200;

interface Partial {
  readonly chunks: Buffer[];
  bytes: number;
  cutBytes: number;
  flush: Disposable | undefined;
}

/**
 * Writes what a program says, by lines with their time and stream, into files of a bounded size. Invariant: no more than
 * `maxLineBytes` of a line are kept, in memory or on disk; how many were cut is said at its end.
 */
export class LineLog implements Disposable {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #limits: LineLogLimits;
  readonly #partials: Record<LogStream, Partial> = { stdout: empty(), stderr: empty(), vdc: empty() };
  #descriptor: number;
  #bytes: number;
  #lastAt = 0;
  #lastLine: string | undefined;

  constructor(file: string, clock: Clock, limits: LineLogLimits = lineLogLimits) {
    this.#file = file;
    this.#clock = clock;
    this.#limits = limits;
    this.#descriptor = openSync(file, "a", 0o600);
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  /** What the program wrote last, for people; at most 200 characters. */
  get lastLine(): string | undefined {
    return this.#lastLine;
  }

  /** Bytes as they came. */
  write(stream: LogStream, chunk: Buffer): void {
    const records: Buffer[] = [];
    let from = 0;
    // Bounded by the chunk: every turn passes one line feed.
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, from)) {
      this.#keep(stream, chunk.subarray(from, end));
      records.push(this.#take(stream));
      from = end + 1;
    }
    if (from < chunk.length) this.#keep(stream, chunk.subarray(from));
    this.#append(Buffer.concat(records));
    this.#flushLater(stream);
  }

  /** A line of ours. */
  note(text: string): void {
    this.write("vdc", Buffer.from(`${text.replaceAll("\n", " ")}\n`));
  }

  /** Writes lines that have no end yet: the program ended. */
  flush(): void {
    for (const stream of ["stdout", "stderr"] as const)
      if (this.#partials[stream].bytes > 0) this.#append(this.#take(stream));
  }

  [Symbol.dispose](): void {
    this.flush();
    closeSync(this.#descriptor);
  }

  #keep(stream: LogStream, piece: Buffer): void {
    const partial = this.#partials[stream];
    const room = this.#limits.maxLineBytes - partial.bytes;
    const kept = piece.subarray(0, room);
    if (kept.length > 0) partial.chunks.push(Buffer.from(kept)); // a copy: the chunk's memory is large
    partial.bytes += kept.length;
    partial.cutBytes += piece.length - kept.length;
  }

  #take(stream: LogStream): Buffer {
    const { chunks, cutBytes, flush } = this.#partials[stream];
    flush?.[Symbol.dispose]();
    this.#partials[stream] = empty();
    let text = Buffer.concat(chunks);
    if (text.at(-1) === 0x0d) text = text.subarray(0, -1);
    if (stream !== "vdc" && text.length > 0) this.#lastLine = text.toString("utf8", 0, maxLastLine);
    // Wall time may jump back; the order of lines does not.
    this.#lastAt = Math.max(this.#lastAt, this.#clock.now());
    const head = Buffer.from(`${Math.trunc(this.#lastAt)} ${streamLetters[stream]} `);
    const tail = cutBytes > 0 ? ` … (${cutBytes} bytes cut)\n` : "\n";
    return Buffer.concat([head, text, Buffer.from(tail)]);
  }

  #flushLater(stream: LogStream): void {
    const partial = this.#partials[stream];
    partial.flush?.[Symbol.dispose]();
    if (partial.bytes > 0)
      partial.flush = this.#clock.after(this.#limits.partialMs, () => this.#append(this.#take(stream)));
  }

  #append(bytes: Buffer): void {
    if (bytes.length === 0) return;
    try {
      if (this.#bytes > 0 && this.#bytes + bytes.length > this.#limits.maxBytes) this.#rotate();
      this.#bytes += writeSync(this.#descriptor, bytes);
    } catch {
      // A full disk takes the lines, not the instance.
    }
  }

  #rotate(): void {
    const files = logFiles(this.#file, this.#limits);
    for (let age = files.length - 1; age >= 1; age -= 1) {
      const [newer, older] = [files[age - 1], files[age]];
      if (newer !== undefined && older !== undefined) renameIfThere(newer, older);
    }
    closeSync(this.#descriptor);
    this.#descriptor = openSync(this.#file, "a", 0o600);
    this.#bytes = 0;
  }
}

function empty(): Partial {
  return { chunks: [], bytes: 0, cutBytes: 0, flush: undefined };
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    // There is no file of that age yet.
  }
}
