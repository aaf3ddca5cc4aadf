import { createHash } from "node:crypto";
import { newSecret, type Random } from "#lib/random.ts";

/** What begins a secret says what it is: people and secret scanners know a leaked one when they see it. */
const prefixes = { session: "vdcs_", token: "vdct_", link: "vdcl_", app: "vdca_" } as const;

export type SecretKind = keyof typeof prefixes;

export interface Credential {
  /** Goes to the caller and is kept nowhere. */
  readonly secret: string;
  /** What is kept: SHA-256, hex. 256 random bits need no slow hash and no salt. */
  readonly hash: string;
}

export function newCredential(kind: SecretKind, random: Random): Credential {
  const secret = prefixes[kind] + newSecret(random);
  return { secret, hash: sha256(secret) };
}

/**
 * The hash to look a secret up by; undefined for what cannot be a secret of this kind, without asking the
 * store. The look-up by hash is also the comparison: what its time tells is about the hash, not the secret.
 */
export function secretHash(kind: SecretKind, secret: string): string | undefined {
  const form = /^(vdc[stla]_)[A-Za-z0-9_-]{43}$/.exec(secret);
  return form?.[1] === prefixes[kind] ? sha256(secret) : undefined;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
