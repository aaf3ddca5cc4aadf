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
const customerContext = "vdc sse-c data key, format 1\n";

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

/** A data key and the record that keeps it. */
export interface SealedKey {
  readonly key: Uint8Array;
  readonly seal: SealRecord;
}

/** A new random data key for one body, wrapped by the current master key. Throws S3Error when SSE-S3 is not set up. */
export function newDataKey(masters: MasterKeys, random: Random): SealedKey {
  const master = masters.current();
  if (master === undefined)
    throw new S3Error("ServerSideEncryptionConfigurationNotFoundError", "The operator has set up no key.");
  const { key, wrappedKey } = wrapNew(master.key, wrapContext + master.id, random);
  return { key, seal: { algorithm: "AES256", masterKeyId: master.id, wrappedKey } };
}

/** The same for SSE-C: wrapped by the customer's key of 32 bytes, which is not kept, and neither is a hash of it. */
export function newCustomerDataKey(customerKey: Uint8Array, random: Random): SealedKey {
  const { key, wrappedKey } = wrapNew(customerKey, customerContext, random);
  return { key, seal: { algorithm: "AES256", masterKeyId: "", customer: true, wrappedKey } };
}

/** The data key of a body that was sealed for a customer's key; undefined when it was another key. */
export function openCustomerDataKey(customerKey: Uint8Array, seal: SealRecord): Uint8Array | undefined {
  try {
    return unwrap(customerKey, customerContext, seal.wrappedKey);
  } catch {
    // GCM does not tell a wrong key from a damaged record, and the journal's checksum excludes the second.
    return undefined;
  }
}

/** The data key of a sealed body. Throws S3Error InternalError when the master key is gone or the record was tampered with. */
export function unwrapDataKey(masters: MasterKeys, seal: SealRecord): Uint8Array {
  const master = seal.customer === true ? undefined : masters.byId(seal.masterKeyId);
  if (master === undefined) throw cannotOpen();
  try {
    return unwrap(master, wrapContext + seal.masterKeyId, seal.wrappedKey);
  } catch (error) {
    throw cannotOpen(error);
  }
}

function wrapNew(wrapping: Uint8Array, context: string, random: Random) {
  const key = random.bytes(keyBytes);
  const nonce = random.bytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", wrapping, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(context));
  const wrapped = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return { key, wrappedKey: wrapped.toString("base64") };
}

/** Throws when the key, the context or any bit is not what was wrapped. */
function unwrap(wrapping: Uint8Array, context: string, wrappedKey: string): Uint8Array {
  const wrapped = Buffer.from(wrappedKey, "base64");
  if (wrapped.length !== nonceBytes + keyBytes + tagBytes) throw cannotOpen();
  const decipher = createDecipheriv("aes-256-gcm", wrapping, wrapped.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(wrapped.subarray(nonceBytes + keyBytes));
  const key = decipher.update(wrapped.subarray(nonceBytes, nonceBytes + keyBytes));
  decipher.final();
  return key;
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
