// Gauss–Newton on one level of the pyramids.
import { Level, levelOf, Pyramid } from "./grey-picture";
import { Motion } from "./motion";
import { zeroed } from "./numbers";
import { solveSymmetric } from "./solve";

/** Pixels that are looked at: those with the strongest gradients. */
const maxPixels: i32 = 160_000;
const minPixels: i32 = 64;
const maxRounds: i32 = 24;
/** A round that moves no corner further than this (px of the level) is the last. */
const settled: f64 = 0.004;
/** Angle, x, y, gain, offset. */
const unknowns: i32 = 5;
/** Bytes of one chosen pixel: x, y (i32), value, weight, residual, and the picture's value there (f32). */
const pixelBytes: usize = 24;

/** The sums of one round: the normal equations and their right side. */
@unmanaged
class Sums {
  matrix: usize;
  right: usize;
}

/** Room for the pixels of a level that are looked at; one serves all levels. */
export function roomForPixels(): usize {
  return heap.alloc(<usize>maxPixels * pixelBytes);
}

/** Improves `motion`, and says how well it fits. Leaves it as it was when the level has too little to hold on to. */
export function refine(from: Pyramid, to: Pyramid, index: i32, chosen: usize, motion: Motion): void {
  const dark = levelOf(from, index);
  const bright = levelOf(to, index);
  const count = choose(dark, chosen);
  motion.examined = <f64>count;
  motion.quality = 0;
  motion.agreement = 0;
  if (count < minPixels) return;
  const sums = changetype<Sums>(heap.alloc(offsetof<Sums>()));
  sums.matrix = heap.alloc((unknowns * unknowns) << 3);
  sums.right = heap.alloc(unknowns << 3);
  let gain: f64 = 1;
  let offset: f64 = 0;
  const radius = Math.sqrt(dark.centreX * dark.centreX + dark.centreY * dark.centreY) + 1;
  for (let round = 0; round < maxRounds; round++) {
    const scale = residuals(dark, bright, chosen, count, motion, gain, offset);
    accumulate(dark, bright, chosen, count, motion, scale, radius, sums);
    if (!solveSymmetric(sums.matrix, sums.right, unknowns)) return;
    const turn = load<f64>(sums.right) / radius;
    const dx = load<f64>(sums.right, 8);
    const dy = load<f64>(sums.right, 16);
    motion.angle += turn;
    motion.x += dx * dark.scale;
    motion.y += dy * dark.scale;
    gain += load<f64>(sums.right, 24);
    offset += load<f64>(sums.right, 32);
    if (abs(turn) * radius + abs(dx) + abs(dy) < settled) break;
  }
  const scale = residuals(dark, bright, chosen, count, motion, gain, offset);
  judge(chosen, count, scale, motion);
}

/** Takes the pixels with the strongest gradients, those that count more first; answers how many. */
function choose(level: Level, chosen: usize): i32 {
  const counts = zeroed(1_024 << 2);
  for (let y = 1; y < level.height - 1; y++) {
    for (let x = 1; x < level.width - 1; x++) {
      const entry = counts + ((<usize>strength(level, x, y)) << 2);
      store<u32>(entry, load<u32>(entry) + 1);
    }
  }
  let threshold = 1_023;
  let total: u32 = load<u32>(counts, 1_023 << 2);
  while (threshold > 1 && total + load<u32>(counts + ((<usize>(threshold - 1)) << 2)) <= <u32>maxPixels) {
    threshold--;
    total += load<u32>(counts + ((<usize>threshold) << 2));
  }
  let count = 0;
  for (let y = 1; y < level.height - 1; y++) {
    for (let x = 1; x < level.width - 1; x++) {
      if (strength(level, x, y) < threshold || count == maxPixels) continue;
      const pixel = (<usize>(y * level.width + x)) << 2;
      const entry = chosen + <usize>count * pixelBytes;
      store<i32>(entry, x);
      store<i32>(entry, y, 4);
      store<f32>(entry, load<f32>(level.values + pixel), 8);
      store<f32>(entry, load<f32>(level.weights + pixel), 12);
      count++;
    }
  }
  return count;
}

/** The gradient's length, weighted, in eighths; at most 1,023. */
function strength(level: Level, x: i32, y: i32): i32 {
  const pixel = (<usize>(y * level.width + x)) << 2;
  const at = level.values + pixel;
  const stride = (<usize>level.width) << 2;
  const across = load<f32>(at, 4) - load<f32>(at - 4);
  const down = load<f32>(at + stride) - load<f32>(at - stride);
  const length = (abs(across) + abs(down)) * load<f32>(level.weights + pixel);
  return min(1_023, <i32>(length * 8));
}

/** Writes what each pixel differs by and what is there (−1 outside); answers the spread, 1.48 × median of the differences. */
function residuals(
  dark: Level,
  bright: Level,
  chosen: usize,
  count: i32,
  motion: Motion,
  gain: f64,
  offset: f64,
): f64 {
  const counts = zeroed(1_024 << 2);
  const cos = Math.cos(motion.angle);
  const sin = Math.sin(motion.angle);
  const shiftX = dark.centreX + motion.x / dark.scale;
  const shiftY = dark.centreY + motion.y / dark.scale;
  let inside: u32 = 0;
  for (let index = 0; index < count; index++) {
    const entry = chosen + <usize>index * pixelBytes;
    const fromX = <f64>load<i32>(entry) - dark.centreX;
    const fromY = <f64>load<i32>(entry, 4) - dark.centreY;
    const there = sampled(bright, cos * fromX - sin * fromY + shiftX, sin * fromX + cos * fromY + shiftY);
    store<f32>(entry, there, 20);
    if (there < 0) continue;
    const residual = <f32>(<f64>there - (gain * <f64>load<f32>(entry, 8) + offset));
    store<f32>(entry, residual, 16);
    const bin = counts + ((<usize>min(1_023, <i32>(abs(residual) * 8))) << 2);
    store<u32>(bin, load<u32>(bin) + 1);
    inside++;
  }
  let median = 0;
  let below: u32 = load<u32>(counts);
  while (median < 1_023 && below * 2 < inside) {
    median++;
    below += load<u32>(counts + ((<usize>median) << 2));
  }
  return max(0.5, (1.4826 * (<f64>median + 0.5)) / 8);
}

