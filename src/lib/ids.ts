import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";

/** Every kind of id there is, with its prefix. Append-only: an id lives in logs and audit entries for ever. */
const prefixes = {
  resource: "res",
  operation: "op",
  event: "evt",
  request: "req",
  user: "usr",
  session: "ses",
  token: "tok",
  link: "lnk",
  process: "prc",
} as const;

export type IdKind = keyof typeof prefixes;

/** An id that cannot be mixed up with another kind's: `op_01jd8x…`. */
export type Id<K extends IdKind> = string & { readonly __id: K };

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** 48 bits of wall time and 80 random bits in Crockford base32 (the ULID layout): ids sort by creation. */
export function newId<K extends IdKind>(kind: K, clock: Clock, random: Random): Id<K> {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(clock.now()) << 16n);
  bytes.set(random.bytes(10), 6);
  return `${prefixes[kind]}_${base32(bytes)}` as Id<K>; // the one place where a string becomes an id
}

function base32(bytes: Uint8Array): string {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  let text = "";
  for (let at = 0; at < 26; at += 1) {
    text = (alphabet[Number(value & 31n)] ?? "") + text;
    value >>= 5n;
  }
  return text;
}
