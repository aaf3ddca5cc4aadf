import { crc32 } from "node:zlib";
import { assert } from "#lib/assert.ts";
import type { Mutation, PlacedMutation } from "#objects/catalog/index-contract.ts";
import type { BlobPlace } from "#objects/records.ts";

/*
 * A frame, little endian:
 *   0 magic   4 CRC-32 of bytes 8…39   8 CRC-32 of the payload   12 length of the payload
 *   16 sequence (8)   24 incarnation of the segment (8)   32 kind   33…39 zero   40 payload
 * The payload is mutation after mutation: type (1), length of the key (4), then by type
 *   put: length of the value (4); with a blob: its length and CRC-32 (4, 4); with kept bytes: segment, offset, length, CRC-32 (4 each)
 * and then the key, the value, the blob. The incarnation is random: nothing that a client sends can look like a frame.
 */
export const frameHeaderBytes = 40;
const magic = 0x4643_4456; // "VDCF"
const kindMutations = 1;
const kindSeal = 2;
const typePut = 1;
const typeRemove = 2;
const typePutBlob = 3;
const typePutKept = 4;

export function mutationBytes(mutation: Mutation): number {
  if (mutation.type === "remove") return 5 + mutation.key.byteLength;
  const blob = mutation.blob === undefined ? 0 : 8 + mutation.blob.byteLength;
  const kept = mutation.blob === undefined && mutation.keep !== undefined ? 16 : 0;
  return 9 + blob + kept + mutation.key.byteLength + mutation.value.byteLength;
}

/** Builds a frame in one buffer; `blobAt` says where in the frame each blob came to lie. */
export class FrameBuilder {
  readonly #bytes: Buffer;
  readonly #sequence: number;
  #at = frameHeaderBytes;

  constructor(sequence: number, payloadBytes: number) {
    this.#sequence = sequence;
    this.#bytes = Buffer.allocUnsafe(frameHeaderBytes + payloadBytes);
  }

  /** The blob's place, relative to the beginning of the frame; undefined when it has none. */
  add(mutation: Mutation): Omit<BlobPlace, "segment"> | undefined {
    if (mutation.type === "remove") {
      this.#head(typeRemove, mutation.key.byteLength);
      this.#put(mutation.key);
      return undefined;
    }
    const { key, value, blob, keep } = mutation;
    this.#head(blob !== undefined ? typePutBlob : keep !== undefined ? typePutKept : typePut, key.byteLength);
    this.#word(value.byteLength);
    if (blob === undefined) {
      if (keep !== undefined)
        for (const word of [keep.segment, keep.offset, keep.length, keep.crc]) this.#word(word);
      this.#put(key);
      this.#put(value);
      return undefined;
    }
    const crc = crc32(blob);
    this.#word(blob.byteLength);
    this.#word(crc);
    this.#put(key);
    this.#put(value);
    const offset = this.#at;
    this.#put(blob);
    return { offset, length: blob.byteLength, crc };
  }

  finish(): Buffer {
    assert(this.#at === this.#bytes.byteLength, "a frame is as long as its mutations");
    writeHeader(this.#bytes, this.#sequence, kindMutations);
    return this.#bytes;
  }

  #head(type: number, keyLength: number): void {
    this.#bytes[this.#at] = type;
    this.#at += 1;
    this.#word(keyLength);
  }

  #word(value: number): void {
    this.#at = this.#bytes.writeUInt32LE(value, this.#at);
  }

  #put(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.byteLength;
  }
}

/** Ends a copy of a segment that is known to be whole: what lies before it was durable when it was written. */
export function sealFrame(lastSequence: number, incarnation: string): Buffer {
  const bytes = Buffer.alloc(frameHeaderBytes);
  writeHeader(bytes, lastSequence, kindSeal);
  stampFrame(bytes, incarnation);
  return bytes;
}

function writeHeader(bytes: Buffer, sequence: number, kind: number): void {
  bytes.writeUInt32LE(magic, 0);
  bytes.writeUInt32LE(crc32(bytes.subarray(frameHeaderBytes)), 8);
  bytes.writeUInt32LE(bytes.byteLength - frameHeaderBytes, 12);
  bytes.writeBigUInt64LE(BigInt(sequence), 16);
  bytes.fill(0, 32, frameHeaderBytes);
  bytes[32] = kind;
}

/** Makes it a frame of this segment. */
export function stampFrame(bytes: Buffer, incarnation: string): void {
  bytes.write(incarnation, 24, 8, "hex");
  bytes.writeUInt32LE(crc32(bytes.subarray(8, frameHeaderBytes)), 4);
}

export interface FrameHeader {
  readonly sequence: number;
  readonly payloadLength: number;
  readonly payloadCrc: number;
  readonly isSeal: boolean;
}

/** Undefined: no header of a frame of this segment begins here. */
export function readFrameHeader(bytes: Buffer, at: number, incarnation: string): FrameHeader | undefined {
  if (at + frameHeaderBytes > bytes.byteLength || bytes.readUInt32LE(at) !== magic) return undefined;
  if (crc32(bytes.subarray(at + 8, at + frameHeaderBytes)) !== bytes.readUInt32LE(at + 4)) return undefined;
  if (bytes.toString("hex", at + 24, at + 32) !== incarnation) return undefined;
  return {
    sequence: Number(bytes.readBigUInt64LE(at + 16)),
    payloadLength: bytes.readUInt32LE(at + 12),
    payloadCrc: bytes.readUInt32LE(at + 8),
    isSeal: bytes[at + 32] === kindSeal,
  };
}

export function isPayloadGood(header: FrameHeader, payload: Uint8Array): boolean {
  return payload.byteLength === header.payloadLength && crc32(payload) === header.payloadCrc;
}

/** Where the next byte sequence may begin that looks like a frame; -1: nowhere. */
export function nextMagic(bytes: Buffer, from: number): number {
  const pattern = Buffer.alloc(4);
  pattern.writeUInt32LE(magic);
  return bytes.indexOf(pattern, from);
}

/** The mutations of a payload whose checksum was good; keys and values are views of it. `frameAt`: where the frame begins in its segment. */
export function readMutations(payload: Buffer, segment: number, frameAt: number): PlacedMutation[] {
  const mutations: PlacedMutation[] = [];
  let at = 0;
  const word = () => {
    at += 4;
    return payload.readUInt32LE(at - 4);
  };
  const take = (length: number) => {
    assert(at + length <= payload.byteLength, "a frame with a good checksum is well formed");
    at += length;
    return payload.subarray(at - length, at);
  };
  while (at < payload.byteLength) {
    const type = payload[at];
    at += 1;
    const keyLength = word();
    if (type === typeRemove) {
      mutations.push({ type: "remove", key: take(keyLength), segment });
      continue;
    }
    const valueLength = word();
    let place: BlobPlace | undefined;
    if (type === typePutKept) place = { segment: word(), offset: word(), length: word(), crc: word() };
    if (type === typePutBlob) place = { segment, offset: 0, length: word(), crc: word() };
    const key = take(keyLength);
    const value = take(valueLength);
    if (type === typePutBlob && place !== undefined) {
      place = { ...place, offset: frameAt + frameHeaderBytes + at };
      take(place.length);
    }
    mutations.push({ type: "put", key, value, segment, ...(place === undefined ? {} : { place }) });
  }
  return mutations;
}
