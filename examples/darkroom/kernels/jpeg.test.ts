import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { callKernel, KernelTrap } from "#burst/kernel/call-kernel.ts";
import { webAssembly, type WasmModule } from "#burst/kernel/web-assembly.ts";
import { buildKernel } from "./build-kernel.ts";
import { fromTiles, toTiles, type Picture8 } from "./pixels.ts";
import { hasProgram, runProgram } from "./try-program.ts";

const photo = join(import.meta.dirname, "../../../../shared/data/photos/grandcanal/mean.jpg");
const noConvert = hasProgram("convert") ? false : "ImageMagick's convert is not installed";
const noPhoto =
  noConvert === false && !existsSync(photo) ? "the Grand Canal photographs are absent" : noConvert;

let kernel: WasmModule;
before(async () => {
  kernel = new webAssembly.Module(await buildKernel("jpeg"));
});

function decode(file: Uint8Array, width: number, height: number, orientation = 1, side = 256, level = 0) {
  return fromTiles(callKernel(kernel, "decodeJpeg", [orientation, side, level], [file]), width, height, side);
}

function encode(
  picture: Picture8,
  quality: number,
  halfChroma = false,
  bandRows = picture.height,
  side = 64,
) {
  const pieces: Uint8Array[] = [];
  for (let top = 0; top < picture.height; top += bandRows) {
    const rows = Math.min(bandRows, picture.height - top);
    const band = picture.rgb.subarray(top * picture.width * 3, (top + rows) * picture.width * 3);
    const tiles = toTiles({ width: picture.width, height: rows, rgb: band }, side);
    const chroma = halfChroma ? 1 : 0;
    const args = [picture.width, picture.height, quality, chroma, top, rows, bandRows, side];
    pieces.push(...callKernel(kernel, "encodeJpeg", args, tiles));
  }
  return Buffer.concat(pieces);
}

/** A smooth picture with some edges, which JPEG keeps well. */
function scene(width: number, height: number): Picture8 {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const disc = (x - 60) ** 2 + (y - 40) ** 2 < 900 ? 60 : 0;
      rgb.set([40 + x / 2 + disc, 200 - y, 60 + (x + y) / 4], (y * width + x) * 3);
    }
  }
  return { width, height, rgb };
}

function greatestDifference(a: Uint8Array, b: Uint8Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] ?? 0))), 0);
}

function rootMeanSquare(a: Uint8Array, b: Uint8Array): number {
  const squares = a.reduce((sum, value, index) => sum + (value - (b[index] ?? 0)) ** 2, 0);
  return Math.sqrt(squares / a.length);
}

function convert(args: readonly string[], input?: Uint8Array): Buffer {
  return runProgram("convert", args, input);
}

test("a picture of any size comes back nearly as it was after encoding and decoding", () => {
  for (const [width, height] of [
    [1, 1],
    [7, 9],
    [150, 101],
    [256, 64],
  ] as const) {
    for (const half of [false, true]) {
      const picture = scene(width, height);
      const back = decode(encode(picture, 98, half), width, height);
      assert.ok(rootMeanSquare(back.rgb, picture.rgb) < (half ? 4 : 1.5), `${width} × ${height}, ${half}`);
    }
  }
});

test("bands encoded apart and put behind each other decode to the same pixels as one piece", () => {
  const picture = scene(150, 300);
  for (const half of [false, true]) {
    const whole = decode(encode(picture, 90, half), 150, 300);
    assert.deepEqual(decode(encode(picture, 90, half, 64), 150, 300), whole);
  }
});

test("every EXIF orientation turns the decoded picture as the standard says", () => {
  const file = encode(scene(75, 50), 95);
  const upright = decode(file, 75, 50).rgb;
  const source: ((x: number, y: number) => readonly [number, number])[] = [
    (x, y) => [x, y],
    (x, y) => [74 - x, y],
    (x, y) => [74 - x, 49 - y],
    (x, y) => [x, 49 - y],
    (x, y) => [y, x],
    (x, y) => [y, 49 - x],
    (x, y) => [74 - y, 49 - x],
    (x, y) => [74 - y, x],
  ];
  source.forEach((from, index) => {
    const [width, height] = index < 4 ? [75, 50] : [50, 75];
    const turned = decode(file, width, height, index + 1, 16);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [sx, sy] = from(x, y);
        const at = (y * width + x) * 3;
        assert.equal(turned.rgb[at], upright[(sy * 75 + sx) * 3], `orientation ${index + 1} at ${x}, ${y}`);
      }
    }
  });
});

test("a smaller picture is the rounded mean of boxes of the whole one, also at its edges", () => {
  const file = encode(scene(75, 50), 95);
  const whole = decode(file, 75, 50).rgb;
  for (const level of [1, 3, 5]) {
    const [width, height] = [Math.ceil(75 / 2 ** level), Math.ceil(50 / 2 ** level)];
    const small = decode(file, width, height, 1, 16, level).rgb;
    for (let index = 0; index < width * height * 3; index++) {
      const [channel, x, y] = [index % 3, Math.floor(index / 3) % width, Math.floor(index / 3 / width)];
      let [sum, count] = [0, 0];
      for (let sy = y << level; sy < Math.min(50, (y + 1) << level); sy++) {
        for (let sx = x << level; sx < Math.min(75, (x + 1) << level); sx++) {
          sum += whole[(sy * 75 + sx) * 3 + channel] ?? 0;
          count++;
        }
      }
      assert.equal(small[index], Math.floor((sum + (count >> 1)) / count), `level ${level}`);
    }
  }
});