/** Bilinear; −1 outside. */
function sampled(level: Level, x: f64, y: f64): f32 {
  if (!(x >= 0 && y >= 0 && x < <f64>(level.width - 1) && y < <f64>(level.height - 1))) return -1;
  const left = <i32>x;
  const top = <i32>y;
  const fx = <f32>(x - <f64>left);
  const fy = <f32>(y - <f64>top);
  const at = level.values + ((<usize>(top * level.width + left)) << 2);
  const below = at + ((<usize>level.width) << 2);
  const upper = load<f32>(at) + fx * (load<f32>(at, 4) - load<f32>(at));
  const lower = load<f32>(below) + fx * (load<f32>(below, 4) - load<f32>(below));
  return upper + fy * (lower - upper);
}

/** Tukey's biweight, its cut at 4.685 standard deviations. */
function trust(residual: f64, scale: f64): f64 {
  const ratio = residual / (4.685 * scale);
  const rest = 1 - ratio * ratio;
  return rest > 0 ? rest * rest : 0;
}

function accumulate(
  dark: Level,
  bright: Level,
  chosen: usize,
  count: i32,
  motion: Motion,
  scale: f64,
  radius: f64,
  sums: Sums,
): void {
  memory.fill(sums.matrix, 0, (unknowns * unknowns) << 3);
  memory.fill(sums.right, 0, unknowns << 3);
  const row = heap.alloc(unknowns << 3);
  const cos = Math.cos(motion.angle);
  const sin = Math.sin(motion.angle);
  const shiftX = dark.centreX + motion.x / dark.scale;
  const shiftY = dark.centreY + motion.y / dark.scale;
  for (let index = 0; index < count; index++) {
    const entry = chosen + <usize>index * pixelBytes;
    if (load<f32>(entry, 20) < 0) continue;
    const residual = <f64>load<f32>(entry, 16);
    const weight = trust(residual, scale) * <f64>load<f32>(entry, 12);
    if (weight == 0) continue;
    const fromX = <f64>load<i32>(entry) - dark.centreX;
    const fromY = <f64>load<i32>(entry, 4) - dark.centreY;
    const turnedX = cos * fromX - sin * fromY;
    const turnedY = sin * fromX + cos * fromY;
    const x = turnedX + shiftX;
    const y = turnedY + shiftY;
    const at = bright.values + ((<usize>(<i32>y * bright.width + <i32>x)) << 2);
    const below = at + ((<usize>bright.width) << 2);
    const fx = <f32>(x - Math.floor(x));
    const fy = <f32>(y - Math.floor(y));
    const upper = load<f32>(at, 4) - load<f32>(at);
    const left = load<f32>(below) - load<f32>(at);
    const across = <f64>(upper + fy * (load<f32>(below, 4) - load<f32>(below) - upper));
    const down = <f64>(left + fx * (load<f32>(below, 4) - load<f32>(at, 4) - left));
    store<f64>(row, (down * turnedX - across * turnedY) / radius);
    store<f64>(row, across, 8);
    store<f64>(row, down, 16);
    store<f64>(row, -(<f64>load<f32>(entry, 8)), 24);
    store<f64>(row, -1, 32);
    add(sums, row, weight, residual);
  }
}

function add(sums: Sums, row: usize, weight: f64, residual: f64): void {
  for (let i = 0; i < unknowns; i++) {
    const scaled = weight * load<f64>(row + ((<usize>i) << 3));
    for (let j = 0; j <= i; j++) {
      const cell = sums.matrix + ((<usize>(i * unknowns + j)) << 3);
      store<f64>(cell, load<f64>(cell) + scaled * load<f64>(row + ((<usize>j) << 3)));
    }
    const entry = sums.right + ((<usize>i) << 3);
    store<f64>(entry, load<f64>(entry) - scaled * residual);
  }
}

function judge(chosen: usize, count: i32, scale: f64, motion: Motion): void {
  let worth: f64 = 0;
  let sumA: f64 = 0;
  let sumB: f64 = 0;
  let sumAA: f64 = 0;
  let sumBB: f64 = 0;
  let sumAB: f64 = 0;
  let agreeing: f64 = 0;
  for (let index = 0; index < count; index++) {
    const entry = chosen + <usize>index * pixelBytes;
    const b = <f64>load<f32>(entry, 20);
    if (b < 0) continue;
    const a = <f64>load<f32>(entry, 8);
    const weight = <f64>load<f32>(entry, 12);
    if (trust(<f64>load<f32>(entry, 16), scale) > 0.1) agreeing += 1;
    worth += weight;
    sumA += weight * a;
    sumB += weight * b;
    sumAA += weight * a * a;
    sumBB += weight * b * b;
    sumAB += weight * a * b;
  }
  motion.agreement = agreeing / <f64>count;
  if (worth <= 0) return;
  const varianceA = sumAA - (sumA * sumA) / worth;
  const varianceB = sumBB - (sumB * sumB) / worth;
  if (varianceA <= 0 || varianceB <= 0) return;
  motion.quality = (sumAB - (sumA * sumB) / worth) / Math.sqrt(varianceA * varianceB);
}
