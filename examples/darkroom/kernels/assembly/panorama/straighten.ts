// The world's axes: up is what the cameras' x axes are level to (Brown and Lowe, 2007, section 5), forward the middle of what was photographed.
import {
  cameraCount,
  cameraHeight,
  cameraOf,
  cameraRotation,
  cameraWidth,
  isUsed,
  unproject,
} from "./cameras";
import { add, copy, f64s, get, multiply3, set, solve } from "./linear";

/** How much the views' own direction counts against the x axes: it decides when all x axes are parallel. */
const viewWeight: f64 = 0.003;
const powerSteps: i32 = 60;
const bins: i32 = 360;
const samples: i32 = 160;

/** Turns the world of the cameras upright and forward, in place. */
export function straighten(blob: usize): void {
  const down = f64s(3);
  findDown(blob, down);
  const axes = f64s(9);
  axesAround(blob, down, axes);
  turnWorld(blob, axes);
  turnWorld(blob, aboutDown(axes, middleOfViews(blob)));
  turnWorld(blob, aboutDown(axes, offCentre(blob)));
}

function rotationRow(blob: usize, camera: i32, row: i32, axis: i32): f64 {
  return get(cameraOf(blob, camera), cameraRotation + row * 3 + axis);
}

function findDown(blob: usize, down: usize): void {
  const spread = f64s(9);
  for (let camera = 0; camera < cameraCount(blob); camera++) {
    if (!isUsed(cameraOf(blob, camera))) continue;
    for (let one = 0; one < 3; one++) {
      add(down, one, rotationRow(blob, camera, 1, one));
      for (let other = 0; other < 3; other++) {
        const sides = rotationRow(blob, camera, 0, one) * rotationRow(blob, camera, 0, other);
        const views = rotationRow(blob, camera, 2, one) * rotationRow(blob, camera, 2, other);
        add(spread, one * 3 + other, sides + viewWeight * views);
      }
    }
  }
  const work = f64s(9);
  const turned = f64s(3);
  for (let axis = 0; axis < 3; axis++) add(spread, axis * 4, 1e-9);
  copy(turned, down, 3);
  for (let step = 0; step < powerSteps; step++) {
    copy(work, spread, 9);
    if (!solve(work, turned, 3)) break;
    unit(turned);
  }
  let along: f64 = 0;
  for (let axis = 0; axis < 3; axis++) along += get(turned, axis) * get(down, axis);
  for (let axis = 0; axis < 3; axis++) set(down, axis, along < 0 ? -get(turned, axis) : get(turned, axis));
  unit(down);
}

function unit(vector: usize): void {
  const x = get(vector, 0);
  const y = get(vector, 1);
  const z = get(vector, 2);
  const length = Math.sqrt(x * x + y * y + z * z);
  if (!(length > 1e-12)) {
    set(vector, 0, 0);
    set(vector, 1, 1);
    set(vector, 2, 0);
    return;
  }
  set(vector, 0, x / length);
  set(vector, 1, y / length);
  set(vector, 2, z / length);
}

/** Rows x, y, z of the new world in the old one: y is `down`, z the level part of a view. */
function axesAround(blob: usize, down: usize, axes: usize): void {
  const forward = f64s(3);
  for (let camera = 0; camera < cameraCount(blob); camera++) {
    if (!isUsed(cameraOf(blob, camera))) continue;
    let along: f64 = 0;
    for (let axis = 0; axis < 3; axis++) along += rotationRow(blob, camera, 0, axis) * get(down, axis);
    for (let axis = 0; axis < 3; axis++) {
      set(forward, axis, rotationRow(blob, camera, 0, axis) - along * get(down, axis));
    }
    break;
  }
  unit(forward); // the level x axis of the first camera
  copy(axes, forward, 3);
  copy(axes + 24, down, 3);
  for (let axis = 0; axis < 3; axis++) {
    const next = (axis + 1) % 3;
    const last = (axis + 2) % 3;
    set(axes, 6 + axis, get(forward, next) * get(down, last) - get(forward, last) * get(down, next));
  }
}

/** Every rotation R becomes R · axesᵀ. */
function turnWorld(blob: usize, axes: usize): void {
  const turned = f64s(9);
  const back = f64s(9);
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) set(back, row * 3 + column, get(axes, column * 3 + row));
  }
  for (let camera = 0; camera < cameraCount(blob); camera++) {
    if (!isUsed(cameraOf(blob, camera))) continue;
    const rotation = cameraOf(blob, camera) + ((<usize>cameraRotation) << 3);
    multiply3(turned, rotation, back);
    copy(rotation, turned, 9);
  }
}

/** The axes of a world whose forward direction is at `angle`. */
function aboutDown(axes: usize, angle: f64): usize {
  memory.fill(axes, 0, 72);
  set(axes, 0, Math.cos(angle));
  set(axes, 2, -Math.sin(angle));
  set(axes, 4, 1);
  set(axes, 6, Math.sin(angle));
  set(axes, 8, Math.cos(angle));
  return axes;
}

/** Calls for each of a raster of pixels; the angle around `down` of what it sees. */
function angleOf(camera: usize, column: i32, row: i32, ray: usize): f64 {
  const x = (get(camera, cameraWidth) * <f64>column) / <f64>samples;
  const y = (get(camera, cameraHeight) * <f64>row) / <f64>samples;
  unproject(camera, x, y, ray);
  return Math.atan2(get(ray, 0), get(ray, 2));
}

/** The direction opposite of the middle of the widest gap; 0 when all around was photographed. */
function middleOfViews(blob: usize): f64 {
  const seen = heap.alloc(<usize>bins);
  memory.fill(seen, 0, <usize>bins);
  const ray = f64s(3);
  for (let index = 0; index < cameraCount(blob); index++) {
    const camera = cameraOf(blob, index);
    if (!isUsed(camera)) continue;
    for (let row = 0; row <= samples; row += 10) {
      for (let column = 0; column <= samples; column++) {
        const share = angleOf(camera, column, row, ray) / (2 * Math.PI) + 0.5;
        store<u8>(seen + min(max(<i32>(share * <f64>bins), 0), bins - 1), 1);
      }
    }
  }
  let widest = 0;
  let end = 0;
  let run = 0;
  for (let index = 0; index < 2 * bins; index++) {
    run = load<u8>(seen + (index % bins)) ? 0 : run + 1;
    if (run > widest && run <= bins) {
      widest = run;
      end = index;
    }
  }
  if (widest == 0) return 0;
  const gap = ((<f64>end + 1 - 0.5 * <f64>widest) / <f64>bins - 0.5) * 2 * Math.PI;
  return gap + Math.PI;
}

/** How far the middle of the views is from straight ahead; 0 when they reach (nearly) all around. */
function offCentre(blob: usize): f64 {
  let least: f64 = 10;
  let most: f64 = -10;
  const ray = f64s(3);
  for (let index = 0; index < cameraCount(blob); index++) {
    const camera = cameraOf(blob, index);
    if (!isUsed(camera)) continue;
    for (let row = 0; row <= samples; row += 10) {
      for (let column = 0; column <= samples; column += 10) {
        const angle = angleOf(camera, column, row, ray);
        least = min(least, angle);
        most = max(most, angle);
      }
    }
  }
  return most - least < 6 ? 0.5 * (least + most) : 0;
}
