import type { Clock } from "#lib/clock.ts";
import type { Configuration } from "#objects/catalog.ts";
import { holdMaxMs } from "#objects/limits.ts";
import type { AccessKeyRecord, BucketRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { applyRows } from "./feed.ts";
import { leaseTimes } from "./lease.ts";
import type { FeedChange, FeedFacts, SegmentPlace, ServerMessage } from "./messages.ts";

interface Rows {
  readonly buckets: Map<string, BucketRecord>;
  readonly keys: Map<string, AccessKeyRecord>;
  readonly segments: Map<number, SegmentPlace>;
  facts: FeedFacts | undefined;
}

/**
 * What a front was told by the catalog. It may decide by it while `isCurrent`; a request that comes when it is not waits for `whenCurrent`. Requests that
 * were admitted before go on with what was known then.
 */
export class FedConfiguration implements Configuration {
  readonly #clock: Clock;
  #rows = noRows();
  /** A snapshot that has not come to its end. */
  #coming: Rows | undefined;
  /** Whether the rows are of the connection that is there now. */
  #isFed = false;
  #leaseUntil = Number.NEGATIVE_INFINITY;
  readonly #waiting = new Set<() => void>();
  /** Called with the facts whenever they are new. */
  onFacts: (facts: FeedFacts) => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  key(accessKeyId: string): AccessKeyRecord | undefined {
    return this.#rows.keys.get(accessKeyId);
  }

  bucket(name: string): BucketRecord | undefined {
    return this.#rows.buckets.get(name);
  }

  buckets(project?: string): readonly BucketRecord[] {
    const all = [...this.#rows.buckets.values()].filter(
      (bucket) => project === undefined || bucket.project === project,
    );
    return all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  segment(number: number): SegmentPlace | undefined {
    return this.#rows.segments.get(number);
  }

  get facts(): FeedFacts | undefined {
    return this.#rows.facts;
  }

  get isCurrent(): boolean {
    return this.#isFed && this.#clock.monotonic() < this.#leaseUntil;
  }

  /** Resolves when it is current. Throws SlowDown when that takes longer than anything is held, and the signal's reason when it aborts. */
  async whenCurrent(signal?: AbortSignal, withinMs: number = holdMaxMs): Promise<void> {
    signal?.throwIfAborted();
    if (this.isCurrent) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => reject(signal?.reason);
    this.#waiting.add(resolve);
    signal?.addEventListener("abort", abort, { once: true });
    using _late = this.#clock.after(withinMs, () => reject(new S3Error("SlowDown")));
    try {
      await promise;
    } finally {
      this.#waiting.delete(resolve);
      signal?.removeEventListener("abort", abort);
    }
  }

  /** An echo came; the question was asked at `askedAt` of our clock. */
  renew(askedAt: number): void {
    this.#leaseUntil = askedAt + leaseTimes.leaseMs;
    this.#wake();
  }

  receive({ change, snapshot }: ServerMessage & { readonly type: "feed" }): void {
    if (snapshot === undefined) {
      apply(this.#rows, change);
    } else {
      this.#coming ??= noRows();
      apply(this.#coming, change);
      if (snapshot === "more") return;
      this.#rows = this.#coming;
      this.#coming = undefined;
      this.#isFed = true;
      this.#wake();
    }
    if (change.facts !== undefined) this.onFacts(change.facts);
  }

  /** The connection is gone: what is held may be old from now on. */
  lost(): void {
    this.#isFed = false;
    this.#coming = undefined;
    this.#leaseUntil = Number.NEGATIVE_INFINITY;
  }

  #wake(): void {
    if (!this.isCurrent) return;
    for (const wake of this.#waiting) wake();
  }
}

function apply(rows: Rows, change: FeedChange): void {
  rows.facts = change.facts ?? rows.facts;
  applyRows(rows.buckets, change.buckets, change.removedBuckets, ({ name }) => name);
  applyRows(rows.keys, change.keys, change.removedKeys, ({ accessKeyId }) => accessKeyId);
  applyRows(rows.segments, change.segments, change.removedSegments, ({ number }) => number);
}

function noRows(): Rows {
  return { buckets: new Map(), keys: new Map(), segments: new Map(), facts: undefined };
}
