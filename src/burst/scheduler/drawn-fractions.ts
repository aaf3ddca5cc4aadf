import type { Random } from "#lib/random.ts";

/** Drawn at once: a call of the system's generator for each result would cost more than the rest of it. */
const fractionsAtOnce = 1_024;

/** Uniform in [0, 1), of the quality of `random`: a worker that could foretell them would know when it is not checked. */
export function drawnFractions(random: Pick<Random, "bytes">): () => number {
  let drawn: DataView = new DataView(new ArrayBuffer(0));
  let at = 0;
  return () => {
    if (at >= drawn.byteLength) {
      const bytes = random.bytes(fractionsAtOnce * 4);
      drawn = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      at = 0;
    }
    at += 4;
    return drawn.getUint32(at - 4) / 2 ** 32;
  };
}
