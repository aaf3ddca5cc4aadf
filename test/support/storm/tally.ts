import { systemClock } from "#lib/clock.ts";

/** One request, socket or stream that did not go as it should have. Times are on the monotonic clock. */
export interface Failure {
  readonly kind: string;
  readonly reason: string;
  readonly startedAt: number;
  readonly failedAt: number;
  /** Who had begun to answer, when that is known. */
  readonly instance?: string;
  /** A gateway may not send it again (RFC 9110 section 9.2.2), or cannot, because it does not keep all of its body. */
  readonly unrepeatable: boolean;
}

export interface Answer {
  readonly kind: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly instance: string;
  readonly release: number;
}

/** What the clients of a storm saw. */
export class Tally {
  readonly answers: Answer[] = [];
  readonly failures: Failure[] = [];
  /** Connections that were ended as their protocol says: 1001 and 1012 of WebSockets, GOAWAY, and what EventSource connects again. */
  readonly polite = new Map<string, number>();

  answered(answer: Answer): void {
    this.answers.push(answer);
  }

  failed(failure: Omit<Failure, "failedAt">): void {
    this.failures.push({ ...failure, failedAt: systemClock.monotonic() });
  }

  endedPolitely(kind: string): void {
    this.polite.set(kind, (this.polite.get(kind) ?? 0) + 1);
  }

  /** A line for each kind: how many were answered, how long they took, what ended politely, what failed. */
  table(): string {
    const kinds = new Set([...this.answers, ...this.failures].map(({ kind }) => kind));
    return [...kinds]
      .toSorted()
      .map((kind) => {
        const took = this.answers
          .filter((answer) => answer.kind === kind)
          .map((answer) => answer.endedAt - answer.startedAt)
          .toSorted((a, b) => a - b);
        const at = (share: number) => Math.round(took[Math.floor((took.length - 1) * share)] ?? 0);
        const failed = this.failures.filter((failure) => failure.kind === kind).length;
        const times = `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`;
        return `${kind}: ${took.length} answered (${times}), ${this.polite.get(kind) ?? 0} ended politely, ${failed} failed`;
      })
      .join("\n");
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
