import type { Random } from "#lib/random.ts";

const poolBytes = 4096;

/**
 * Draws random bytes by the page instead of a few at a time: a system call for every request's id was 3 % of the
 * server's CPU (measured). For ids only; nothing that it gives is kept secret.
 */
export function pooledRandom(source: Random): Random {
  let pool = source.bytes(poolBytes);
  let used = 0;
  return {
    bytes: (count) => {
      if (count > poolBytes) return source.bytes(count);
      if (used + count > poolBytes) {
        pool = source.bytes(poolBytes);
        used = 0;
      }
      used += count;
      return pool.subarray(used - count, used);
    },
    fraction: () => source.fraction(),
  };
}
