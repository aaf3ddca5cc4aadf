/**
 * The keys of the ordered map: a table's byte, then fields. Fields that something follows have a fixed length or are escaped, so that the order of the
 * bytes is the order of the fields, and an object's key is ordered by its UTF-8 bytes, as S3's lists are.
 *
 * | table      | key after the table's byte                      | value                                             |
 * | ---------- | ----------------------------------------------- | ------------------------------------------------- |
 * | bucket     | name                                            | bucket                                            |
 * | bucketName | bucket id                                       | name                                              |
 * | current    | bucket id, key                                  | newest version, when it is an object              |
 * | marker     | bucket id, key                                  | newest version, when it is a delete marker        |
 * | noncurrent | bucket id, key escaped, 0xffff… − sequence      | any other version: newest first                   |
 * | nullAt     | bucket id, key                                  | sequence of the "null" version when it is noncurrent |
 * | upload     | bucket id, key escaped, sequence                | upload in progress                                |
 * | part       | upload's sequence, part number                  | part                                              |
 * | blob       | id                                              | bytes of a small part of a completed upload       |
 * | extent     | extent id                                       | who refers to it, or since when it is garbage     |
 * | garbage    | time, extent id                                 | extent                                            |
 * | repair     | extent id, shard                                | shard that is missing or damaged                  |
 * | accessKey  | access key id                                   | key, its secret sealed                            |
 * | drive      | number                                          | drive                                             |
 * | endpoint   | project, name                                   | webhook endpoint                                  |
 * | usage      | bucket id                                       | counters                                          |
 * | outbox     | project, endpoint, sequence                     | event that its receiver has not taken yet         |
 * | call       | sequence, call id                               | answer of a call                                  |
 * | sequence   |                                                 | sequences below this may have been given out      |
 *
 * Newest versions that are objects are alone in `current`, so that ListObjects is one scan that meets nothing it does not show.
 */
const tables = {
  bucket: 0x01,
  bucketName: 0x02,
  current: 0x10,
  marker: 0x11,
  noncurrent: 0x12,
  nullAt: 0x13,
  upload: 0x20,
  part: 0x21,
  blob: 0x22,
  extent: 0x30,
  garbage: 0x31,
  repair: 0x32,
  accessKey: 0x40,
  drive: 0x41,
  endpoint: 0x42,
  usage: 0x50,
  outbox: 0x51,
  call: 0x60,
  sequence: 0x61,
} as const;
export type Table = keyof typeof tables;

/** Characters of a bucket's id, all of them one byte. */
export const bucketIdLength = 16;
/** Bytes before the object's key in the rows of objects. */
export const objectKeyAt = 1 + bucketIdLength;

export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** A key whose last field is text of any bytes. */
export function textKey(table: Table, ...fields: readonly string[]): Buffer {
  return Buffer.from(String.fromCharCode(tables[table]) + fields.join(""), "utf8");
}

export function endpointKey(project: string, name: string): Buffer {
  return textKey("endpoint", project, "\0", name);
}

export function outboxKey(project: string, endpoint: string, sequence: number): Buffer {
  return Buffer.concat([outboxKeyPrefix(project, endpoint), uint64(BigInt(sequence))]);
}
export function outboxKeyPrefix(project: string, endpoint: string): Buffer {
  return textKey("outbox", project, "\0", endpoint, "\0");
}

export function noncurrentKey(bucketId: string, key: string, sequence: number): Buffer {
  return Buffer.concat([noncurrentKeyPrefix(bucketId, key), uint64(maxUint64 - BigInt(sequence))]);
}
/** Of all noncurrent versions of one object. */
export function noncurrentKeyPrefix(bucketId: string, key: string): Buffer {
  return escapedKey("noncurrent", bucketId, key);
}

export function uploadKey(bucketId: string, key: string, sequence: number): Buffer {
  return Buffer.concat([escapedKey("upload", bucketId, key), uint64(BigInt(sequence))]);
}

export function partKey(uploadSequence: number, number: number): Buffer {
  const bytes = Buffer.concat([partKeyPrefix(uploadSequence), Buffer.alloc(2)]);
  bytes.writeUInt16BE(number, bytes.length - 2);
  return bytes;
}
export function partKeyPrefix(uploadSequence: number): Buffer {
  return Buffer.concat([Buffer.of(tables.part), uint64(BigInt(uploadSequence))]);
}

export function garbageKey(at: number, extentId: string): Buffer {
  return Buffer.concat([Buffer.of(tables.garbage), uint64(BigInt(at)), Buffer.from(extentId, "latin1")]);
}

export function repairKey(extentId: string, shard: number): Buffer {
  return Buffer.concat([textKey("repair", extentId), Buffer.of(shard)]);
}

export function driveKey(number: number): Buffer {
  return Buffer.of(tables.drive, number >> 8, number & 0xff);
}

export function callKey(sequence: number, callId: string): Buffer {
  return Buffer.concat([Buffer.of(tables.call), uint64(BigInt(sequence)), Buffer.from(callId, "utf8")]);
}
export function readCallKey(row: Uint8Array): { readonly sequence: number; readonly callId: string } {
  const bytes = view(row);
  return { sequence: Number(bytes.readBigUInt64BE(1)), callId: bytes.toString("utf8", 9) };
}

/** Every row of a table. */
export function tableRange(table: Table): KeyRange {
  return { from: Buffer.of(tables[table]), to: Buffer.of(tables[table] + 1) };
}

/** Every key that begins with these bytes, of which the last is not 0xff. */
export function prefixRange(prefix: Uint8Array): KeyRange {
  return { from: prefix, to: successor(prefix) };
}

/** The smallest key above everything that begins with `prefix`. No key of ours is all 0xff: the first byte is a table's. */
export function successor(prefix: Uint8Array): Buffer {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length -= 1;
  const bytes = Buffer.from(prefix.subarray(0, length));
  bytes.writeUInt8((bytes.at(-1) ?? 0) + 1, length - 1);
  return bytes;
}

/** The smallest key above this one. */
export function justAfter(key: Uint8Array): Buffer {
  return Buffer.concat([key, Buffer.of(0)]);
}

/** A place in `noncurrent` or `upload` where the keys of objects that begin with `prefix` begin. */
export function escapedPrefix(table: "noncurrent" | "upload", bucketId: string, prefix: string): Buffer {
  return textKey(table, bucketId, escapeText(prefix));
}

/** The object's key of a row in `current` or `marker`. */
export function readObjectKey(row: Uint8Array): string {
  return view(row).toString("utf8", objectKeyAt);
}

/** The object's key and the last eight bytes of a row in `noncurrent` or `upload`. */
export function readSequencedKey(row: Uint8Array): { readonly key: string; readonly sequence: number } {
  const bytes = view(row);
  const tail = bytes.readBigUInt64BE(bytes.length - 8);
  const text = bytes.toString("utf8", objectKeyAt, bytes.length - 10);
  return {
    // The escape's second byte is U+0001 (see escapeText); without zero bytes there is nothing to undo.
    key: text.includes("\0") ? text.replaceAll("\0\u0002", "\0") : text,
    sequence: Number(bytes[0] === tables.noncurrent ? maxUint64 - tail : tail),
  };
}

const maxUint64 = 0xffff_ffff_ffff_ffffn;

/** Zero bytes become 00 02, and 00 01 ends the field: a key is before every longer key that begins with it. */
function escapedKey(table: Table, bucketId: string, key: string): Buffer {
  return textKey(table, bucketId, escapeText(key), "\0\u0001");
}
function escapeText(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "\0\u0002") : text;
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
