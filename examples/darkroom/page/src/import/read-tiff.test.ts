import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { isTiff, readTiff } from "./read-tiff.ts";

interface Made {
  readonly width: number;
  readonly height: number;
  readonly values: readonly number[];
  readonly depth: 8 | 16;
  readonly channels?: number;
  readonly isLittle?: boolean;
  readonly isDeflated?: boolean;
  readonly isDifferenced?: boolean;
  readonly orientation?: number;
}

/** A TIFF of one strip, as other programs write it. */
function tiff(made: Made): Uint8Array<ArrayBuffer> {
  const { width, height, values, depth, channels = 3, isLittle = true } = made;
  const stored = values.map((value, at) => {
    const isFirst = at % (width * channels) < channels;
    const before = made.isDifferenced === true && !isFirst ? (values[at - channels] ?? 0) : 0;
    return (value - before) & (depth === 16 ? 0xffff : 0xff);
  });
  const plain = new Uint8Array((stored.length * depth) / 8);
  const samples = new DataView(plain.buffer);
  for (const [at, value] of stored.entries())
    if (depth === 16) samples.setUint16(at * 2, value, isLittle);
    else samples.setUint8(at, value);
  const data = made.isDeflated === true ? deflateSync(plain) : plain;
  const fields: readonly (readonly [number, number])[] = [
    [256, width],
    [257, height],
    [258, depth],
    [259, made.isDeflated === true ? 8 : 1],
    [262, channels === 1 ? 1 : 2],
    [273, 8 + 2 + 11 * 12 + 4],
    [274, made.orientation ?? 1],
    [277, channels],
    [278, height],
    [279, data.length],
    [317, made.isDifferenced === true ? 2 : 1],
  ];
  const bytes = new Uint8Array(8 + 2 + fields.length * 12 + 4 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, isLittle ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, isLittle);
  view.setUint32(4, 8, isLittle);
  view.setUint16(8, fields.length, isLittle);
  for (const [index, [tag, value]] of fields.entries()) {
    view.setUint16(10 + index * 12, tag, isLittle);
    view.setUint16(12 + index * 12, 4, isLittle);
    view.setUint32(14 + index * 12, 1, isLittle);
    view.setUint32(18 + index * 12, value, isLittle);
  }
  bytes.set(data, 8 + 2 + fields.length * 12 + 4);
  return bytes;
}

test("a TIFF gives its samples whatever its order of bytes, depth, compression and predictor", async () => {
  const picture = fc.record({
    width: fc.integer({ min: 1, max: 7 }),
    height: fc.integer({ min: 1, max: 5 }),
    depth: fc.constantFrom(8 as const, 16 as const),
    isLittle: fc.boolean(),
    isDeflated: fc.boolean(),
    isDifferenced: fc.boolean(),
    seed: fc.array(fc.nat(65_535), { minLength: 105, maxLength: 105 }),
  });
  await fc.assert(
    fc.asyncProperty(picture, async ({ seed, ...rest }) => {
      const most = rest.depth === 16 ? 65_535 : 255;
      const values = seed.slice(0, rest.width * rest.height * 3).map((value) => value % (most + 1));
      const read = await readTiff(tiff({ ...rest, values }));
      assert.deepEqual([...(read?.samples ?? [])], values);
      assert.deepEqual([read?.width, read?.height], [rest.width, rest.height]);
    }),
    { numRuns: 50 },
  );
});

test("a TIFF is turned and mirrored as it says", async () => {
  const expected: Readonly<Record<number, readonly (readonly number[])[]>> = {
    1: [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    2: [
      [2, 1],
      [4, 3],
      [6, 5],
    ],
    3: [
      [6, 5],
      [4, 3],
      [2, 1],
    ],
    4: [
      [5, 6],
      [3, 4],
      [1, 2],
    ],
    5: [
      [1, 3, 5],
      [2, 4, 6],
    ],
    6: [
      [5, 3, 1],
      [6, 4, 2],
    ],
    7: [
      [6, 4, 2],
      [5, 3, 1],
    ],
    8: [
      [2, 4, 6],
      [1, 3, 5],
    ],
  };
  for (const [orientation, rows] of Object.entries(expected)) {
    const made = { width: 2, height: 3, values: [1, 2, 3, 4, 5, 6], depth: 16, channels: 1 } as const;
    const picture = await readTiff(tiff({ ...made, orientation: Number(orientation) }));
    assert.deepEqual(
      [picture?.width, picture?.height, picture?.samples],
      [rows[0]?.length, rows.length, Uint16Array.from(rows.flat().flatMap((grey) => [grey, grey, grey]))],
      `orientation ${orientation}`,
    );
  }
});

test("a grey TIFF becomes a picture of three equal colours", async () => {
  const read = await readTiff(tiff({ width: 2, height: 1, values: [7, 9], depth: 8, channels: 1 }));
  assert.deepEqual([...(read?.samples ?? [])], [7, 7, 7, 9, 9, 9]);
});

test("a TIFF that is cut off or changed anywhere is refused or read, and never breaks the reader", async () => {
  const whole = tiff({ width: 3, height: 2, values: Array.from({ length: 18 }, (_, at) => at), depth: 8 });
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length), fc.nat(whole.length - 1), fc.nat(255), async (end, at, value) => {
      const bytes = whole.slice(0, Math.max(8, end));
      bytes[at % bytes.length] = value;
      try {
        const read = await readTiff(bytes);
        assert.ok(read === undefined || read.samples.length === read.width * read.height * 3);
      } catch (error) {
        assert.match(String(error), /TIFF file ends too early|incorrect|invalid|Invalid/);
      }
    }),
    { numRuns: 300 },
  );
});

test("what cameras put into TIFF's frame is left to the RAW decoder", async () => {
  const bytes = tiff({ width: 1, height: 1, values: [1, 2, 3], depth: 8 });
  assert.equal(isTiff(bytes), true);
  // A colour filter array, as in DNG.
  new DataView(bytes.buffer).setUint32(18 + 4 * 12, 32_803, true);
  assert.equal(await readTiff(bytes), undefined);
});
