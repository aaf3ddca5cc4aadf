import { createCipheriv, createDecipheriv } from "node:crypto";
import { VdcError } from "#api/errors.ts";
import { assert } from "#lib/assert.ts";
import type { Random } from "#lib/random.ts";

/** AES-256-GCM (NIST SP 800-38D): a fresh 96-bit nonce, the ciphertext, and a tag of 128 bits. */
const algorithm = "aes-256-gcm";
export const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** What a box belongs to; a box that was moved to another place does not open. */
export interface BoxPlace {
  readonly project: string;
  readonly name: string;
  readonly version: number;
}

export function seal(key: Uint8Array, value: string, place: BoxPlace, random: Random): Buffer {
  assert(key.length === keyBytes, "the key of secrets has 256 bits");
  const nonce = random.bytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(placeBytes(place));
  return Buffer.concat([nonce, cipher.update(value, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

/** Throws `unavailable` when the box was made with another key, for another place, or was changed. */
export function unseal(key: Uint8Array, sealed: Uint8Array, place: BoxPlace): string {
  assert(key.length === keyBytes, "the key of secrets has 256 bits");
  const box = Buffer.from(sealed);
  const refused = (cause?: unknown) =>
    new VdcError(
      "unavailable",
      `The value of secret ${place.name} in project ${place.project} cannot be opened with this data center's key.`,
      { cause },
    );
  if (box.length < nonceBytes + tagBytes) throw refused();
  const decipher = createDecipheriv(algorithm, key, box.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(placeBytes(place));
  decipher.setAuthTag(box.subarray(-tagBytes));
  try {
    const open = Buffer.concat([decipher.update(box.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    return open.toString("utf8");
  } catch (cause) {
    throw refused(cause);
  }
}

/** Names hold no slash, so no two places have the same text. */
function placeBytes({ project, name, version }: BoxPlace): Buffer {
  return Buffer.from(`vdc-secret/1/${project}/${name}/${version}`, "utf8");
}
