import type { SeededRandom } from "#sim/random.ts";

/** One to three changes: a byte set, flipped, removed or put in, a run doubled, moved or cut off. */
export function mutateBytes(bytes: Buffer, random: SeededRandom): Buffer {
  let result: Buffer = bytes;
  for (let changes = 1 + random.below(3); changes > 0; changes -= 1) result = changeOnce(result, random);
  return result;
}

/** The same for text of one character a byte. */
export function mutateText(text: string, random: SeededRandom): string {
  return mutateBytes(Buffer.from(text, "latin1"), random).toString("latin1");
}

/** Bytes that mean something to the parsers. */
const telling = Buffer.from('\r\n\0;:,=&%+/?#"{}[]*$-0aF \xff', "latin1");

function changeOnce(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random.below(20));
  const before = bytes.subarray(0, at);
  switch (random.below(7)) {
    case 0:
      return Buffer.concat([
        before,
        Buffer.of((bytes[at] ?? 0) ^ (1 << random.below(8))),
        bytes.subarray(at + 1),
      ]);
    case 1:
      return Buffer.concat([before, one(random), bytes.subarray(at + 1)]);
    case 2:
      return Buffer.concat([before, bytes.subarray(at + 1)]);
    case 3:
      return Buffer.concat([before, one(random), bytes.subarray(at)]);
    case 4:
      return Buffer.concat([before, bytes.subarray(at, end), bytes.subarray(at, end), bytes.subarray(end)]);
    case 5:
      return Buffer.concat([bytes.subarray(at, end), before, bytes.subarray(end)]);
    default:
      return Buffer.from(random.chance(0.5) ? before : bytes.subarray(at));
  }
}

function one(random: SeededRandom): Buffer {
  return random.chance(0.5)
    ? Buffer.of(telling[random.below(telling.length)] ?? 0)
    : Buffer.of(random.below(256));
}