test(
  "baseline and progressive files of every usual sampling decode to the bits of libjpeg-turbo",
  { skip: noPhoto },
  async () => {
    const crop = convert(["jpeg:-", "-crop", "311x277+423+305", "+repage", "ppm:-"], await readFile(photo));
    for (const [factors, ...interlaces] of [
      ["1x1", "none"],
      ["2x1", "JPEG"],
      ["2x2", "none", "JPEG"],
      ["1x2", "none"],
      ["4x1", "JPEG"],
    ] as const) {
      for (const interlace of interlaces) {
        const options = ["-sampling-factor", factors, "-interlace", interlace, "-quality", "90"];
        const file = convert(["ppm:-", ...options, "jpeg:-"], crop);
        const expected = convert(["jpeg:-", "-depth", "8", "rgb:-"], file);
        assert.equal(greatestDifference(decode(file, 311, 277).rgb, expected), 0, `${factors} ${interlace}`);
      }
    }
  },
);

test(
  "grey files, and files in RGB by Adobe's marker, decode to the bits of libjpeg-turbo",
  { skip: noPhoto },
  async () => {
    const original = await readFile(photo);
    for (const kind of [
      ["-colorspace", "gray"],
      ["-set", "colorspace", "RGB", "-define", "jpeg:colorspace=RGB"],
    ]) {
      const file = convert(["jpeg:-", "-resize", "200x133!", ...kind, "-quality", "85", "jpeg:-"], original);
      const expected = convert(["jpeg:-", "-depth", "8", "rgb:-"], file);
      assert.equal(greatestDifference(decode(file, 200, 133).rgb, expected), 0, kind.join(" "));
    }
  },
);

test("another decoder reads what was encoded, with restart markers too", { skip: noConvert }, () => {
  const picture = scene(150, 300);
  for (const file of [encode(picture, 90), encode(picture, 90, true, 64)]) {
    const read = convert(["jpeg:-", "-depth", "8", "rgb:-"], file);
    assert.equal(greatestDifference(decode(file, 150, 300).rgb, read), 0);
  }
});

test("a CMYK file is refused with words", { skip: noConvert }, () => {
  const file = convert(["-size", "20x20", "xc:red", "-colorspace", "CMYK", "jpeg:-"]);
  assert.throws(() => decode(file, 20, 20), /CMYK.*convert it to RGB/);
});

test("a file cut off at any byte fails with words, or lacks only its last marker", () => {
  const file = encode(scene(75, 50), 90);
  for (let length = 0; length < file.length - 2; length += 7) {
    assert.throws(() => decode(file.subarray(0, length), 75, 50), hasWords, `${length} bytes`);
  }
  assert.equal(decode(file.subarray(0, file.length - 2), 75, 50).width, 75);
});

test("a picture that does not fit the memory fails with words before it is decoded", () => {
  const file = encode(scene(75, 50), 90);
  const frame = file.indexOf(Buffer.from([0xff, 0xc0]));
  file.writeUInt16BE(17_000, frame + 5);
  file.writeUInt16BE(17_000, frame + 7);
  assert.throws(() => decode(file, 17_000, 17_000), /more memory than this kernel has/);
});

test("mutated files decode or fail with words, never hang and never trap without saying why", () => {
  const seeds = [encode(scene(75, 50), 85), encode(scene(75, 50), 85, true, 16, 16), ...progressiveSeeds()];
  let state = 12_345;
  const next = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let failures = 0;
  for (let round = 0; round < 600; round++) {
    const file = Buffer.from(seeds[round % seeds.length] ?? Buffer.alloc(0));
    // Sizes stay small, so that a round is quick: the test above is about large ones.
    const frame = file.findIndex((byte, at) => byte === 0xff && [0xc0, 0xc2].includes(file[at + 1] ?? 0));
    for (let change = 0; change <= next(4); change++) {
      const at = next(file.length);
      if (at < frame + 5 || at > frame + 8) file[at] = next(256);
    }
    try {
      callKernel(kernel, "decodeJpeg", [1 + next(8), 16, next(6)], [file]);
    } catch (error) {
      failures++;
      assert.ok(hasWords(error), `round ${round}: ${String(error)}`);
    }
  }
  assert.ok(failures > 50, "mutations hardly ever reach what can fail");
});

function progressiveSeeds(): Buffer[] {
  if (noConvert !== false) return [];
  return [convert(["-size", "75x50", "plasma:red-blue", "-interlace", "JPEG", "-quality", "80", "jpeg:-"])];
}

/** A failure in the kernel's own words, not the engine's. */
function hasWords(error: unknown): boolean {
  return error instanceof KernelTrap && !/unreachable|out of bounds|overflow|divide/i.test(error.message);
}
