import { createHash } from "node:crypto";
import type { Random } from "#lib/random.ts";

const saltBytes = 16;
const idPattern = /^[A-Za-z0-9_-]{32}$/;

/**
 * An id of a version or upload, 32 characters safe in addresses: random bytes, and the sequence masked by them. So an id is found with one look-up,
 * and nothing can be read from it or built on its order.
 */
export function makeId(sequence: number, random: Random): string {
  const bytes = Buffer.alloc(saltBytes + 8);
  bytes.set(random.bytes(saltBytes));
  bytes.writeBigUInt64BE(BigInt(sequence) ^ mask(bytes), saltBytes);
  return bytes.toString("base64url");
}

/** The sequence of an id; undefined when it is none of ours. Whoever uses it compares the whole id with the row's. */
export function sequenceOfId(id: string): number | undefined {
  if (!idPattern.test(id)) return undefined;
  const bytes = Buffer.from(id, "base64url");
  const sequence = bytes.readBigUInt64BE(saltBytes) ^ mask(bytes);
  return sequence <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(sequence) : undefined;
}

/** Whether it can be a version's id at all; `null` is that of what was written without versioning. */
export function isVersionId(text: string): boolean {
  return text === "null" || idPattern.test(text);
}

function mask(bytes: Buffer): bigint {
  return createHash("sha1").update(bytes.subarray(0, saltBytes)).digest().readBigUInt64BE(0);
}
