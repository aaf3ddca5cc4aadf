import type { Clock } from "#lib/clock.ts";
import type { AccessKeyRecord, BucketRecord } from "#objects/records.ts";
import { leaseTimes } from "./lease.ts";
import type { FeedChange, FeedFacts, SegmentPlace, ServerMessage } from "./messages.ts";

/** A front that is connected. */
export interface Subscriber {
  send(message: ServerMessage): void;
  /** Ends the connection. */
  drop(why: string): void;
}

interface Waiter {
  readonly version: number;
  readonly missing: Set<Subscriber>;
  readonly done: () => void;
}

/** Rows of one piece of a snapshot; a bucket is a few KiB at most, with a policy 20 KiB. */
const snapshotPieceRows = 256;

/**
 * What all fronts must know, and who of them knows it. Whoever connects gets all of it, then each change. A change that takes something away is over when
 * `publishEverywhere` and then `quiet` have resolved: no front can act on the old state any more.
 */
export class ConfigurationFeed {
  readonly #clock: Clock;
  readonly #subscribers = new Set<Subscriber>();
  readonly #waiters = new Set<Waiter>();
  #facts: FeedFacts | undefined;
  #buckets = new Map<string, BucketRecord>();
  #keys = new Map<string, AccessKeyRecord>();
  #segments = new Map<number, SegmentPlace>();
  #version = 0;
  /** Until then a front that we do not hear may still act on what it was told: by our predecessor, or over a connection that is gone. */
  #quietUntil: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#quietUntil = clock.monotonic() + leaseTimes.leaseMs;
  }

  /** Also sends all there is, when the store is open; otherwise as soon as it is. */
  subscribe(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
    if (this.#facts !== undefined) this.#sendSnapshot(subscriber);
  }

  unsubscribe(subscriber: Subscriber): void {
    if (!this.#subscribers.delete(subscriber)) return;
    this.#quietUntil = this.#clock.monotonic() + leaseTimes.leaseMs;
    for (const waiter of this.#waiters) this.#settle(waiter, subscriber);
  }

  acknowledge(subscriber: Subscriber, version: number): void {
    for (const waiter of this.#waiters) if (waiter.version <= version) this.#settle(waiter, subscriber);
  }

  /** The store was opened: this is all there is. */
  reset(all: {
    readonly facts: FeedFacts;
    readonly buckets: Iterable<BucketRecord>;
    readonly keys: Iterable<AccessKeyRecord>;
    readonly segments: Iterable<SegmentPlace>;
  }): void {
    this.#version += 1;
    this.#facts = all.facts;
    this.#buckets = new Map(Array.from(all.buckets, (bucket) => [bucket.name, bucket]));
    this.#keys = new Map(Array.from(all.keys, (key) => [key.accessKeyId, key]));
    this.#segments = new Map(Array.from(all.segments, (segment) => [segment.number, segment]));
    for (const subscriber of this.#subscribers) this.#sendSnapshot(subscriber);
  }

  /** Sent at once, in the order of the calls, and before any answer that is sent later. Without an effect before `reset`. */
  publish(change: FeedChange): void {
    if (this.#facts === undefined) return;
    this.#version += 1;
    this.#apply(change);
    const message = { type: "feed", version: this.#version, change } as const;
    for (const subscriber of this.#subscribers) subscriber.send(message);
  }

  /** As `publish`; resolves when every front that is connected has it. One that does not take it in time is disconnected. */
  async publishEverywhere(change: FeedChange): Promise<void> {
    this.publish(change);
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { version: this.#version, missing: new Set(this.#subscribers), done: resolve };
    if (waiter.missing.size === 0) return;
    this.#waiters.add(waiter);
    using _late = this.#clock.after(leaseTimes.ackWithinMs, () => {
      for (const subscriber of waiter.missing) subscriber.drop("it did not acknowledge a change in time");
    });
    await promise;
  }

  /** Resolves when no front that we lost, or that our predecessor had, acts on what it was told any more. */
  async quiet(): Promise<void> {
    const quietMs = this.#quietUntil - this.#clock.monotonic();
    if (quietMs > 0) await this.#clock.sleep(quietMs);
  }

  /** Replaces the facts when they differ; who asks often asks this. */
  publishFacts(facts: FeedFacts): void {
    if (JSON.stringify(facts) !== JSON.stringify(this.#facts)) this.publish({ facts });
  }

  /** Tells the difference to the segments that were published before. */
  publishSegments(now: readonly SegmentPlace[]): void {
    const segments = now.filter((segment) => {
      const known = this.#segments.get(segment.number);
      return known === undefined || !isSamePlace(known, segment);
    });
    const numbers = new Set(now.map(({ number }) => number));
    const removedSegments = [...this.#segments.keys()].filter((number) => !numbers.has(number));
    if (segments.length + removedSegments.length > 0) this.publish({ segments, removedSegments });
  }

  #settle(waiter: Waiter, subscriber: Subscriber): void {
    waiter.missing.delete(subscriber);
    if (waiter.missing.size > 0) return;
    this.#waiters.delete(waiter);
    waiter.done();
  }

  #apply(change: FeedChange): void {
    if (change.facts !== undefined) this.#facts = change.facts;
    applyRows(this.#buckets, change.buckets, change.removedBuckets, ({ name }) => name);
    applyRows(this.#keys, change.keys, change.removedKeys, ({ accessKeyId }) => accessKeyId);
    applyRows(this.#segments, change.segments, change.removedSegments, ({ number }) => number);
  }

  #sendSnapshot(subscriber: Subscriber): void {
    const pieces: FeedChange[] = [
      ...piecesOf(this.#buckets).map((buckets) => ({ buckets })),
      ...piecesOf(this.#keys).map((keys) => ({ keys })),
      ...piecesOf(this.#segments).map((segments) => ({ segments })),
    ];
    const message = { type: "feed", version: this.#version } as const;
    for (const change of pieces) subscriber.send({ ...message, change, snapshot: "more" });
    const last = this.#facts === undefined ? {} : { facts: this.#facts };
    subscriber.send({ ...message, change: last, snapshot: "last" });
  }
}

/** Also used by the side that receives the rows. */
export function applyRows<K, V>(
  rows: Map<K, V>,
  put: readonly V[] | undefined,
  removed: readonly K[] | undefined,
  keyOf: (row: V) => K,
): void {
  for (const key of removed ?? []) rows.delete(key);
  for (const row of put ?? []) rows.set(keyOf(row), row);
}

function piecesOf<V>(rows: ReadonlyMap<unknown, V>): readonly (readonly V[])[] {
  const all = [...rows.values()];
  const count = Math.ceil(all.length / snapshotPieceRows);
  return Array.from({ length: count }, (_, index) =>
    all.slice(index * snapshotPieceRows, (index + 1) * snapshotPieceRows),
  );
}

function isSamePlace(a: SegmentPlace, b: SegmentPlace): boolean {
  return String(a.ensemble) === String(b.ensemble) && String(a.whole) === String(b.whole);
}
