import assert from "node:assert/strict";
import { test } from "node:test";
import { videoToSrgb } from "./transfer.ts";

test("samples as LibRaw develops them become those of sRGB, to within their rounding", () => {
  // What libraw-wasm 1.6.0 gave for a DNG of light 2⁻¹, 2⁻³, 2⁻⁵, 2⁻⁷ and 2⁻⁹ of its white.
  const samples = new Uint16Array([46_231, 21_754, 8_637, 2_304, 576]);
  videoToSrgb(samples);
  for (const [index, light] of [2 ** -1, 2 ** -3, 2 ** -5, 2 ** -7, 2 ** -9].entries()) {
    const srgb = light <= 0.003_130_8 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
    assert.ok(Math.abs((samples[index] ?? 0) - srgb * 65_535) < 4, `2^-${index * 2 + 1}: ${samples[index]}`);
  }
});

test("black stays black, white stays white, and brighter light never becomes darker", () => {
  const samples = Uint16Array.from({ length: 65_536 }, (_, code) => code);
  videoToSrgb(samples);
  assert.equal(samples[0], 0);
  assert.equal(samples[65_535], 65_535);
  assert.ok(samples.every((sample, code) => code === 0 || sample >= (samples[code - 1] ?? 0)));
});
