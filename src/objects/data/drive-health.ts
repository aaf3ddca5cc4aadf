import type { Clock } from "#lib/clock.ts";

/** A drive that failed or was late is left alone for this long; twice as long when it does it again. */
const avoidFirstMs = 1_000;
const avoidMaxMs = 30_000;
/** Durations of reads that the bound for lateness is made of. */
const samplesMax = 256;
const resortEvery = 32;
const fewSamples = 16;

interface Record {
  avoidedUntil: number;
  avoidMs: number;
  /** Moving average of a read's duration. */
  readMs: number;
}

/**
 * What this process itself saw of the drives in the last seconds, so that it does not wait for the catalog's word: who is late is asked last. Where nobody else can
 * serve, an avoided drive is used all the same.
 */
export class DriveHealth {
  readonly #clock: Clock;
  readonly #records = new Map<number, Record>();
  readonly #samples: number[] = [];
  #at = 0;
  #p95 = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** It failed or was late. Many at once count as one. */
  trouble(drive: number): void {
    const record = this.#record(drive);
    const now = this.#clock.monotonic();
    if (now < record.avoidedUntil) return;
    record.avoidedUntil = now + record.avoidMs;
    record.avoidMs = Math.min(record.avoidMs * 2, avoidMaxMs);
  }

  /** It did what it was asked, in `ms` when it was a read. */
  good(drive: number, ms?: number): void {
    const record = this.#record(drive);
    if (this.#clock.monotonic() < record.avoidedUntil) return;
    record.avoidMs = avoidFirstMs;
    if (ms === undefined) return;
    record.readMs += (ms - record.readMs) / 8;
    this.#samples[this.#at % samplesMax] = ms;
    this.#at += 1;
    if (this.#at % resortEvery !== 0) return;
    const sorted = this.#samples.toSorted((a, b) => a - b);
    this.#p95 = sorted[Math.floor(sorted.length * 0.95)] ?? 0;
  }

  isAvoided(drive: number): boolean {
    const record = this.#records.get(drive);
    return record !== undefined && this.#clock.monotonic() < record.avoidedUntil;
  }

  /** Moving average of its reads, in milliseconds; 0 when it has not read yet. */
  readMs(drive: number): number {
    return this.#records.get(drive)?.readMs ?? 0;
  }

  /** What 95 % of all reads took at most, in milliseconds; undefined while too few are known. */
  get readP95Ms(): number | undefined {
    return this.#at < fewSamples ? undefined : this.#p95;
  }

  #record(drive: number): Record {
    const known = this.#records.get(drive) ?? { avoidedUntil: 0, avoidMs: avoidFirstMs, readMs: 0 };
    this.#records.set(drive, known);
    return known;
  }
}
