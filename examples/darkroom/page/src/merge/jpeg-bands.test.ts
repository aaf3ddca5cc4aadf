import assert from "node:assert/strict";
import { test } from "node:test";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import { webAssembly } from "#burst/kernel/web-assembly.ts";
import { encodeTile } from "#darkroom/graph/tile-format.ts";
import { cutTiles } from "#darkroom/graph/tile-grid.ts";
import { buildKernel } from "../../../kernels/build-kernel.ts";
import { narrowStrips } from "../engine/tile-paint.ts";
import { bandRowsOf } from "./jpeg-bands.ts";

const side = 1024;
for (const [width, height, what] of [
  [1300, 474, "one row of tiles"],
  [4200, 1032, "more MCUs in a row of tiles than a restart interval has"],
  [200, 100, "less than one tile"],
] as const) {
  test(`a result of ${what} becomes a JPEG file of its size`, async () => {
    const jpeg = new webAssembly.Module(await buildKernel("jpeg"));
    const samples = Uint16Array.from({ length: width * height * 3 }, (_, at) => (at % (width * 3)) * 3);
    const tiles = cutTiles({ width, height, channels: 3, samples }, side).map(encodeTile);
    const bandRows = bandRowsOf(width, height, side);
    const columns = Math.ceil(width / side);
    const pieces: Uint8Array[] = [];
    for (let row = 0; row < Math.ceil(height / side); row += 1) {
      const strips = tiles
        .slice(row * columns, (row + 1) * columns)
        .map((tile) => narrowStrips(tile, bandRows));
      for (const [band] of (strips[0] ?? []).entries()) {
        const top = row * side + band * bandRows;
        const args = [width, height, 90, 0, top, Math.min(bandRows, height - top), bandRows, side];
        const inputs = strips.map((strip) => strip[band] ?? assert.fail());
        pieces.push(...callKernel(jpeg, "encodeJpeg", args, inputs));
      }
    }
    const decoded = callKernel(jpeg, "decodeJpeg", [1, 4096, 5], [Buffer.concat(pieces)]);
    assert.equal(decoded.length, 1);
    const head = Buffer.from(decoded[0] ?? assert.fail());
    assert.deepEqual(
      [head.readUInt32LE(8), head.readUInt32LE(12)],
      [Math.ceil(width / 32), Math.ceil(height / 32)],
    );
  });
}

test("bands fit a restart interval at every size that a JPEG can have, and what is larger is refused with what to do", () => {
  for (const tile of [256, 512, 1024])
    for (const width of [1, 4096, 4097, 16_384, 65_535]) {
      const rows = bandRowsOf(width, 65_535, tile);
      assert.ok(tile % rows === 0 && rows % 8 === 0);
      assert.ok(Math.ceil(width / 8) * (rows / 8) <= 65_535);
    }
  assert.throws(() => bandRowsOf(65_536, 100, 1024), /TIFF or PNG/);
});
