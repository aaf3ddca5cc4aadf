import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Random } from "#lib/random.ts";
import type { SealRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";

/** The operator's keys. Old ones stay known as long as something is sealed by them. */
export interface MasterKeys {
  /** The key that seals new bodies: its id and 32 bytes. Undefined: SSE-S3 is not set up. */
  current(): { readonly id: string; readonly key: Uint8Array } | undefined;
  byId(id: string): Uint8Array | undefined;
}

/** A sealed body is a row of blocks of 64 KiB: 65,520 bytes of the body and a tag of 16; the last block may be shorter. */
export const sealedBlockBytes = 64 * 1024;
const tagBytes = 16;
export const plainBlockBytes = sealedBlockBytes - tagBytes;
const keyBytes = 32;
const nonceBytes = 12;
const wrapContext = "vdc sse-s3 data key, format 1\n";

/** Blocks of a body of `size` bytes; an empty one has one empty block, so that it is authenticated too. */
export function blocksOf(size: number): number {
  return Math.max(1, Math.ceil(size / plainBlockBytes));
}

export function sealedSize(size: number): number {
  return size + blocksOf(size) * tagBytes;
}

/** Which blocks hold bytes `start` to `end` (exclusive) of a body of `size` bytes, and where these blocks lie in the sealed body. */
export function sealedRange(size: number, start: number, end: number) {
  const first = Math.floor(start / plainBlockBytes);
  const last = Math.max(first, Math.ceil(end / plainBlockBytes) - 1);
  return {
    firstBlock: first,
    start: first * sealedBlockBytes,
    end: Math.min(sealedSize(size), (last + 1) * sealedBlockBytes),
  };
}

/** A new random data key for one body, wrapped by the current master key. Throws S3Error when SSE-S3 is not set up. */
export function newDataKey(
  masters: MasterKeys,
  random: Random,
): { readonly key: Uint8Array; readonly seal: SealRecord } {
  const master = masters.current();
  if (master === undefined)
    throw new S3Error("ServerSideEncryptionConfigurationNotFoundError", "The operator has set up no key.");
  const key = random.bytes(keyBytes);
  const nonce = random.bytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", master.key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(wrapContext + master.id));
  const wrapped = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return {
    key,
    seal: { algorithm: "AES256", masterKeyId: master.id, wrappedKey: wrapped.toString("base64") },
  };
}

/** The data key of a sealed body. Throws S3Error InternalError when the master key is gone or the record was tampered with. */
export function unwrapDataKey(masters: MasterKeys, seal: SealRecord): Uint8Array {
  const master = masters.byId(seal.masterKeyId);
  const wrapped = Buffer.from(seal.wrappedKey, "base64");
  if (master === undefined || wrapped.length !== nonceBytes + keyBytes + tagBytes) throw cannotOpen();
  try {
    const decipher = createDecipheriv("aes-256-gcm", master, wrapped.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(wrapContext + seal.masterKeyId));
    decipher.setAuthTag(wrapped.subarray(nonceBytes + keyBytes));
    const key = decipher.update(wrapped.subarray(nonceBytes, nonceBytes + keyBytes));
    decipher.final();
    return key;
  } catch (error) {
    throw cannotOpen(error);
  }
}

/** Seals block `index`; `isLast` says that the body ends with it. */
export function sealBlock(
  key: Uint8Array,
  index: number,
  isLast: boolean,
  plain: readonly Uint8Array[],
): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, blockNonce(index, isLast), { authTagLength: tagBytes });
  const parts = plain.map((part) => cipher.update(part));
  return Buffer.concat([...parts, cipher.final(), cipher.getAuthTag()]);
}

/** The plain bytes of block `index`. Throws S3Error InternalError when any bit of it, its place, or the end of the body is not what was sealed. */
export function openBlock(key: Uint8Array, index: number, isLast: boolean, sealed: Uint8Array): Buffer {
  if (sealed.length < tagBytes) throw cannotOpen();
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, blockNonce(index, isLast), {
      authTagLength: tagBytes,
    });
    decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
    const plain = decipher.update(sealed.subarray(0, sealed.length - tagBytes));
    decipher.final();
    return plain;
  } catch (error) {
    throw cannotOpen(error);
  }
}

/**
 * The number of the block and whether it is the last, as in STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its
 * Nonce-Reuse Misuse-Resistance", 2015): blocks cannot be exchanged, left out, repeated or cut off. Never repeats, because each body has a key of its own.
 */
function blockNonce(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(nonceBytes);
  nonce.writeUIntBE(index, 5, 6);
  nonce.writeUInt8(Number(isLast), 11);
  return nonce;
}

function cannotOpen(cause?: unknown): S3Error {
  return new S3Error("InternalError", "What was stored sealed cannot be opened.", { cause });
}
