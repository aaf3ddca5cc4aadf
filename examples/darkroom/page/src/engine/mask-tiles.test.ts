import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeTile } from "#darkroom/graph/tile-format.ts";
import { maskTiles } from "./mask-tiles.ts";

/** The mask of a 64 × 64 picture at a level, row by row. */
function maskAt(level: number, x: number, y: number): { side: number; samples: ArrayLike<number> } {
  const side = 64 / 2 ** level;
  const lines = [{ radius: 20, value: 255, points: [x, y] }];
  const [tile] = maskTiles({ width: side, height: side, level, lines });
  return { side, samples: decodeTile(tile ?? assert.fail("no tile")).samples };
}

for (const level of [0, 1, 2])
  test(`a dot in the middle of a picture is in the middle of its mask at level ${level}`, () => {
    const { side, samples } = maskAt(level, 32, 32);
    for (let at = 0; at < side * side; at += 1)
      assert.equal(samples[at], samples[side * side - 1 - at], `sample ${at}`);
    assert.equal(samples[(side / 2) * (side + 1)], 255);
    assert.equal(samples[0], 128);
  });

test("a later line lies upon an earlier one", () => {
  const dot = { radius: 20, points: [32, 32] };
  const lines = [
    { ...dot, value: 255 },
    { ...dot, value: 0 },
  ];
  const [tile] = maskTiles({ width: 64, height: 64, level: 0, lines });
  assert.equal(decodeTile(tile ?? assert.fail("no tile")).samples[32 * 64 + 32], 0);
});
