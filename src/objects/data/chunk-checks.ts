import { crc32 } from "node:zlib";
import { blockBytes } from "#objects/limits.ts";

/** Which chunk it is. */
export interface ChunkName {
  readonly extentId: string;
  readonly shard: number;
  readonly stripe: number;
}

/**
 * CRC-32s of a chunk's 64 KiB blocks, in its prefix (little-endian, the rest zeros). Each starts from the CRC-32 of the chunk's own name and the block's number: bytes that
 * were right somewhere else (a write that went astray, an older file under the same blocks) do not pass.
 */
export function writeChecks(name: ChunkName, prefix: Uint8Array, chunk: Uint8Array): void {
  prefix.fill(0);
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
  const seed = seedOf(name);
  for (let block = 0, at = 0; at < chunk.length; block += 1, at += blockBytes)
    view.setUint32(block * 4, blockCrc(seed, block, chunk.subarray(at, at + blockBytes)), true);
}

/** Whether the blocks of `chunk`, of which the first `chunk.length` bytes were read up to the end of a block or of the chunk, are what was written. */
export function checksHold(name: ChunkName, prefix: Uint8Array, chunk: Uint8Array): boolean {
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
  const seed = seedOf(name);
  for (let block = 0, at = 0; at < chunk.length; block += 1, at += blockBytes)
    if (view.getUint32(block * 4, true) !== blockCrc(seed, block, chunk.subarray(at, at + blockBytes)))
      return false;
  return true;
}

function seedOf({ extentId, shard, stripe }: ChunkName): number {
  return crc32(`${extentId}.${shard}.${stripe}`);
}

/** CRC-32 is linear in its start: differing seeds give differing sums of the same bytes. The odd factor spreads the block's number over all bits. */
function blockCrc(seed: number, block: number, bytes: Uint8Array): number {
  return crc32(bytes, (seed ^ Math.imul(block + 1, 0x9e3779b1)) >>> 0);
}
