import { assert } from "#lib/assert.ts";
import { blockBytes } from "#objects/limits.ts";
import { headerBytes } from "./shard-header.ts";

/** How an extent is cut; the three numbers of its `ExtentRef`. */
export interface Coding {
  readonly k: number;
  readonly m: number;
  readonly chunkBytes: number;
}

/** Where everything of an extent of `size` bytes lies. Stripes are counted from 0; only the last may be shorter than k whole chunks. */
export interface Geometry extends Coding {
  readonly size: number;
  readonly stripes: number;
  /** Bytes of the body in a whole stripe. */
  readonly stripeBytes: number;
  /** Room before each chunk for the checksums of its blocks. */
  readonly prefixBytes: number;
  /** From one chunk of a shard file to the next: prefix and chunk. */
  readonly strideBytes: number;
}

/** Prefixes are whole cache lines, so that chunks in the slab stay aligned for SIMD. */
const prefixUnit = 64;

export function geometryOf(extent: Coding & { readonly size: number }): Geometry {
  const { k, m, chunkBytes, size } = extent;
  assert(k >= 1 && m >= 0 && chunkBytes >= 1 && size >= 0, "an extent's geometry is sensible");
  const stripeBytes = k * chunkBytes;
  const prefixBytes = Math.ceil((Math.ceil(chunkBytes / blockBytes) * 4) / prefixUnit) * prefixUnit;
  const stripes = Math.ceil(size / stripeBytes);
  return { k, m, chunkBytes, size, stripes, stripeBytes, prefixBytes, strideBytes: prefixBytes + chunkBytes };
}

/** Bytes of the body in stripe `index`. */
export function stripeSize(geometry: Geometry, index: number): number {
  return Math.min(geometry.stripeBytes, geometry.size - index * geometry.stripeBytes);
}

/** Bytes of each chunk of stripe `index`: all k + m are equally long; the last data chunks are filled up with zeros. */
export function pieceSize(geometry: Geometry, index: number): number {
  return Math.ceil(stripeSize(geometry, index) / geometry.k);
}

/** Where the prefix of stripe `index` begins in each shard file. */
export function prefixOffset(geometry: Geometry, index: number): number {
  return headerBytes + index * geometry.strideBytes;
}
