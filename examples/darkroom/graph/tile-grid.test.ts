import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeTile, encodeTile, type Tile, TileFault } from "./tile-format.ts";
import { cropTile, cutTiles, joinTiles, regionsOf } from "./tile-grid.ts";

const side = fc.integer({ min: 1, max: 40 });
const pictures = fc
  .record({ width: side, height: side, channels: fc.integer({ min: 1, max: 4 }), kind: fc.nat({ max: 2 }) })
  .map(({ width, height, channels, kind }): Tile => {
    const values = Array.from({ length: width * height * channels }, (_, index) => (index * 31) % 251);
    const samples = [Uint8Array, Uint16Array, Float32Array][kind]?.from(values) ?? new Uint8Array();
    return { width, height, channels, samples };
  });

test("a tile is read as it was written, whatever its samples are", () => {
  fc.assert(fc.property(pictures, (tile) => assert.deepEqual(decodeTile(encodeTile(tile)), tile)));
});

test("a picture that was cut into tiles is put together again", () => {
  fc.assert(
    fc.property(pictures, side, (picture, size) => {
      const { width, height } = picture;
      const tiles = cutTiles(picture, size);
      const placed = regionsOf(width, height, size).map((at, index) => {
        const tile = tiles[index];
        assert.ok(tile !== undefined);
        return { at, tile };
      });
      assert.deepEqual(joinTiles(width, height, placed), picture);
    }),
  );
});

test("a cropped tile holds the pixels of its region", () => {
  const picture = { width: 3, height: 2, channels: 1, samples: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  const { samples } = cropTile(picture, { x: 1, y: 0, width: 2, height: 2 });
  assert.deepEqual([...samples], [2, 3, 5, 6]);
});

test("bytes that are no tile, or not as long as they say, are refused", () => {
  const bytes = encodeTile({ width: 2, height: 2, channels: 3, samples: new Uint8Array(12) });
  assert.throws(() => decodeTile(bytes.subarray(1)), TileFault);
  assert.throws(() => decodeTile(bytes.subarray(0, 27)), TileFault);
  for (const [at, value] of [
    [4, 9],
    [6, 5],
    [8, 0],
    [11, 255],
  ] as const) {
    assert.throws(() => decodeTile(bytes.with(at, value)), TileFault);
  }
  const short = { width: 2, height: 2, channels: 3, samples: new Uint8Array(11) };
  assert.throws(() => encodeTile(short), TileFault);
});
