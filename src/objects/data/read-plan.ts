import { blockBytes } from "#objects/limits.ts";
import type { ExtentRef } from "#objects/records.ts";
import { windowStripes } from "./data-limits.ts";
import type { StripeRun } from "./extent-source.ts";
import { geometryOf, pieceSize, stripeSize, type Geometry } from "./geometry.ts";

/** What is read at once: a run of stripes of one extent, and which of its data shards hold bytes of the range. */
export interface Window {
  readonly extent: ExtentRef;
  readonly run: StripeRun;
  readonly wanted: readonly number[];
  /** The range inside this run, in bytes of the extent. */
  readonly start: number;
  readonly end: number;
}

/** A part of one chunk. */
export interface Cut {
  readonly index: number;
  readonly shard: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The windows of bytes `start` to `end` of a body, in order. They begin small, so that the first byte comes soon, and grow: who reads on gets long reads.
 */
export function* planWindows(
  extents: readonly ExtentRef[],
  start: number,
  end: number,
): Generator<Window, void, undefined> {
  let length = 1;
  let extentAt = 0;
  for (const extent of extents) {
    const geometry = geometryOf(extent);
    let at = Math.max(start - extentAt, 0);
    const until = Math.min(end - extentAt, extent.size);
    while (at < until) {
      const first = Math.floor(at / geometry.stripeBytes);
      const runEnd = Math.min(until, (first + length) * geometry.stripeBytes);
      yield windowOf(extent, geometry, first, at, runEnd);
      at = runEnd;
      length = Math.min(length * 2, windowStripes);
    }
    extentAt += extent.size;
  }
}

/** Which parts of which chunks make up the window's bytes, in order. */
export function cutsOf(
  geometry: Geometry,
  window: Omit<Window, "wanted" | "run" | "extent">,
  first: number,
): Cut[] {
  const cuts: Cut[] = [];
  for (let at = window.start; at < window.end;) {
    const stripe = Math.floor(at / geometry.stripeBytes);
    const inStripe = at - stripe * geometry.stripeBytes;
    const piece = pieceSize(geometry, stripe);
    const shard = Math.floor(inStripe / piece);
    const from = inStripe - shard * piece;
    const left = Math.min(window.end - at, stripeSize(geometry, stripe) - inStripe);
    const to = Math.min(piece, from + left);
    cuts.push({ index: stripe - first, shard, from, to });
    at += to - from;
  }
  return cuts;
}

function windowOf(extent: ExtentRef, geometry: Geometry, first: number, start: number, end: number): Window {
  const cuts = cutsOf(geometry, { start, end }, first);
  const wanted = [...new Set(cuts.map(({ shard }) => shard))].toSorted((a, b) => a - b);
  const [only] = cuts;
  // A small range needs no more than the blocks up to its end.
  const upTo =
    only !== undefined && cuts.length === 1
      ? Math.ceil(only.to / blockBytes) * blockBytes
      : geometry.chunkBytes;
  const count = Math.ceil(end / geometry.stripeBytes) - first;
  return { extent, run: { first, count, upTo }, wanted, start, end };
}
