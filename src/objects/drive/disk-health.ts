/** What is known of a drive from the calls that were made to it. */
export interface DiskHealth {
  /** Exponentially weighted means, milliseconds; undefined until the first call. */
  readonly readLatencyMs?: number;
  readonly writeLatencyMs?: number;
  readonly syncLatencyMs?: number;
  readonly inFlight: number;
  readonly waiting: number;
  /** Age of the oldest call that has not returned; 0 when there is none. */
  readonly oldestMs: number;
  /** Since the start: calls that failed with a fault of the drive, that were late, and that found the line full. */
  readonly errors: number;
  readonly late: number;
  readonly refused: number;
  /** Faults since the last call that went well. */
  readonly errorsInARow: number;
  readonly lastErrorCode?: string;
}

export type CallKind = "read" | "write" | "sync" | "other";

/** Weight of the newest call: about the last twenty count. */
const newestWeight = 0.1;
/** Answers that say something of a name or of the room left, not of how the drive works. */
const harmless: ReadonlySet<string> = new Set(["ENOENT", "EEXIST", "ENOSPC", "EDQUOT"]);

export class HealthCounters {
  readonly #latencyMs = new Map<CallKind, number>();
  #errors = 0;
  #late = 0;
  #refused = 0;
  #errorsInARow = 0;
  #lastErrorCode: string | undefined;

  returned(kind: CallKind, tookMs: number): void {
    const before = this.#latencyMs.get(kind);
    this.#latencyMs.set(kind, before === undefined ? tookMs : before + newestWeight * (tookMs - before));
    this.#errorsInARow = 0;
  }

  failed(code: string): void {
    if (harmless.has(code)) return;
    this.#errors += 1;
    this.#errorsInARow += 1;
    this.#lastErrorCode = code;
  }

  gaveUp(): void {
    this.#late += 1;
    this.#errorsInARow += 1;
    this.#lastErrorCode = "ETIMEDOUT";
  }

  refused(): void {
    this.#refused += 1;
  }

  view(now: { readonly inFlight: number; readonly waiting: number; readonly oldestMs: number }): DiskHealth {
    const read = this.#latencyMs.get("read");
    const write = this.#latencyMs.get("write");
    const sync = this.#latencyMs.get("sync");
    return {
      ...now,
      ...(read === undefined ? {} : { readLatencyMs: read }),
      ...(write === undefined ? {} : { writeLatencyMs: write }),
      ...(sync === undefined ? {} : { syncLatencyMs: sync }),
      errors: this.#errors,
      late: this.#late,
      refused: this.#refused,
      errorsInARow: this.#errorsInARow,
      ...(this.#lastErrorCode === undefined ? {} : { lastErrorCode: this.#lastErrorCode }),
    };
  }
}
