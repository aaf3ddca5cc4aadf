// Bundle adjustment over one focal length with small differences, one distortion and the rotations (Brown and Lowe, "Automatic Panoramic Image Stitching using
// Invariant Features", 2007): Levenberg-Marquardt on Huber's cost.
import { add, copy, f64s, get, multiply3, rotationOf, row3, set, solve, transpose3 } from "./linear";

/** Points of one pair of cameras: {f64 xa, ya, xb, yb}, in pixels from the centres. */
@unmanaged
export class Sight {
  a: i32;
  b: i32;
  points: usize;
  count: i32;
}

/** Beyond so many times the expected error a point pulls no harder. */
const huber: f64 = 2;
/** Expected errors: of a point, as a share of the frame's longer side; of focal lengths among each other; of the distortion; of a stated focal length. */
const pointShare: f64 = 0.00025;
const focalSpread: f64 = 0.01;
const distortionSpread: f64 = 0.02;
const statedSpread: f64 = 0.2;
const lost: f64 = 1000;

// The problem.
let cameras: i32 = 0;
let widths: usize = 0;
let heights: usize = 0;
let sizes: usize = 0; // focal lengths relative to the first camera's
let stated: f64 = 0; // logarithm of the stated focal length, 0 when there is none
let longest: f64 = 0; // the greatest logarithm that is allowed
let sights: usize = 0; // addresses of Sight, u32 each
let sightCount: i32 = 0;

// The unknowns.
const logFocal: i32 = 0;
const distortion: i32 = 1;
let shared: usize = 0; // logarithm of the focal length, distortion
let deltas: usize = 0; // each camera's difference in the logarithm
let rotations: usize = 0; // nine f64 each

// Work space.
let unknowns: i32 = 0;
let normal: usize = 0;
let slope: usize = 0;
let keptNormal: usize = 0;
let step: usize = 0;
let keptState: usize = 0;
let relative: usize = 0;
let transposed: usize = 0;
let turn: usize = 0;
const columns: i32 = 10;
let jacobian: usize = 0; // two rows of `columns`
let places: usize = 0; // the unknown of each column, i32

export function openBundle(count: i32): void {
  cameras = count;
  widths = f64s(count);
  heights = f64s(count);
  sizes = f64s(count);
  shared = f64s(2 + 10 * count);
  deltas = shared + 16;
  rotations = deltas + ((<usize>count) << 3);
  keptState = f64s(2 + 10 * count);
  unknowns = 2 + 4 * count;
  normal = f64s(unknowns * unknowns);
  keptNormal = f64s(unknowns * unknowns);
  slope = f64s(unknowns);
  step = f64s(unknowns);
  relative = f64s(9);
  transposed = f64s(9);
  turn = f64s(9);
  jacobian = f64s(2 * columns);
  places = heap.alloc(<usize>columns * 4);
}

export function setCamera(index: i32, width: f64, height: f64, size: f64): void {
  set(widths, index, width);
  set(heights, index, height);
  set(sizes, index, size);
}

/** `hint` is the stated focal length of the first camera in pixels, or 0; `bound` the longest that is believed. */
export function setFocalBounds(hint: f64, bound: f64): void {
  stated = hint > 0 ? Math.log(hint) : 0;
  longest = Math.log(bound);
}

export function setSights(list: usize, count: i32): void {
  sights = list;
  sightCount = count;
}

export function startFrom(focal: f64): void {
  memory.fill(shared, 0, <usize>(2 + cameras) * 8);
  set(shared, logFocal, Math.log(focal));
}

export function rotationAt(index: i32): usize {
  return rotations + <usize>index * 72;
}

export function focalAt(index: i32): f64 {
  return Math.exp(get(shared, logFocal) + get(deltas, index)) * get(sizes, index);
}

export function distortionAll(): f64 {
  return get(shared, distortion);
}

export function stateBytes(): usize {
  return <usize>(2 + 10 * cameras) * 8;
}

export function stateAddress(): usize {
  return shared;
}

