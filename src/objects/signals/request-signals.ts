import type { Signal } from "#api/incidents.ts";
import type { Clock } from "#lib/clock.ts";

/** Requests are judged over this time, in slices. */
export const windowMs = 30_000;
const sliceMs = 5_000;
/** Below this many requests a share says nothing. */
export const requestsMin = 20;
/** Share of failed requests of one project that is told. */
export const failedShare = 0.02;
/** Projects that are counted at once; a request of another is counted as nobody's. */
const projectsMax = 10_000;

interface Counts {
  requests: number;
  failed: number;
  slowDown: number;
  held: number;
  readonly buckets: Set<string>;
}
interface Slice {
  readonly from: number;
  readonly projects: Map<string, Counts>;
}

/** One answered request. */
export interface Seen {
  readonly project: string;
  readonly bucket?: string;
  readonly status: number;
  /** Whether it had to wait inside before it could be served. */
  readonly held: boolean;
}

/**
 * What each customer met lately, so that one of them is not averaged away by the others. Held requests are told before any fails: a client that waits has not
 * seen an error yet.
 */
export class RequestSignals {
  readonly #clock: Clock;
  readonly #from: string;
  #slices: Slice[] = [];

  /** `from` makes the signals' ids differ among fronts. */
  constructor(clock: Clock, from: string) {
    this.#clock = clock;
    this.#from = from;
  }

  saw({ project, bucket, status, held }: Seen): void {
    const counts = this.#countsOf(project);
    if (counts === undefined) return;
    counts.requests += 1;
    if (status >= 500) counts.failed += 1;
    if (status === 503) counts.slowDown += 1;
    if (held) counts.held += 1;
    if ((status >= 500 || held) && bucket !== undefined && counts.buckets.size < 100)
      counts.buckets.add(bucket);
  }

  /** A request that is being held right now, before anything is known of its end. */
  holds(project: string, bucket: string | undefined): void {
    const counts = this.#countsOf(project);
    if (counts === undefined) return;
    counts.held += 1;
    if (bucket !== undefined && counts.buckets.size < 100) counts.buckets.add(bucket);
  }

  signals(): readonly Signal[] {
    this.#forget();
    return [...this.#sums()].flatMap(([project, counts]) => this.#signalsOf(project, counts));
  }

  #signalsOf(project: string, counts: Counts): readonly Signal[] {
    const since = Math.round(this.#clock.now() - windowMs);
    const common = {
      component: "objects" as const,
      since: Math.max(0, since),
      affected: { everyone: false, projects: [{ project, buckets: [...counts.buckets].toSorted() }] },
    };
    const id = (what: string) => `${what}/${this.#from}/${project}`;
    const signals: Signal[] = [];
    if (counts.slowDown > 0)
      signals.push({
        ...common,
        id: id("slow-down"),
        cause: "broken-promise",
        effects: ["reads", "writes"],
        impact: "major",
        detail: `${counts.slowDown} requests of ${project} were answered with SlowDown`,
      });
    const failed = counts.failed - counts.slowDown;
    if (failed > 0 && counts.requests >= requestsMin && failed / counts.requests > failedShare)
      signals.push({
        ...common,
        id: id("errors"),
        cause: "errors",
        effects: ["reads", "writes"],
        impact: "major",
        detail: `${failed} of ${counts.requests} requests of ${project} failed`,
      });
    if (counts.held > 0)
      signals.push({
        ...common,
        id: id("held"),
        cause: "held-requests",
        effects: ["latency"],
        impact: "minor",
        detail: `${counts.held} requests of ${project} were held`,
      });
    return signals;
  }

  #countsOf(project: string): Counts | undefined {
    const now = this.#clock.monotonic();
    let slice = this.#slices.at(-1);
    if (slice === undefined || now - slice.from >= sliceMs) {
      this.#forget();
      slice = { from: now, projects: new Map() };
      this.#slices.push(slice);
    }
    const known = slice.projects.get(project);
    if (known !== undefined || slice.projects.size >= projectsMax) return known;
    const made: Counts = { requests: 0, failed: 0, slowDown: 0, held: 0, buckets: new Set() };
    slice.projects.set(project, made);
    return made;
  }

  #forget(): void {
    const oldest = this.#clock.monotonic() - windowMs;
    this.#slices = this.#slices.filter(({ from }) => from > oldest);
  }

  #sums(): ReadonlyMap<string, Counts> {
    const sums = new Map<string, Counts>();
    for (const { projects } of this.#slices)
      for (const [project, counts] of projects) {
        const sum = sums.get(project) ?? { requests: 0, failed: 0, slowDown: 0, held: 0, buckets: new Set() };
        sum.requests += counts.requests;
        sum.failed += counts.failed;
        sum.slowDown += counts.slowDown;
        sum.held += counts.held;
        for (const bucket of counts.buckets) sum.buckets.add(bucket);
        sums.set(project, sum);
      }
    return sums;
  }
}
