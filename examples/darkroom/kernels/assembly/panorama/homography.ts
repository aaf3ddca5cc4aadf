// Homographies between point pairs {f64 xa, ya, xb, yb}, and the search for one among wrong pairs (Fischler and Bolles, "Random Sample Consensus", 1981).
import { add, f64s, get, set, solve } from "./linear";
import { randomBelow } from "./random";

const maxSamples: i32 = 2000;
const refits: i32 = 4;
/** How sure it shall be that one sample has no wrong pair. */
const missed: f64 = 0.001;

let normal: usize = 0;
let right: usize = 0;
let line: usize = 0;

/** Squared distance of the image of point a from point b; huge when it lies behind. */
export function transferError(h: usize, pair: usize): f64 {
  const x = get(pair, 0);
  const y = get(pair, 1);
  const w = get(h, 6) * x + get(h, 7) * y + get(h, 8);
  if (!(w > 1e-6)) return 1e300;
  const dx = (get(h, 0) * x + get(h, 1) * y + get(h, 2)) / w - get(pair, 2);
  const dy = (get(h, 3) * x + get(h, 4) * y + get(h, 5)) / w - get(pair, 3);
  return dx * dx + dy * dy;
}

/** Least squares over the pairs that are marked; the last element is 1. Coordinates are about −1 to 1. False when they fix nothing. */
export function fitHomography(h: usize, pairs: usize, marks: usize, count: i32): bool {
  startFit();
  for (let index = 0; index < count; index++) {
    if (load<u8>(marks + index)) addPair(pairs + ((<usize>index) << 5));
  }
  return endFit(h);
}

function startFit(): void {
  if (normal == 0) {
    normal = f64s(64);
    right = f64s(8);
    line = f64s(8);
  }
  memory.fill(normal, 0, 512);
  memory.fill(right, 0, 64);
}

function addPair(pair: usize): void {
  for (let part = 0; part < 2; part++) {
    const target = get(pair, 2 + part);
    memory.fill(line, 0, 64);
    set(line, part * 3, get(pair, 0));
    set(line, part * 3 + 1, get(pair, 1));
    set(line, part * 3 + 2, 1);
    set(line, 6, -target * get(pair, 0));
    set(line, 7, -target * get(pair, 1));
    for (let row = 0; row < 8; row++) {
      const weight = get(line, row);
      if (weight == 0) continue;
      for (let column = 0; column < 8; column++) add(normal, row * 8 + column, weight * get(line, column));
      add(right, row, weight * target);
    }
  }
}

function endFit(h: usize): bool {
  if (!solve(normal, right, 8)) return false;
  memory.copy(h, right, 64);
  set(h, 8, 1);
  return true;
}

/** Marks the pairs within `bound` of the model; answers how many. */
export function markInliers(h: usize, pairs: usize, marks: usize, count: i32, bound: f64): i32 {
  let inliers = 0;
  for (let index = 0; index < count; index++) {
    const within = transferError(h, pairs + ((<usize>index) << 5)) < bound * bound;
    store<u8>(marks + index, within ? 1 : 0);
    if (within) inliers++;
  }
  return inliers;
}

/** Finds the homography that most pairs agree with, and marks them; answers how many, 0 when there is none. */
export function findHomography(h: usize, pairs: usize, marks: usize, count: i32, bound: f64): i32 {
  if (count < 4) return 0;
  const trial = f64s(9);
  let most = 0;
  let samples = maxSamples;
  for (let sample = 0; sample < samples; sample++) {
    startFit();
    for (let point = 0; point < 4; point++) addPair(pairs + ((<usize>randomBelow(count)) << 5));
    if (!endFit(trial)) continue;
    const inliers = markInliers(trial, pairs, marks, count, bound);
    if (inliers <= most) continue;
    most = inliers;
    memory.copy(h, trial, 72);
    const share = <f64>inliers / <f64>count;
    const luck = share * share * share * share;
    if (luck > 0.999) break;
    // As a float: what few inliers ask for is more than an i32 holds.
    const asked = <f64>(sample + 1) + Math.log(missed) / Math.log(1 - luck);
    samples = <i32>min<f64>(<f64>maxSamples, asked);
  }
  if (most < 4) return 0;
  return refitHomography(h, pairs, marks, count, bound);
}

/** Fits to the inliers and marks anew, a few times. */
export function refitHomography(h: usize, pairs: usize, marks: usize, count: i32, bound: f64): i32 {
  let inliers = markInliers(h, pairs, marks, count, bound);
  for (let step = 0; step < refits; step++) {
    if (inliers < 4 || !fitHomography(h, pairs, marks, count)) return 0;
    inliers = markInliers(h, pairs, marks, count, bound);
  }
  return inliers;
}
