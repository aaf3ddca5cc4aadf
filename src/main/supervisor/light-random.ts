import type { Random } from "#lib/random.ts";

/** For the supervisor alone: node:crypto, 4 MB resident for the rest of its life, is loaded only when a secret is made. */
export const lightRandom: Random = {
  bytes: (count) => process.getBuiltinModule("node:crypto").randomBytes(count),
  fraction: () => Math.random(), // jitter of restarts
};
