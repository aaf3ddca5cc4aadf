import type { LogEntry } from "#api/apps.ts";
import { plainText } from "#console/lib/ansi.ts";

export interface LogLine {
  /** Counts up for as long as the buffer lives: the key of a row. */
  readonly id: number;
  readonly entry: LogEntry;
  /** Without escape sequences: what is searched, copied and measured. */
  readonly plain: string;
}

/** The last lines of a log. What falls out at the old end is counted, never silently lost. */
export class LogBuffer {
  #lines: LogLine[] = [];
  #next = 0;
  #dropped = 0;
  /** When the newest line that was cleared was written. */
  #cleared = "";
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(entry: LogEntry): void {
    this.#lines.push({ id: this.#next, entry, plain: plainText(entry.text) });
    this.#next += 1;
    // Trimming by a quarter more keeps pushes O(1) amortised.
    if (this.#lines.length >= this.#capacity * 1.25) this.#trim();
  }

  /** At most `capacity`, oldest first; the answer does not change when more is pushed. */
  lines(): readonly LogLine[] {
    this.#trim();
    return this.#lines.slice();
  }

  /** How many fell out at the old end. */
  get dropped(): number {
    return this.#dropped + Math.max(0, this.#lines.length - this.#capacity);
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  clear(): void {
    this.#cleared = this.#lines.at(-1)?.entry.at ?? this.#cleared;
    this.#lines = [];
    this.#dropped = 0;
  }

  /**
   * For a stream that begins again with lines that are held: says of each whether it is one of them. Equal lines are
   * told apart by how many there are, so a program that says the same twice in a millisecond loses nothing. Lines
   * from before the oldest one held were dropped or cleared and are known as well.
   */
  recognizer(): (entry: LogEntry) => boolean {
    const counts = new Map<string, number>();
    for (const { entry } of this.#lines) counts.set(keyOf(entry), (counts.get(keyOf(entry)) ?? 0) + 1);
    const oldest = this.#lines[0]?.entry.at;
    return (entry) => {
      if (entry.at <= this.#cleared) return true;
      if (oldest === undefined) return false;
      if (entry.at < oldest) return true;
      const key = keyOf(entry);
      const left = counts.get(key) ?? 0;
      if (left === 0) return false;
      counts.set(key, left - 1);
      return true;
    };
  }

  #trim(): void {
    const excess = this.#lines.length - this.#capacity;
    if (excess <= 0) return;
    this.#lines = this.#lines.slice(excess);
    this.#dropped += excess;
  }
}

function keyOf(entry: LogEntry): string {
  return JSON.stringify([entry.at, entry.instance, entry.stream, entry.text]);
}
