import { VdcError } from "#api/errors.ts";
import { signedManifestSchema, type SignedManifest } from "#api/burst-package.ts";
import { base64Of, bytesOfBase64 } from "./base64.ts";

/**
 * Whose packages run here: Ed25519 public keys (RFC 8032) in base64. A signature by another key is worth nothing, however right it is. Absent: whoever the data center
 * has admitted, which is enough for code that can only compute (level `wasm`) and for no other.
 */
export type TrustedKeys = readonly string[] | undefined;

/** As people see a key: `ed25519:` and its base64. */
export function publicKeyText(publicKey: string): string {
  return keyPrefix + publicKey;
}

/** The base64 of a key, whether it was written with the word before it or without. */
export function publicKeyOf(text: string): string {
  return text.startsWith(keyPrefix) ? text.slice(keyPrefix.length) : text;
}

const keyPrefix = "ed25519:";
const algorithm = "Ed25519";
const publicKeyBytes = 32;
const signatureBytes = 64;

/** Reads the stored form. Throws `VdcError` `invalid`. */
export function parseSignedManifest(text: string): SignedManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new VdcError("invalid", "The signed manifest is no JSON.", { cause: error });
  }
  const parsed = signedManifestSchema.safeParse(value);
  if (!parsed.success) throw new VdcError("invalid", "This is no signed manifest.");
  return parsed.data;
}

/** Throws `VdcError` `forbidden` when a trusted key did not sign exactly this text. */
export async function verifySignature(signed: SignedManifest, trusted: TrustedKeys): Promise<void> {
  if (trusted !== undefined && !trusted.includes(signed.publicKey))
    throw new VdcError("forbidden", "The package is signed by a key that is not trusted here.");
  if (!(await isSignedRight(signed))) throw new VdcError("forbidden", "The package's signature is wrong.");
}

async function isSignedRight({ manifest, publicKey, signature }: SignedManifest): Promise<boolean> {
  try {
    const [key, mark] = [bytesOfBase64(publicKey), bytesOfBase64(signature)];
    if (key.length !== publicKeyBytes || mark.length !== signatureBytes) return false;
    const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["verify"]);
    return await crypto.subtle.verify(algorithm, imported, mark, new TextEncoder().encode(manifest));
  } catch {
    return false; // no base64, or no point of the curve: no signature
  }
}

/** A key that signs packages; `privateKey` is PKCS #8 in base64 and a secret. */
export interface SigningKey {
  readonly publicKey: string;
  readonly privateKey: string;
}

export async function newSigningKey(): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new VdcError("unsupported", "This engine makes no Ed25519 keys.");
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const privateKey = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  return { publicKey: base64Of(publicKey), privateKey: base64Of(privateKey) };
}

/** The stored form of a manifest, vouched for by `key`. */
export async function signManifest(manifest: string, key: SigningKey): Promise<SignedManifest> {
  const secret = bytesOfBase64(key.privateKey);
  const imported = await crypto.subtle.importKey("pkcs8", secret, algorithm, false, ["sign"]);
  const signature = await crypto.subtle.sign(algorithm, imported, new TextEncoder().encode(manifest));
  return { manifest, publicKey: key.publicKey, signature: base64Of(new Uint8Array(signature)) };
}
