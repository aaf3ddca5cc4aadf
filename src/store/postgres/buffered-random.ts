import type { Random } from "#lib/random.ts";

const bufferBytes = 4096;

/** Asks `random` for many bytes at once: ids take ten at a time, and each question is a system call. */
export function bufferedRandom(random: Random): Random {
  let buffer = new Uint8Array(0);
  let at = 0;
  return {
    bytes: (count) => {
      if (count > bufferBytes) return random.bytes(count);
      if (at + count > buffer.length) {
        buffer = Uint8Array.from(random.bytes(bufferBytes));
        at = 0;
      }
      at += count;
      return buffer.slice(at - count, at);
    },
    fraction: () => random.fraction(),
  };
}
