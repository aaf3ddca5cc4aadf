import type { FrameLevel } from "../../examples/darkroom/graph/panorama-frame.ts";
import { putBlob, type Blobs } from "./run-graph.ts";

/** A camera that is known: angles in radians, the focal length in pixels, the gain in linear light. */
export interface KnownView {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  readonly focal: number;
  readonly width: number;
  readonly height: number;
  readonly gain: number;
}

/** The world all around as linear light: `side` samples for 2π, the horizon in the middle, three channels. */
export interface SphereTexture {
  readonly side: number;
  readonly rows: number;
  readonly light: Float32Array;
}

const storedSide = 256;
const octaves = [
  { across: 12, strength: 0.9 },
  { across: 40, strength: 0.6 },
  { across: 110, strength: 0.55 },
  { across: 300, strength: 0.45 },
  { across: 800, strength: 0.4 },
  { across: 1900, strength: 0.25 },
];

/** Value noise of several octaves with hard-edged spots, the same for the same seed. `share` is how much of the sphere from pole to pole is made, around the horizon. */
export function makeTexture(side: number, share: number, seed = 1): SphereTexture {
  const rows = Math.round((side / 2) * share);
  const light = new Float32Array(side * rows * 3);
  const sum = new Float32Array(side * rows);
  for (const [index, { across, strength }] of octaves.entries()) {
    if (across * 3 > side) continue;
    addNoise(sum, side, rows, across, strength, seed * 100 + index);
  }
  const spots = new Float32Array(side * rows);
  addNoise(spots, side, rows, 220, 1, seed * 100 + 77);
  for (let index = 0; index < sum.length; index++) {
    const edge = Math.min(1, Math.max(0, ((spots[index] ?? 0) - 0.35) * 8)); // a few pixels wide
    const value = 0.22 * Math.exp(0.7 * (sum[index] ?? 0)) * (1 + 0.5 * edge);
    light[index * 3] = Math.min(1, value * 1.1);
    light[index * 3 + 1] = Math.min(1, value);
    light[index * 3 + 2] = Math.min(1, value * 0.85);
  }
  return { side, rows, light };
}

