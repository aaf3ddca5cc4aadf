import { assert } from "#lib/assert.ts";
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
  offer: "ofr",
  job: "job",
  quarantine: "qrn",
} as const;

export type IdKind = keyof typeof prefixes;

/** An id that cannot be mixed up with another kind's: `op_01jd8x…`. */
export type Id<K extends IdKind> = string & { readonly __id: K };

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** 48 bits of wall time and 80 random bits in Crockford base32 (the ULID layout): ids sort by creation. */
export function newId<K extends IdKind>(kind: K, clock: Clock, random: Random): Id<K> {
  let text = `${prefixes[kind]}_`;
  const now = clock.now();
  for (let place = 9; place >= 0; place -= 1) text += digit(Math.floor(now / 32 ** place) % 32);
  const [a, b, c, d, e, f, g, h, i, j] = random.bytes(10);
  assert(j !== undefined, "there are ten random bytes");
  return (text + fortyBits(a, b, c, d, e) + fortyBits(f, g, h, i, j)) as Id<K>; // the one place where a string becomes an id
}

/** Eight digits of five bytes. Numbers of 40 bits are exact, and BigInt would cost more than the rest of an id. */
function fortyBits(...bytes: readonly (number | undefined)[]): string {
  const value = bytes.reduce<number>((sum, byte) => sum * 256 + (byte ?? 0), 0);
  let text = "";
  for (let place = 7; place >= 0; place -= 1) text += digit(Math.floor(value / 32 ** place) % 32);
  return text;
}

function digit(value: number): string {
  return alphabet.charAt(value);
}
