import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import type { WasmModule } from "#burst/kernel/web-assembly.ts";
import { makeTexture, renderView } from "#test/support/panorama-views.ts";
import { fromTiles, type Picture8, toTiles } from "../../examples/darkroom/kernels/pixels.ts";

const root = join(import.meta.dirname, "../..");
const cache = join(root, ".cache/bench-burst");
const album = join(root, "examples/darkroom/dist/album");
const quality = 93;
const storageSide = 256;

export const large = { width: 6000, height: 4000 } as const;
export const panoramaSize = { width: 4000, height: 3000 } as const;

type Kernels = (fn: string) => WasmModule;

/**
 * Files of a bracket of 24 MP each: the sample album's frames, mirrored side by side until they fill that size, so that every pixel has the detail of a photo. The
 * album has five; a longer bracket takes them again.
 */
export function largeBracket(kernels: Kernels, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `terrace-${(index % 5) + 1}.jpg`;
    return cached(`bracket-${index + 1}.jpg`, () => {
      const source = join(album, name);
      if (!existsSync(source)) throw new Error("there is no sample album: node examples/darkroom/build.ts");
      return encode(kernels, mirrored(decode(kernels, readFileSync(source), 2400, 1600)));
    });
  });
}

/** Files of twelve views of 12 MP each, 70° wide and 24° apart, most of the way around the horizon, each with its own exposure. */
export function largePanorama(kernels: Kernels): string[] {
  let texture: ReturnType<typeof makeTexture> | undefined;
  return Array.from({ length: 12 }, (_, index) =>
    cached(`view-${String(index + 1).padStart(2, "0")}.jpg`, () => {
      texture ??= makeTexture(8192, 0.6);
      const wave = Math.sin(index * 2.4) / 60;
      const angles = { yaw: ((index - 5.5) * 24 * Math.PI) / 180, pitch: wave, roll: -wave };
      const view = { ...panoramaSize, ...angles, focal: panoramaFocal, gain: 1 + 0.1 * Math.cos(index) };
      return encode(kernels, { ...panoramaSize, rgb: renderView(texture, view) });
    }),
  );
}

/** In pixels of a view. */
export const panoramaFocal = 2856;

function cached(name: string, make: () => Uint8Array): string {
  const file = join(cache, name);
  if (existsSync(file)) return file;
  mkdirSync(cache, { recursive: true });
  writeFileSync(file, make());
  return file;
}

function decode(kernels: Kernels, file: Uint8Array, width: number, height: number): Picture8 {
  const tiles = callKernel(kernels("decodeJpeg"), "decodeJpeg", [1, storageSide, 0], [file]);
  return fromTiles(tiles, width, height, storageSide);
}

function encode(kernels: Kernels, picture: Picture8): Uint8Array {
  const { width, height } = picture;
  const args = [width, height, quality, 1, 0, height, height, storageSide];
  const tiles = toTiles(picture, storageSide);
  return callKernel(kernels("encodeJpeg"), "encodeJpeg", args, tiles)[0] ?? new Uint8Array();
}

function mirrored(source: Picture8): Picture8 {
  const { width, height } = large;
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = folded(y, source.height) * source.width;
    for (let x = 0; x < width; x++) {
      const from = (row + folded(x, source.width)) * 3;
      const to = (y * width + x) * 3;
      rgb[to] = source.rgb[from] ?? 0;
      rgb[to + 1] = source.rgb[from + 1] ?? 0;
      rgb[to + 2] = source.rgb[from + 2] ?? 0;
    }
  }
  return { width, height, rgb };
}

function folded(index: number, size: number): number {
  const within = index % (2 * size);
  return within < size ? within : 2 * size - 1 - within;
}
