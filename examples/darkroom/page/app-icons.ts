import { createDeflate } from "node:zlib";
import type { Plugin } from "vite";
import { writePng } from "../export/write-png.ts";

type Colour = readonly [number, number, number];
interface Point {
  readonly x: number;
  readonly y: number;
}

/** The side of `public/icon.svg`, in whose units everything here is. */
const side = 64;
const ground: Colour = [0x1d, 0x1f, 0x27];
const amber: Colour = [0xe9, 0xb4, 0x4c];
const red: Colour = [0xc8, 0x55, 0x3d];
const middle = { x: 32, y: 32 };
/** Blades of the aperture, as in the drawing. */
const blades: readonly (readonly [Point, Point])[] = [
  [point(32, 13), point(42, 30)],
  [point(51, 32), point(32, 32)],
  [point(42, 48), point(32, 32)],
  [point(22, 48), point(32, 32)],
  [point(13, 32), point(24, 32)],
  [point(22, 16), point(32, 32)],
];
/** Samples of a pixel in one direction. */
const samples = 4;

/** Makes the icons of the web manifest at build time: `icon-192.png`, `icon-512.png`, and `icon-maskable.png`, which systems cut to their own shapes. */
export function appIcons(): Plugin {
  return {
    name: "darkroom-icons",
    apply: "build",
    async generateBundle() {
      for (const [fileName, pixels, isMaskable] of [
        ["icon-192.png", 192, false],
        ["icon-512.png", 512, false],
        ["icon-maskable.png", 512, true],
      ] as const)
        this.emitFile({ type: "asset", fileName, source: await iconPng(pixels, isMaskable) });
    },
  };
}

/** The icon as a PNG of `pixels` × `pixels`. A maskable one keeps its drawing within the inner 80 %. */
export async function iconPng(pixels: number, isMaskable: boolean): Promise<Uint8Array> {
  const rgb = new Uint8Array(pixels * pixels * 3);
  const zoom = isMaskable ? 0.72 : 1;
  for (let y = 0; y < pixels; y += 1) {
    for (let x = 0; x < pixels; x += 1) {
      const sum = [0, 0, 0];
      for (let sample = 0; sample < samples * samples; sample += 1) {
        const u = ((x + ((sample % samples) + 0.5) / samples) / pixels) * side;
        const v = ((y + (Math.floor(sample / samples) + 0.5) / samples) / pixels) * side;
        const colour = colourAt(point(32 + (u - 32) / zoom, 32 + (v - 32) / zoom));
        for (const channel of [0, 1, 2] as const) sum[channel] = (sum[channel] ?? 0) + colour[channel];
      }
      for (const channel of [0, 1, 2])
        rgb[(y * pixels + x) * 3 + channel] = Math.round((sum[channel] ?? 0) / samples ** 2);
    }
  }
  return await png(pixels, rgb);
}

function colourAt(at: Point): Colour {
  const away = distance(at, middle);
  if (away <= 6) return red;
  if (Math.abs(away - 19) <= 2) return amber;
  return blades.some(([from, to]) => toSegment(at, from, to) <= 1.5) ? amber : ground;
}

async function png(pixels: number, rgb: Uint8Array): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  async function* rows() {
    yield await Promise.resolve({ top: 0, rows: pixels, samples: rgb });
  }
  await writePng(
    { width: pixels, height: pixels },
    8,
    rows(),
    {
      deflateBands: async function* (filtered) {
        const deflate = createDeflate({ level: 9 });
        for await (const piece of filtered) deflate.write(piece);
        deflate.end();
        for await (const piece of deflate) yield piece as Uint8Array; // a stream of bytes gives buffers
      },
    },
    (piece) => {
      pieces.push(piece);
      return Promise.resolve();
    },
  );
  return Buffer.concat(pieces);
}

function point(x: number, y: number): Point {
  return { x, y };
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

function toSegment(at: Point, from: Point, to: Point): number {
  const length = distance(from, to) ** 2;
  const along = ((at.x - from.x) * (to.x - from.x) + (at.y - from.y) * (to.y - from.y)) / length;
  const share = Math.min(1, Math.max(0, along));
  return distance(at, point(from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)));
}