function cornerSquared(index: i32): f64 {
  return 0.25 * (get(widths, index) * get(widths, index) + get(heights, index) * get(heights, index));
}

function expectedError(index: i32): f64 {
  return max(pointShare * max(get(widths, index), get(heights, index)), 0.1);
}

/** Improves the unknowns from at most `perSight` points of each sight; answers the cost. */
export function adjust(iterations: i32, perSight: i32): f64 {
  let damping: f64 = 1e-3;
  let cost = accumulate(perSight);
  for (let iteration = 0; iteration < iterations; iteration++) {
    copy(keptNormal, normal, unknowns * unknowns);
    copy(step, slope, unknowns);
    memory.copy(keptState, shared, stateBytes());
    for (let index = 0; index < unknowns; index++) {
      const diagonal = get(keptNormal, index * unknowns + index);
      set(keptNormal, index * unknowns + index, diagonal * (1 + damping) + 1e-9);
    }
    if (solve(keptNormal, step, unknowns)) moveBy();
    const trial = accumulate(perSight);
    if (trial < cost) {
      const little = cost - trial < 1e-10 * cost;
      cost = trial;
      damping = max(damping * 0.1, 1e-9);
      if (little) break;
    } else {
      memory.copy(shared, keptState, stateBytes());
      cost = accumulate(perSight);
      damping *= 10;
      if (damping > 1e8) break;
    }
  }
  return cost;
}

function moveBy(): void {
  const focal = get(shared, logFocal) - get(step, logFocal);
  set(shared, logFocal, min(max(focal, longest - 10), longest));
  add(shared, distortion, -get(step, distortion));
  for (let camera = 0; camera < cameras; camera++) {
    const at = 2 + 4 * camera;
    add(deltas, camera, -get(step, at));
    rotationOf(turn, -get(step, at + 1), -get(step, at + 2), -get(step, at + 3));
    copy(transposed, rotationAt(camera), 9);
    multiply3(rotationAt(camera), turn, transposed);
  }
}

/** Sums the cost and, in `normal` and `slope`, its derivatives. */
function accumulate(perSight: i32): f64 {
  memory.fill(normal, 0, (<usize>(unknowns * unknowns)) << 3);
  memory.fill(slope, 0, (<usize>unknowns) << 3);
  let cost = prior(distortion, get(shared, distortion), distortionSpread);
  if (stated != 0) cost += prior(logFocal, get(shared, logFocal) - stated, statedSpread);
  for (let camera = 0; camera < cameras; camera++) {
    cost += prior(2 + 4 * camera, get(deltas, camera), focalSpread);
  }
  for (let index = 0; index < sightCount; index++) {
    const sight = changetype<Sight>(<usize>load<u32>(sights + ((<usize>index) << 2)));
    transpose3(transposed, rotationAt(sight.a));
    multiply3(relative, rotationAt(sight.b), transposed);
    placeColumns(sight.a, sight.b);
    const count = min(sight.count, perSight);
    for (let point = 0; point < count; point++) {
      const at = <usize>((point * sight.count) / count);
      cost += accumulatePoint(sight.a, sight.b, sight.points + (at << 5));
    }
  }
  return cost;
}

function prior(index: i32, difference: f64, spread: f64): f64 {
  const weight = 1 / (spread * spread);
  add(normal, index * unknowns + index, weight);
  add(slope, index, weight * difference);
  return 0.5 * weight * difference * difference;
}

function placeColumns(a: i32, b: i32): void {
  store<i32>(places, logFocal);
  store<i32>(places, distortion, 4);
  for (let index = 0; index < 4; index++) {
    store<i32>(places + ((<usize>index) << 2), 2 + 4 * a + index, 8);
    store<i32>(places + ((<usize>index) << 2), 2 + 4 * b + index, 24);
  }
}

/** What the last `residual` gave: the error in pixels. */
let errorX: f64 = 0;
let errorY: f64 = 0;