/** Adds smooth noise from −strength to strength whose lattice has `across` cells around the sphere. */
function addNoise(
  sum: Float32Array,
  side: number,
  rows: number,
  across: number,
  strength: number,
  seed: number,
): void {
  const high = Math.ceil((rows / side) * across) + 2;
  const lattice = Float32Array.from({ length: across * high }, (_, index) => hashed(index, seed));
  for (let y = 0; y < rows; y++) {
    const gy = (y / side) * across;
    const top = Math.floor(gy);
    const fy = smooth(gy - top);
    for (let x = 0; x < side; x++) {
      const gx = (x / side) * across;
      const left = Math.floor(gx);
      const fx = smooth(gx - left);
      const right = (left + 1) % across;
      const a = lattice[top * across + left] ?? 0;
      const b = lattice[top * across + right] ?? 0;
      const c = lattice[(top + 1) * across + left] ?? 0;
      const d = lattice[(top + 1) * across + right] ?? 0;
      const at = y * side + x;
      const value = (a + (b - a) * fx) * (1 - fy) + (c + (d - c) * fx) * fy;
      sum[at] = (sum[at] ?? 0) + strength * value;
    }
  }
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

/** From −1 to 1. */
function hashed(index: number, seed: number): number {
  let hash = Math.imul(index ^ Math.imul(seed, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 31 - 1;
}

/** Linear light of a direction, bilinear, into `target` at `at`; a direction outside of the texture has the light of its edge. */
export function lightAt(
  texture: SphereTexture,
  x: number,
  y: number,
  z: number,
  target: Float32Array | number[],
  at: number,
): void {
  const { side, rows, light } = texture;
  const tx = (Math.atan2(x, z) / (2 * Math.PI) + 0.5) * side - 0.5;
  const ty = (Math.atan2(y, Math.hypot(x, z)) / (2 * Math.PI)) * side + rows / 2 - 0.5;
  const top = Math.min(rows - 2, Math.max(0, Math.floor(ty)));
  const fy = Math.min(1, Math.max(0, ty - top));
  const floor = Math.floor(tx);
  const fx = tx - floor;
  const left = ((floor + side) % side) * 3;
  const right = ((floor + 1 + side) % side) * 3;
  for (let channel = 0; channel < 3; channel++) {
    const a = light[top * side * 3 + left + channel] ?? 0;
    const b = light[top * side * 3 + right + channel] ?? 0;
    const c = light[(top + 1) * side * 3 + left + channel] ?? 0;
    const d = light[(top + 1) * side * 3 + right + channel] ?? 0;
    target[at + channel] = (a + (b - a) * fx) * (1 - fy) + (c + (d - c) * fx) * fy;
  }
}

/** The rotation from the world (x right, y down, z forward) to the camera, row by row: yaw to the right, pitch upwards, roll clockwise. */
export function rotationOf({ yaw, pitch, roll }: KnownView): number[] {
  const about = (angle: number, a: number, b: number): number[] => {
    const matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];
    matrix[a * 3 + a] = Math.cos(angle);
    matrix[b * 3 + b] = Math.cos(angle);
    matrix[a * 3 + b] = Math.sin(angle);
    matrix[b * 3 + a] = -Math.sin(angle);
    return matrix;
  };
  return multiply(about(roll, 0, 1), multiply(about(pitch, 2, 1), about(yaw, 2, 0)));
}

export function multiply(one: readonly number[], other: readonly number[]): number[] {
  return Array.from({ length: 9 }, (_, index) => {
    const row = Math.floor(index / 3) * 3;
    const column = index % 3;
    return [0, 1, 2].reduce((sum, k) => sum + (one[row + k] ?? 0) * (other[k * 3 + column] ?? 0), 0);
  });
}

const encoded = Float32Array.from({ length: 4097 }, (_, index) => {
  const light = index / 4096;
  return 255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055);
});

export function encodeByte(light: number): number {
  return Math.round(encoded[Math.min(4096, Math.round(light * 4096))] ?? 255);
}

/** What the camera sees, 8 bits sRGB, three channels. */
export function renderView(texture: SphereTexture, view: KnownView): Uint8Array {
  const { width, height, focal, gain } = view;
  const rotation = rotationOf(view);
  const pixels = new Uint8Array(width * height * 3);
  const light = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const ray = rayOf(rotation, (x + 0.5 - width / 2) / focal, (y + 0.5 - height / 2) / focal);
      lightAt(texture, ray[0], ray[1], ray[2], light, 0);
      for (let channel = 0; channel < 3; channel++)
        pixels[(y * width + x) * 3 + channel] = encodeByte((light[channel] ?? 0) * gain);
    }
  }
  return pixels;
}

/** The direction in the world that a camera sees at (x, y, 1). */
export function rayOf(rotation: readonly number[], x: number, y: number): [number, number, number] {
  const r = (index: number): number => rotation[index] ?? 0;
  return [r(0) * x + r(3) * y + r(6), r(1) * x + r(4) * y + r(7), r(2) * x + r(5) * y + r(8)];
}

/** Cuts an image of 8 bits into stored tiles among the blobs. */
export function storeLevel(
  blobs: Blobs,
  pixels: Uint8Array,
  width: number,
  height: number,
  channels = 3,
): FrameLevel {
  const tiles = [];
  for (let top = 0; top < height; top += storedSide) {
    for (let left = 0; left < width; left += storedSide) {
      const wide = Math.min(storedSide, width - left);
      const high = Math.min(storedSide, height - top);
      const blob = new Uint8Array(16 + wide * high * channels);
      const view = new DataView(blob.buffer);
      view.setUint32(0, 0x31545644, true);
      view.setUint16(4, 1, true);
      view.setUint16(6, channels, true);
      view.setUint32(8, wide, true);
      view.setUint32(12, high, true);
      for (let row = 0; row < high; row++) {
        const from = ((top + row) * width + left) * channels;
        blob.set(pixels.subarray(from, from + wide * channels), 16 + row * wide * channels);
      }
      tiles.push(putBlob(blobs, blob));
    }
  }
  return { factor: 1, width, height, side: storedSide, tiles };
}
