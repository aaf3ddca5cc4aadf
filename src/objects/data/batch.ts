import { assert } from "#lib/assert.ts";
import { codec } from "#objects/erasure/codec.ts";
import type { Slab } from "#objects/erasure/slab.ts";
import { writeChecks } from "./chunk-checks.ts";
import type { Pieces } from "./gather.ts";
import { geometryOf, pieceSize, stripeSize, type Coding, type Geometry } from "./geometry.ts";
import { headerBytes } from "./shard-header.ts";

/**
 * Cuts `body` into stripes, codes them, and lays each shard's chunks with their checksums one behind the other into its buffer, after the room for a header.
 * Gives how many bytes of every buffer are used. All stripes but the body's last one are whole.
 */
export function fillBatch(input: {
  readonly extentId: string;
  readonly coding: Coding;
  /** Number of the first of these stripes in the extent. */
  readonly firstStripe: number;
  readonly body: Pieces;
  readonly buffers: readonly Uint8Array[];
  readonly slab: Slab;
}): number {
  const { coding, body, buffers } = input;
  const geometry = geometryOf({ ...coding, size: body.size });
  const code = codec(coding.k, coding.m, input.slab);
  for (let stripe = 0; stripe < geometry.stripes; stripe += 1) {
    const piece = pieceSize(geometry, stripe);
    const chunkAt = headerBytes + stripe * geometry.strideBytes + geometry.prefixBytes;
    const chunks = buffers.map((buffer) => buffer.subarray(chunkAt, chunkAt + piece));
    copyStripe(geometry, stripe, body, chunks.slice(0, coding.k));
    code.encode(chunks.slice(0, coding.k), chunks.slice(coding.k));
    for (const [shard, chunk] of chunks.entries()) {
      const prefix = buffers[shard]?.subarray(chunkAt - geometry.prefixBytes, chunkAt);
      assert(prefix, "each shard has a buffer");
      writeChecks({ extentId: input.extentId, shard, stripe: input.firstStripe + stripe }, prefix, chunk);
    }
  }
  const last = geometry.stripes - 1;
  return headerBytes + last * geometry.strideBytes + geometry.prefixBytes + pieceSize(geometry, last);
}

function copyStripe(geometry: Geometry, stripe: number, body: Pieces, data: readonly Uint8Array[]): void {
  const begin = stripe * geometry.stripeBytes;
  const end = begin + stripeSize(geometry, stripe);
  let at = begin;
  for (const chunk of data) {
    const size = Math.min(chunk.length, end - at);
    body.slice(at, at + size).copyTo(chunk);
    // Buffers hold what their last user left.
    chunk.fill(0, size);
    at += size;
  }
}
