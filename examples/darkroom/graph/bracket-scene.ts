// A scene whose radiance is known everywhere, and a camera that takes it: what the tests of alignment, ghosts and radiance measure against.
import type { Blobs } from "#test/support/run-graph.ts";
import { putBlob } from "#test/support/run-graph.ts";
import { encodeTile, type Tile } from "./tile-format.ts";
import { cutTiles, type Frame } from "./tile-grid.ts";

export interface Shot {
  readonly width: number;
  readonly height: number;
  readonly exposure: number;
  /** How the camera moved: radians about the centre, then pixels. */
  readonly angle?: number;
  readonly x?: number;
  readonly y?: number;
  /** Standard deviation in tones. */
  readonly noise?: number;
  /** Where the disc that moves is, in shares of width and height; absent: nowhere. */
  readonly mover?: { readonly u: number; readonly v: number } | undefined;
  /** Linear 0 … 1 to tone 0 … 1; sRGB when absent. */
  readonly response?: (linear: number) => number;
  readonly seed?: number;
}

export const moverRadius = 0.05;
/** It is dark. */
export const moverRadiance = 0.02;
/** How much of each channel. */
export const tint = [1, 0.8, 0.6] as const;

/** A repeatable sequence of numbers in [0, 1). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const random = randomNumbers(12_345);
const discs = Array.from({ length: 120 }, () => ({
  u: random() * 1.4 - 0.2,
  v: random() * 1.4 - 0.2,
  radius: 0.01 + random() * 0.08,
  radiance: Math.exp((random() - 0.5) * 6),
}));

/** The discs that may be seen in each of 32 × 32 fields. */
const fields = Array.from({ length: 32 * 32 }, (_, field) => {
  const u = ((field % 32) + 0.5) / 32;
  const v = (Math.floor(field / 32) + 0.5) / 32;
  return discs.filter((disc) => Math.hypot(u - disc.u, v - disc.v) < disc.radius + 0.045);
});

function discsAt(u: number, v: number): typeof discs {
  if (u < 0 || v < 0 || u >= 1 || v >= 1) return discs;
  return fields[Math.floor(v * 32) * 32 + Math.floor(u * 32)] ?? [];
}

/** Radiance of the first channel at a place in shares of width and height: some ten stops from end to end. */
export function sceneRadiance(u: number, v: number): number {
  let radiance = Math.exp(2.5 * Math.sin(u * 5 + 1) * Math.cos(v * 4));
  radiance *= 1 + 0.3 * Math.sin(u * 61 + v * 23) * Math.sin(v * 57 - u * 11);
  for (const disc of discsAt(u, v)) {
    const away = Math.hypot(u - disc.u, v - disc.v) - disc.radius;
    if (away > 0.02) continue;
    const share = 1 / (1 + Math.exp(away * 600));
    radiance += share * (disc.radiance * (1 + 0.2 * Math.sin(u * 140) * Math.cos(v * 131)) - radiance);
  }
  return radiance * 0.2;
}

export function sRgb(linear: number): number {
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
}

/** The picture that the camera takes. The scene's pixel p is at R(angle)·(p − centre) + centre + (x, y). */
export function takePicture(shot: Shot): Tile {
  const { width, height, angle = 0, x = 0, y = 0, noise = 1, response = sRgb, mover } = shot;
  const samples = new Uint8Array(width * height * 3);
  const next = randomNumbers(shot.seed ?? 1);
  const normal = (): number => (next() + next() + next() + next() - 2) * Math.sqrt(3);
  const centre = { x: (width - 1) / 2, y: (height - 1) / 2 };
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const dx = column - centre.x - x;
      const dy = row - centre.y - y;
      const u = (cos * dx + sin * dy + centre.x) / width;
      const v = (cos * dy - sin * dx + centre.y) / height;
      const covered = mover !== undefined && Math.hypot(u - mover.u, v - mover.v) < moverRadius;
      const radiance = covered ? moverRadiance : sceneRadiance(u, v);
      for (const share of tint) {
        const tone = 255 * response(Math.min(1, radiance * share * shot.exposure));
        samples[at++] = Math.max(0, Math.min(255, Math.round(tone + normal() * noise)));
      }
    }
  }
  return { width, height, channels: 3, samples };
}

/** Stores a picture as a frame. */
export function storeFrame(blobs: Blobs, picture: Tile): Frame {
  const tiles = cutTiles(picture).map((tile) => putBlob(blobs, encodeTile(tile)));
  return { width: picture.width, height: picture.height, tiles };
}
