import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { z } from "zod";
import { VdcError } from "#api/errors.ts";

/** What a signature blob holds. */
export const signatureSchema = z.strictObject({
  algorithm: z.literal("ed25519"),
  keyId: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  publicKey: z.string().max(100),
  signature: z.base64().max(100),
});
export type Signature = z.infer<typeof signatureSchema>;

/** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410) is this and the key's 32 bytes. */
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");
const publicKeyPattern = /^ed25519:([A-Za-z0-9+/]{43}=)$/;

/** A new key pair: the private key as PKCS #8 PEM, the public one as `ed25519:` and base64. */
export function newSigningKey(): {
  readonly privateKey: string;
  readonly publicKey: string;
  readonly keyId: string;
} {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const text = publicKeyText(publicKey);
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }),
    publicKey: text,
    keyId: keyIdOf(text),
  };
}

/** SHA-256 of the public key's 32 bytes. */
export function keyIdOf(publicKey: string): string {
  return `sha256:${createHash("sha256").update(rawKey(publicKey)).digest("hex")}`;
}

/** Signs the digest of an image manifest. Throws `invalid` for what is not an Ed25519 private key in PEM. */
export function signDigest(digest: string, privateKeyPem: string): Signature {
  let key: KeyObject;
  try {
    key = createPrivateKey(privateKeyPem);
  } catch (cause) {
    throw new VdcError(
      "invalid",
      "The key file holds no private key in PEM; `vdc package keygen` makes one.",
      { cause },
    );
  }
  if (key.asymmetricKeyType !== "ed25519")
    throw new VdcError("invalid", "The private key is not an Ed25519 key; `vdc package keygen` makes one.");
  const publicKey = publicKeyText(createPublicKey(key));
  const signature = sign(null, signedText(digest), key).toString("base64");
  return { algorithm: "ed25519", keyId: keyIdOf(publicKey), publicKey, signature };
}

/** Whether this key made the signature of this digest. False for everything that is not even a signature. */
export function isSignatureOf(signature: Signature, digest: string, publicKey: string): boolean {
  if (!publicKeyPattern.test(publicKey) || signature.publicKey !== publicKey) return false;
  if (signature.keyId !== keyIdOf(publicKey)) return false;
  const key = createPublicKey({
    key: Buffer.concat([spkiPrefix, rawKey(publicKey)]),
    format: "der",
    type: "spki",
  });
  return verify(null, signedText(digest), key, Buffer.from(signature.signature, "base64"));
}

/** The words before the digest keep a signature from being taken for one of something else. */
function signedText(digest: string): Uint8Array {
  return Buffer.from(`vdc package signature v1\n${digest}\n`);
}

function publicKeyText(key: KeyObject): string {
  const der = key.export({ type: "spki", format: "der" });
  return `ed25519:${der.subarray(spkiPrefix.length).toString("base64")}`;
}

function rawKey(publicKey: string): Buffer {
  const base64 = publicKeyPattern.exec(publicKey)?.[1];
  if (base64 === undefined)
    throw new VdcError("invalid", "A public key is written as `ed25519:` and 44 characters of base64.");
  return Buffer.from(base64, "base64");
}
