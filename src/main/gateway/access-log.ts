import { appendFileSync, renameSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";

export interface AccessLogLimits {
  /** A file that is larger is set aside. */
  readonly maxBytes: number;
  /** Files that were set aside; the oldest goes. */
  readonly keptFiles: number;
  /** Characters that wait for the disk; lines beyond are dropped and counted. */
  readonly maxWaiting: number;
}

export const accessLogLimits: AccessLogLimits = {
  maxBytes: 16 * 1024 * 1024,
  keptFiles: 3,
  maxWaiting: 4 * 1024 * 1024,
};
const flushEveryMs = 500;
const pieceBytes = 262_144;
const lineFeed = 10;

/**
 * Lines go to the file together and behind the requests' back: a slow disk costs lines, never a request. A gateway that hands over
 * and its successor write to one file for a while, which appending allows. Lines become bytes at once: as strings that wait they
 * would live long enough to be copied by the garbage collector, which costs more than writing them.
 */
export class AccessLog {
  readonly #file: string;
  readonly #limits: AccessLogLimits;
  readonly #clock: Clock;
  readonly #log: Log;
  #handle: FileHandle | undefined;
  #size = 0;
  /** Pieces that are full, and the one that is being filled. */
  #full: Buffer[] = [];
  #piece: Buffer | undefined;
  #used = 0;
  #lines = 0;
  #waiting = 0;
  #flushing: Promise<void> | undefined;
  #isDue = false;
  #dropped = 0;
  /** So that a full disk is told once, not with every flush. */
  #isFailing = false;

  constructor(options: {
    readonly file: string;
    readonly clock: Clock;
    readonly log: Log;
    readonly limits?: AccessLogLimits;
  }) {
    this.#file = options.file;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#limits = options.limits ?? accessLogLimits;
  }

  /** Lines that were not written, since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a line in ASCII without its end. */
  write(line: string): void {
    const { length } = line;
    if (this.#waiting + length > this.#limits.maxWaiting) {
      this.#dropped += 1;
      return;
    }
    let piece = this.#piece;
    if (piece === undefined || this.#used + length >= piece.length) piece = this.#nextPiece(length + 1);
    piece.write(line, this.#used, length, "latin1");
    piece[this.#used + length] = lineFeed;
    this.#used += length + 1;
    this.#lines += 1;
    this.#waiting += length;
    if (this.#isDue) return;
    this.#isDue = true;
    this.#clock.after(flushEveryMs, () => {
      this.#isDue = false;
      background(this.flush(), "gateway.access-log.flush", this.#log);
    });
  }

  /** Resolves when everything that was taken before is with the system, or dropped. */
  async flush(): Promise<void> {
    // Bounded: each turn takes all that waits, and what waits is bounded.
    while (this.#lines > 0 || this.#flushing !== undefined) {
      this.#flushing ??= this.#writeAll().finally(() => (this.#flushing = undefined));
      await this.#flushing;
    }
  }

  /** Writes what waits, and gives the file up. */
  async close(): Promise<void> {
    await this.flush();
    await this.#handle?.close();
    this.#handle = undefined;
  }

  /** What still waits, at the end of the process. */
  flushSync(): void {
    for (const piece of this.#take()) appendFileSync(this.#file, piece, { mode: 0o600 });
  }

  #nextPiece(least: number): Buffer {
    if (this.#piece !== undefined) this.#full.push(this.#piece.subarray(0, this.#used));
    this.#used = 0;
    this.#piece = Buffer.allocUnsafeSlow(Math.max(pieceBytes, least));
    return this.#piece;
  }

  /** All that waits. */
  #take(): readonly Buffer[] {
    const pieces = this.#full;
    if (this.#piece !== undefined && this.#used > 0) pieces.push(this.#piece.subarray(0, this.#used));
    this.#full = [];
    this.#piece = undefined;
    this.#used = this.#lines = this.#waiting = 0;
    return pieces;
  }

  async #writeAll(): Promise<void> {
    const lines = this.#lines;
    const pieces = this.#take();
    try {
      this.#handle ??= await this.#open();
      for (const piece of pieces) {
        await this.#handle.appendFile(piece);
        this.#size += piece.length;
      }
      this.#isFailing = false;
      if (this.#size > this.#limits.maxBytes) await this.#rotate();
    } catch (error) {
      this.#dropped += lines;
      if (!this.#isFailing) this.#log.error("gateway.access-log.failed", { error });
      this.#isFailing = true;
    }
  }

  async #open(): Promise<FileHandle> {
    const handle = await open(this.#file, "a", 0o600);
    this.#size = (await handle.stat()).size;
    return handle;
  }

  async #rotate(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
    for (let age = this.#limits.keptFiles - 1; age >= 1; age -= 1)
      renameIfThere(`${this.#file}.${age}`, `${this.#file}.${age + 1}`);
    renameIfThere(this.#file, `${this.#file}.1`);
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // fs fails with errno errors only
  }
}
