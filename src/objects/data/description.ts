import { crc32 } from "node:zlib";
import type { SealRecord } from "#objects/records.ts";

/** What stands at the end of a shard file: enough to rebuild the metadata by a scan of the drives alone. */
export interface ShardDescription {
  readonly extent: {
    readonly size: number;
    /** Where the extent's shards lay when this was written; repair may have moved some since. */
    readonly drives: readonly number[];
  };
  /** Where the extent begins in the stored body, and how long that is: a scan sees whether it found all of it. */
  readonly offset: number;
  readonly total: number;
  readonly seal?: SealRecord;
  /** In the words of `StoreOptions.describe`. */
  readonly record: Readonly<Record<string, unknown>>;
}

/** Frames begin at multiples of this, so that they are found from the end of a file whose length is not known otherwise. */
export const frameAlignment = 4096;
/** A description is a record of one version: keys, metadata and tags are bounded well below this. */
export const descriptionMaxBytes = 256 * 1024;
const magic = Buffer.from("VDCDESC\n", "latin1");
const preludeBytes = 16;

/** Where the first frame begins after chunks that end at `end`. */
export function frameOffset(end: number): number {
  return Math.ceil(end / frameAlignment) * frameAlignment;
}

/**
 * Magic, length u32, CRC-32 u32 (little-endian), JSON, zeros up to the alignment. The CRC begins with the extent's id, which nobody outside can know before
 * it is written: a body that imitates a frame is none.
 */
export function encodeDescription(extentId: string, description: ShardDescription): Buffer {
  const json = Buffer.from(JSON.stringify(description), "utf8");
  if (json.length > descriptionMaxBytes) throw new RangeError("a description is at most 256 KiB");
  const bytes = Buffer.alloc(frameOffset(preludeBytes + json.length));
  magic.copy(bytes, 0);
  bytes.writeUInt32LE(json.length, 8);
  bytes.writeUInt32LE(crc32(json, crc32(extentId)), 12);
  json.copy(bytes, preludeBytes);
  return bytes;
}

/** The description whose frame begins at `bytes[0]`, or undefined when no whole, undamaged one does. */
export function decodeDescription(extentId: string, bytes: Uint8Array): ShardDescription | undefined {
  if (bytes.length < preludeBytes) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!view.subarray(0, 8).equals(magic)) return undefined;
  const length = view.readUInt32LE(8);
  if (length > descriptionMaxBytes || preludeBytes + length > view.length) return undefined;
  const json = view.subarray(preludeBytes, preludeBytes + length);
  if (crc32(json, crc32(extentId)) !== view.readUInt32LE(12)) return undefined;
  // The checksum says that these are our own words, as encodeDescription wrote them.
  return JSON.parse(json.toString("utf8")) as ShardDescription;
}

/** The last valid frame in `bytes`, the end of a file that begins at a multiple of the alignment. */
export function lastDescription(extentId: string, bytes: Uint8Array): ShardDescription | undefined {
  for (let at = Math.floor(bytes.length / frameAlignment) * frameAlignment; at >= 0; at -= frameAlignment) {
    const description = decodeDescription(extentId, bytes.subarray(at));
    if (description !== undefined) return description;
  }
  return undefined;
}
