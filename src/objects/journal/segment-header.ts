import { crc32 } from "node:zlib";
import { z } from "zod";
import { decodeCheckedJson, encodeCheckedJson } from "#objects/drive/checked-json.ts";

/** What a segment says of itself and of the one before it. */
export interface SegmentHeader {
  readonly storeId: string;
  readonly number: number;
  /** Random, 16 hexadecimal digits: two segments that were begun with one number are told apart. */
  readonly incarnation: string;
  /** Drives that got a copy when it began; copies that were made later are found where they lie. */
  readonly ensemble: readonly number[];
  /** Synced copies that acknowledge a frame here. */
  readonly acks: number;
  /** All drives of the store at that time. */
  readonly drives: readonly number[];
  readonly firstSequence: number;
  /** Segments with lower numbers are no longer needed. */
  readonly oldest: number;
  /** The segment before it, sealed by this. */
  readonly previous?: SealedAt | undefined;
}

export interface SealedAt {
  readonly number: number;
  readonly incarnation: string;
  /** Its frames end here; what lies beyond was never acknowledged. */
  readonly length: number;
  readonly lastSequence: number;
}

/** The header's room; the first frame begins behind it. */
export const segmentHeaderBytes = 4096;
const magic = 0x5343_4456; // "VDCS"
/** Where it stands once more, if it is short enough: a bit that flips takes no copy of the newest segment away, which a start cannot do without. */
const secondAt = segmentHeaderBytes / 2;

const incarnationShape = z.string().regex(/^[0-9a-f]{16}$/);
const shape = z.object({
  format: z.literal(1),
  storeId: z.string().min(1),
  number: z.int().min(1),
  incarnation: incarnationShape,
  ensemble: z.array(z.int().min(0)).min(1),
  acks: z.int().min(1),
  drives: z.array(z.int().min(0)).min(1),
  firstSequence: z.int().min(1),
  oldest: z.int().min(1),
  previous: z
    .object({
      number: z.int().min(1),
      incarnation: incarnationShape,
      length: z.int().min(segmentHeaderBytes),
      lastSequence: z.int().min(0),
    })
    .optional(),
});

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const json = encodeCheckedJson({
    format: 1,
    ...header,
    previous: header.previous && { ...header.previous },
  });
  const bytes = Buffer.alloc(segmentHeaderBytes);
  bytes.writeUInt32LE(magic, 0);
  bytes.writeUInt32LE(json.byteLength, 4);
  bytes.writeUInt32LE(crc32(json), 8);
  bytes.set(json, 12); // drivesMax drives fit: RangeError otherwise
  const end = 12 + json.byteLength;
  if (end <= secondAt) bytes.copyWithin(secondAt, 0, end);
  return bytes;
}

/** Undefined: torn, damaged or something else. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.byteLength < segmentHeaderBytes) return undefined;
  return decodeAt(bytes, 0) ?? decodeAt(bytes, secondAt);
}

function decodeAt(bytes: Buffer, at: number): SegmentHeader | undefined {
  if (bytes.readUInt32LE(at) !== magic) return undefined;
  const length = bytes.readUInt32LE(at + 4);
  if (length > segmentHeaderBytes - at - 12) return undefined;
  const json = bytes.subarray(at + 12, at + 12 + length);
  if (crc32(json) !== bytes.readUInt32LE(at + 8)) return undefined;
  const read = shape.safeParse(decodeCheckedJson(json));
  return read.success ? read.data : undefined;
}
