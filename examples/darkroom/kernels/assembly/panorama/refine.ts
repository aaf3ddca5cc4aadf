// Moves a matched point to where the patch around its partner fits best: inverse compositional Lucas-Kanade (Baker and Matthews, 2004) on patches of mean 0
// and deviation 1, so that another exposure does no harm.
import { bilinear, Plane } from "./plane";
import { f64s, get, set } from "./linear";

const reach: i32 = 7;
const side: i32 = 2 * reach + 1;
const steps: i32 = 12;
/** Farthest that a point is moved, and the last step of one that stands still, in pixels. */
const farthest: f64 = 3;
const still: f64 = 0.03;
/** Least correlation of the two patches. */
const alike: f64 = 0.8;

let template: usize = 0;
let patch: usize = 0;
let slopes: usize = 0;

/**
 * `point` is {f64 xa, ya, xb, yb} in pixels, where a pixel's centre is at one half; (xb, yb) is improved. `turn` is the 2 × 2 derivative of b by a.
 * False when no place fits.
 */
export function refinePoint(a: Plane, b: Plane, point: usize, turn: usize): bool {
  if (template == 0) {
    template = f64s(side * side);
    patch = f64s(side * side);
    slopes = f64s(2 * side * side);
  }
  const ax = get(point, 0) - 0.5;
  const ay = get(point, 1) - 0.5;
  const startX = get(point, 2) - 0.5;
  const startY = get(point, 3) - 0.5;
  cut(a, template, ax, ay, 1, 0, 0, 1);
  if (!normalise(template)) return false;
  let xx: f64 = 0;
  let xy: f64 = 0;
  let yy: f64 = 0;
  for (let v = 1; v < side - 1; v++) {
    for (let u = 1; u < side - 1; u++) {
      const at = v * side + u;
      const gx = 0.5 * (get(template, at + 1) - get(template, at - 1));
      const gy = 0.5 * (get(template, at + side) - get(template, at - side));
      set(slopes, 2 * at, gx);
      set(slopes, 2 * at + 1, gy);
      xx += gx * gx;
      xy += gx * gy;
      yy += gy * gy;
    }
  }
  const determinant = xx * yy - xy * xy;
  if (!(determinant > 1e-3)) return false;
  let bx = startX;
  let by = startY;
  for (let step = 0; step < steps; step++) {
    cut(b, patch, bx, by, get(turn, 0), get(turn, 1), get(turn, 2), get(turn, 3));
    if (!normalise(patch)) return false;
    let ex: f64 = 0;
    let ey: f64 = 0;
    let likeness: f64 = 0;
    for (let at = 0; at < side * side; at++) {
      const difference = get(patch, at) - get(template, at);
      ex += get(slopes, 2 * at) * difference;
      ey += get(slopes, 2 * at + 1) * difference;
      likeness += get(patch, at) * get(template, at);
    }
    const dx = (yy * ex - xy * ey) / determinant;
    const dy = (xx * ey - xy * ex) / determinant;
    bx -= get(turn, 0) * dx + get(turn, 1) * dy;
    by -= get(turn, 2) * dx + get(turn, 3) * dy;
    if (Math.abs(bx - startX) + Math.abs(by - startY) > farthest) return false;
    if (Math.abs(dx) + Math.abs(dy) < still) {
      set(point, 2, bx + 0.5);
      set(point, 3, by + 0.5);
      return likeness > alike * <f64>(side * side);
    }
  }
  return false;
}

/** Samples the patch around (x, y), whose steps are turned by the 2 × 2 matrix. */
function cut(image: Plane, target: usize, x: f64, y: f64, t0: f64, t1: f64, t2: f64, t3: f64): void {
  for (let v = -reach; v <= reach; v++) {
    for (let u = -reach; u <= reach; u++) {
      const sample = bilinear(image, x + t0 * <f64>u + t1 * <f64>v, y + t2 * <f64>u + t3 * <f64>v);
      set(target, (v + reach) * side + u + reach, sample);
    }
  }
}

/** To mean 0 and deviation 1; false when the patch is flat. */
function normalise(values: usize): bool {
  let sum: f64 = 0;
  let squares: f64 = 0;
  for (let index = 0; index < side * side; index++) {
    sum += get(values, index);
    squares += get(values, index) * get(values, index);
  }
  const mean = sum / <f64>(side * side);
  const variance = squares / <f64>(side * side) - mean * mean;
  if (!(variance > 1)) return false;
  const scale = 1 / Math.sqrt(variance);
  for (let index = 0; index < side * side; index++) set(values, index, (get(values, index) - mean) * scale);
  return true;
}
