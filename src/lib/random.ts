import { randomBytes } from "node:crypto";

/** The only door to randomness; the simulator passes a seeded one. */
export interface Random {
  bytes(count: number): Uint8Array;
  /** Uniform in [0, 1). For jitter, never for secrets. */
  fraction(): number;
}

export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
  fraction: () => randomBytes(4).readUInt32BE(0) / 2 ** 32,
};

/** A bearer secret: 32 random bytes in base64url, 43 characters. */
export function newSecret(random: Random): string {
  return Buffer.from(random.bytes(32)).toString("base64url");
}
