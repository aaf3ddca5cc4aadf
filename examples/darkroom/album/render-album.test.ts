import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { webAssembly } from "#burst/kernel/web-assembly.ts";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import { buildKernel } from "../kernels/build-kernel.ts";
import { fromTiles } from "../kernels/pixels.ts";
import { bracket, hdrPanorama, panorama, sensitivity } from "./album-plan.ts";
import { KernelPool, type ThreadSetup } from "./kernel-pool.ts";
import { renderAlbum, type AlbumFile } from "./render-album.ts";
import { cameraMatrix, turn } from "./rotation.ts";

const tiny = { scale: 1 / 20, samples: 2, cells: 128 };
const [width, height] = [120, 80];
let modules: ThreadSetup["modules"];
let pool: KernelPool;
let files: readonly AlbumFile[];

before(async () => {
  modules = {
    album: new webAssembly.Module(await buildKernel("album")),
    jpeg: new webAssembly.Module(await buildKernel("jpeg")),
  };
  pool = new KernelPool({ modules }, 2);
  files = await renderAlbum(pool, tiny);
});

after(() => pool.close());

function fileOf(name: string): Uint8Array {
  return files.find((file) => file.name === name)?.bytes ?? assert.fail(`${name} is not in the album`);
}

function digests(album: readonly AlbumFile[]): readonly string[] {
  return album.map((file) => `${file.name} ${createHash("sha256").update(file.bytes).digest("hex")}`);
}

/** Radiances of the bracket's reference frame. */
function truth(): Float32Array {
  return new Float32Array(new Uint8Array(fileOf("truth-radiance.f32")).buffer);
}

function samplesOf(name: string): Uint8Array {
  const tiles = callKernel(modules.jpeg, "decodeJpeg", [1, 256, 0], [fileOf(name)]);
  return fromTiles(tiles, width, height, 256).rgb;
}

test("the album has the same bytes when its bands are made in another order by another number of threads", async () => {
  const single = new KernelPool({ modules }, 1);
  try {
    assert.deepEqual(digests(await renderAlbum(single, { ...tiny, backwards: true })), digests(files));
  } finally {
    await single.close();
  }
});

test("the scene spans at least fourteen stops from its shadows to the sun", () => {
  const radiance = truth()
    .filter((value) => value > 0)
    .toSorted();
  const stops = Math.log2((radiance.at(-1) ?? 0) / (radiance[Math.floor(radiance.length / 1000)] ?? 1));
  assert.ok(stops >= 14, `${stops} stops`);
});

test("the frames show the true radiance through the response that truth.json states", () => {
  const { response } = JSON.parse(Buffer.from(fileOf("truth.json")).toString()) as { response: number[] };
  const radiance = truth();
  const reference = bracket.frames.findIndex((frame) => frame.shift[0] === 0);
  const frame = bracket.frames[reference] ?? assert.fail("no frame lies over the truth");
  const samples = samplesOf(frame.name);
  const gain = (frame.exposure[0] / frame.exposure[1]) * sensitivity;
  const errors = samples.map((sample, index) => {
    const exposure = Math.min((radiance[index] ?? 0) * gain, 1);
    return Math.abs(sample / 255 - (response[Math.round(exposure * (response.length - 1))] ?? 0)) * 255;
  });
  assert.ok((errors.toSorted()[errors.length >> 1] ?? 99) <= 6);
});

test("every picture of the album tells its exposure, aperture, speed and time in EXIF", () => {
  const around = hdrPanorama.views.flatMap(({ frames }) => frames);
  for (const shot of [...bracket.frames, ...panorama.views, ...around]) {
    const bytes = Buffer.from(fileOf(shot.name));
    const tiff = bytes.indexOf("Exif\0\0") + 6;
    assert.equal(bytes.readUInt16BE(tiff - 10), 0xffe1);
    const main = fieldsOf(bytes, tiff, bytes.readUInt32LE(tiff + 4));
    const exif = fieldsOf(bytes, tiff, main.get(0x8769) ?? 0);
    const exposure = tiff + (exif.get(0x829a) ?? 0);
    assert.deepEqual([bytes.readUInt32LE(exposure), bytes.readUInt32LE(exposure + 4)], shot.exposure);
    assert.equal(exif.get(0x8827), 100);
    assert.match(bytes.toString("latin1", tiff + (exif.get(0x9003) ?? 0)), /^2026:06:21 19:4\d:\d\d\0/);
  }
});

test("a camera's axes are perpendicular, and a turn is as long as its angle", () => {
  assert.ok(Math.abs(turn(30).sine - 0.5) < 1e-15 && Math.abs(turn(120).cosine + 0.5) < 1e-15);
  const matrix = cameraMatrix(-92.5, 0.8, -0.6);
  for (const a of [0, 1, 2]) {
    for (const b of [0, 1, 2]) {
      const product = [0, 3, 6].reduce(
        (sum, row) => sum + (matrix[row + a] ?? 0) * (matrix[row + b] ?? 0),
        0,
      );
      assert.ok(Math.abs(product - (a === b ? 1 : 0)) < 1e-12);
    }
  }
});

/** Values, or offsets of values, of a directory's fields by tag. */
function fieldsOf(bytes: Buffer, tiff: number, directory: number): ReadonlyMap<number, number> {
  const count = bytes.readUInt16LE(tiff + directory);
  return new Map(
    Array.from({ length: count }, (_, index) => {
      const entry = tiff + directory + 2 + index * 12;
      return [bytes.readUInt16LE(entry), bytes.readUInt32LE(entry + 8)] as const;
    }),
  );
}
