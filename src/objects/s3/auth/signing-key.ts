import { createHmac, hash, timingSafeEqual } from "node:crypto";

/** `date/region/service/terminator` of a signature. */
export interface Scope {
  /** YYYYMMDD. */
  readonly date: string;
  readonly region: string;
}

export const algorithm = "AWS4-HMAC-SHA256";
export const emptySha256 = hash("sha256", "", "hex");

/** "Derive the signing key" of the SigV4 documentation. */
export function deriveSigningKey(secret: string, scope: Scope): Buffer {
  const date = hmac(`AWS4${secret}`, scope.date);
  return hmac(hmac(hmac(date, scope.region), "s3"), "aws4_request");
}

export function scopeText(scope: Scope): string {
  return `${scope.date}/${scope.region}/s3/aws4_request`;
}

/** The canonical request has one character a byte, because headers may hold bytes beyond ASCII. */
export function stringToSign(dateTime: string, scope: Scope, canonical: string): string {
  return `${algorithm}\n${dateTime}\n${scopeText(scope)}\n${hash("sha256", Buffer.from(canonical, "latin1"), "hex")}`;
}

export function sign(signingKey: Uint8Array, text: string): string {
  return createHmac("sha256", signingKey).update(text).digest("hex");
}

/** Compares in a time that does not depend on where they differ. */
export function sameSignature(expected: string, given: string): boolean {
  const a = Buffer.from(expected, "latin1");
  const b = Buffer.from(given, "latin1");
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Keys that were derived lately; most requests use one of today's. */
const cachedKeysMax = 4096;

/** Remembers signing keys. A key whose secret changed is derived again. */
export class SigningKeys {
  readonly #keys = new Map<string, { readonly secret: string; readonly key: Buffer }>();

  get(accessKeyId: string, secret: string, scope: Scope): Buffer {
    const id = `${accessKeyId}/${scope.date}/${scope.region}`;
    const known = this.#keys.get(id);
    if (known !== undefined && known.secret === secret) return known.key;
    const key = deriveSigningKey(secret, scope);
    if (this.#keys.size >= cachedKeysMax) {
      const oldest = this.#keys.keys().next();
      if (!oldest.done) this.#keys.delete(oldest.value);
    }
    this.#keys.set(id, { secret, key });
    return key;
  }
}

function hmac(key: string | Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
