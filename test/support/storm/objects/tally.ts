import { systemClock } from "#lib/clock.ts";

export type Kind = "read" | "write" | "other";

interface Sample {
  readonly kind: Kind;
  readonly startedAt: number;
  readonly ms: number;
}

/** What a client met that it must never meet. */
export interface Failure {
  readonly what: string;
  /** `broken`: no whole answer; `refused`: an answer that is none of S3's good ones; `wrong`: other bytes, or something acknowledged that is not there. */
  readonly how: "broken" | "refused" | "wrong";
  /** Monotonic, milliseconds. */
  readonly at: number;
}

/** A span of time on the monotonic clock. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Everything that all clients met. */
export class ObjectTally {
  readonly #samples: Sample[] = [];
  readonly failures: Failure[] = [];

  answered(kind: Kind, startedAt: number): void {
    this.#samples.push({ kind, startedAt, ms: systemClock.monotonic() - startedAt });
  }

  failed(how: Failure["how"], what: string): void {
    this.failures.push({ how, what, at: systemClock.monotonic() });
  }

  /** Requests that began in the span, and how long they took. */
  figures(
    { from, to }: Span,
    kind?: Kind,
  ): { readonly answered: number; readonly p50: number; readonly p99: number } {
    const took = this.#samples
      .filter((each) => each.startedAt >= from && each.startedAt < to && (kind ?? each.kind) === each.kind)
      .map(({ ms }) => ms)
      .toSorted((a, b) => a - b);
    const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0;
    return { answered: took.length, p50: at(0.5), p99: at(0.99) };
  }

  failuresIn({ from, to }: Span): readonly Failure[] {
    return this.failures.filter(({ at }) => at >= from && at < to);
  }
}