/** Error of point a seen in b, and its derivatives. False when it lies behind b. */
function residual(a: i32, b: i32, point: usize): bool {
  const k = get(shared, distortion);
  const xa = get(point, 0);
  const ya = get(point, 1);
  const xb = get(point, 2);
  const yb = get(point, 3);
  const ra = (xa * xa + ya * ya) / cornerSquared(a);
  const rb = (xb * xb + yb * yb) / cornerSquared(b);
  const fa = focalAt(a);
  const fb = focalAt(b);
  const vx = (xa * (1 + k * ra)) / fa;
  const vy = (ya * (1 + k * ra)) / fa;
  const qx = row3(relative, 0, vx, vy, 1);
  const qy = row3(relative, 1, vx, vy, 1);
  const qz = row3(relative, 2, vx, vy, 1);
  if (!(qz > 0.05)) return false;
  const sx = qx / qz;
  const sy = qy / qz;
  const scale = fb / qz;
  errorX = fb * sx - xb * (1 + k * rb);
  errorY = fb * sy - yb * (1 + k * rb);
  column(2, relative, -vx, -vy, 0, sx, sy, scale);
  column(3, relative, 0, 1, -vy, sx, sy, scale); // −(e × v), turned into b
  column(4, relative, -1, 0, vx, sx, sy, scale);
  column(5, relative, vy, -vx, 0, sx, sy, scale);
  set(jacobian, 6, fb * sx);
  set(jacobian, columns + 6, fb * sy);
  direct(7, 0, -qz, qy, sx, sy, scale); // e × q
  direct(8, qz, 0, -qx, sx, sy, scale);
  direct(9, -qy, qx, 0, sx, sy, scale);
  set(jacobian, 0, get(jacobian, 2) + get(jacobian, 6));
  set(jacobian, columns, get(jacobian, columns + 2) + get(jacobian, columns + 6));
  column(1, relative, (xa * ra) / fa, (ya * ra) / fa, 0, sx, sy, scale);
  add(jacobian, 1, -xb * rb);
  add(jacobian, columns + 1, -yb * rb);
  return true;
}

function column(index: i32, m: usize, x: f64, y: f64, z: f64, sx: f64, sy: f64, scale: f64): void {
  direct(index, row3(m, 0, x, y, z), row3(m, 1, x, y, z), row3(m, 2, x, y, z), sx, sy, scale);
}

/** Derivative of the projection when the ray moves by (dx, dy, dz). */
function direct(index: i32, dx: f64, dy: f64, dz: f64, sx: f64, sy: f64, scale: f64): void {
  set(jacobian, index, scale * (dx - sx * dz));
  set(jacobian, columns + index, scale * (dy - sy * dz));
}

function accumulatePoint(a: i32, b: i32, point: usize): f64 {
  if (!residual(a, b, point)) return lost;
  const sigma = expectedError(b);
  const length = Math.sqrt(errorX * errorX + errorY * errorY) / sigma;
  const weight = (length > huber ? huber / length : 1) / (sigma * sigma);
  for (let one = 0; one < columns; one++) {
    const row = load<i32>(places + ((<usize>one) << 2));
    const jx = get(jacobian, one) * weight;
    const jy = get(jacobian, columns + one) * weight;
    add(slope, row, jx * errorX + jy * errorY);
    for (let other = 0; other < columns; other++) {
      const place = row * unknowns + load<i32>(places + ((<usize>other) << 2));
      add(normal, place, jx * get(jacobian, other) + jy * get(jacobian, columns + other));
    }
  }
  return length > huber ? huber * (length - 0.5 * huber) : 0.5 * length * length;
}

/** Sum of squares of a sight's errors, in pixels². */
export function sightError(sight: Sight): f64 {
  transpose3(transposed, rotationAt(sight.a));
  multiply3(relative, rotationAt(sight.b), transposed);
  let sum: f64 = 0;
  for (let point = 0; point < sight.count; point++) {
    const seen = residual(sight.a, sight.b, sight.points + ((<usize>point) << 5));
    sum += seen ? errorX * errorX + errorY * errorY : lost * lost;
  }
  return sum;
}
