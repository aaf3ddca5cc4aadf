import { crc32 } from "node:zlib";

/** The first 4 KiB of a shard file: what it is a shard of, so that a scan of the drives alone can tell. */
export interface ShardHeader {
  /** 32 hexadecimal digits. */
  readonly extentId: string;
  /** 0…k−1 data, then parity. */
  readonly shard: number;
  readonly k: number;
  readonly m: number;
  readonly chunkBytes: number;
  /** The store that the drive belongs to; at most 64 bytes of UTF-8. */
  readonly storeId: string;
}

export const headerBytes = 4096;
const magic = Buffer.from("VDCSHARD", "latin1");
const format = 1;
const crcAt = headerBytes - 4;
const storeIdMaxBytes = 64;

/** Little-endian: magic, format u16, shard u8, k u8, m u8, length of the store's id u8, u16 0, chunk bytes u32, extent id, store id; at the end CRC-32 of all before. */
export function encodeShardHeader(header: ShardHeader): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  const storeId = Buffer.from(header.storeId, "utf8");
  if (storeId.length > storeIdMaxBytes) throw new RangeError("a store's id has at most 64 bytes");
  magic.copy(bytes, 0);
  bytes.writeUInt16LE(format, 8);
  bytes.writeUInt8(header.shard, 10);
  bytes.writeUInt8(header.k, 11);
  bytes.writeUInt8(header.m, 12);
  bytes.writeUInt8(storeId.length, 13);
  bytes.writeUInt32LE(header.chunkBytes, 16);
  bytes.write(header.extentId, 20, "hex");
  storeId.copy(bytes, 36);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, crcAt)), crcAt);
  return bytes;
}

/** Undefined when these bytes are not the whole, undamaged header of a format that we know. */
export function decodeShardHeader(bytes: Uint8Array): ShardHeader | undefined {
  if (bytes.length < headerBytes) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, headerBytes);
  if (!view.subarray(0, 8).equals(magic)) return undefined;
  if (crc32(view.subarray(0, crcAt)) !== view.readUInt32LE(crcAt)) return undefined;
  if (view.readUInt16LE(8) !== format) return undefined;
  const storeIdBytes = Math.min(view.readUInt8(13), storeIdMaxBytes);
  return {
    extentId: view.toString("hex", 20, 36),
    shard: view.readUInt8(10),
    k: view.readUInt8(11),
    m: view.readUInt8(12),
    chunkBytes: view.readUInt32LE(16),
    storeId: view.toString("utf8", 36, 36 + storeIdBytes),
  };
}
