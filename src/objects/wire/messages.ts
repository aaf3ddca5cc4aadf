import type { SegmentView } from "#objects/journal/journal-contract.ts";
import type { DrillFault, StoreCounter } from "#objects/admin.ts";
import type { AccessKeyRecord, BucketRecord, DriveView } from "#objects/records.ts";
import type { WireFault } from "./faults.ts";

/** What a front or control sends. */
export type ClientMessage =
  | { readonly type: "hello"; readonly name: string; readonly wantsFeed: boolean }
  | { readonly type: "call"; readonly id: number; readonly method: string; readonly input: unknown }
  /** Nobody waits for it any more; a call that has not begun need not begin. */
  | { readonly type: "forget"; readonly id: number }
  /** Everything of the feed up to `version` is in use. */
  | { readonly type: "ack"; readonly version: number }
  /** `at` is of the sender's own clock, and comes back as it is. `counts`: what a front masked from its clients since the last one. */
  | { readonly type: "ping"; readonly at: number; readonly counts: StoreCounts };

export type ServerMessage =
  | { readonly type: "answer"; readonly id: number; readonly value?: unknown }
  | { readonly type: "refusal"; readonly id: number; readonly fault: WireFault }
  | { readonly type: "pong"; readonly at: number }
  /** `snapshot`: a piece of all there is, to be used when its last piece has come. */
  | {
      readonly type: "feed";
      readonly version: number;
      readonly change: FeedChange;
      readonly snapshot?: "more" | "last";
    };

export type StoreCounts = Readonly<Partial<Record<StoreCounter, number>>>;

/** Where a segment's blobs are found. */
export type SegmentPlace = Pick<SegmentView, "number" | "ensemble" | "whole">;

export interface Drill {
  readonly drive: number;
  readonly fault: DrillFault;
  /** Milliseconds since 1970; every process ends it by itself. */
  readonly until: number;
}

/** Things that are few; each change carries all of a kind. */
export interface FeedFacts {
  readonly storeId: string;
  /** Of the key that wraps the data keys of new objects. */
  readonly masterKeyId: string;
  readonly layout: { readonly k: number; readonly m: number; readonly copies: number };
  readonly drives: readonly DriveView[];
  readonly drills: readonly Drill[];
  /** Names the index that the catalog works with, for fronts that read it themselves. */
  readonly indexToken?: string;
}

/** What is new; what is absent is as it was. */
export interface FeedChange {
  readonly facts?: FeedFacts;
  readonly buckets?: readonly BucketRecord[];
  readonly removedBuckets?: readonly string[];
  readonly keys?: readonly AccessKeyRecord[];
  readonly removedKeys?: readonly string[];
  readonly segments?: readonly SegmentPlace[];
  readonly removedSegments?: readonly number[];
}
