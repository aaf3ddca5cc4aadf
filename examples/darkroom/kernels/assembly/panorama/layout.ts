// Where on each surface the panorama lies, and the largest rectangle of it that is filled.
import {
  cameraCount,
  cameraHeight,
  cameraOf,
  cameraWidth,
  isInside,
  isUsed,
  layoutBounds,
  layoutCrop,
  layoutOf,
  layoutUsable,
  project,
  projections,
  unproject,
} from "./cameras";
import { f64s, get, set } from "./linear";
import { cylindrical, rayAt, rayX, rayY, rayZ, spherical, surfaceAt, surfaceU, surfaceV } from "./projection";

const samples: i32 = 64;
/** Cells of the longer side when the rectangle is looked for. */
const cells: i32 = 400;
/** Farthest points of a surface that are drawn, in focal lengths. */
const farthest: f64 = 4;
/** Share of a cell that the rectangle stays away from its edge. */
const shy: f64 = 0.25;

let u0: f64 = 0;
let v0: f64 = 0;
let u1: f64 = 0;
let v1: f64 = 0;

/** Fills the three layouts of the blob. A surface that cannot hold the panorama is marked as not usable. */
export function layOut(blob: usize): void {
  for (let projection = 0; projection < projections; projection++) {
    const layout = layoutOf(blob, projection);
    if (!findBounds(blob, projection)) continue;
    set(layout, layoutUsable, 1);
    set(layout, layoutBounds, u0);
    set(layout, layoutBounds + 1, v0);
    set(layout, layoutBounds + 2, u1);
    set(layout, layoutBounds + 3, v1);
    findCrop(blob, projection, layout);
  }
}

function findBounds(blob: usize, projection: i32): bool {
  u0 = 1e9;
  v0 = 1e9;
  u1 = -1e9;
  v1 = -1e9;
  const ray = f64s(3);
  for (let index = 0; index < cameraCount(blob); index++) {
    const camera = cameraOf(blob, index);
    if (!isUsed(camera)) continue;
    for (let row = 0; row <= samples; row++) {
      for (let column = 0; column <= samples; column++) {
        const x = (get(camera, cameraWidth) * <f64>column) / <f64>samples;
        const y = (get(camera, cameraHeight) * <f64>row) / <f64>samples;
        unproject(camera, x, y, ray);
        if (!surfaceAt(projection, get(ray, 0), get(ray, 1), get(ray, 2))) return false;
        u0 = min(u0, surfaceU);
        u1 = max(u1, surfaceU);
        v0 = min(v0, surfaceV);
        v1 = max(v1, surfaceV);
      }
    }
    for (let pole = -1; pole <= 1; pole += 2) {
      if (!project(camera, 0, <f64>pole, 0) || !isInside(camera, 0)) continue;
      if (projection != spherical) return false;
      u0 = -Math.PI;
      u1 = Math.PI;
      if (pole < 0) v0 = -0.5 * Math.PI;
      else v1 = 0.5 * Math.PI;
    }
  }
  if (u1 - u0 > 6.2 && projection >= cylindrical) {
    u0 = -Math.PI;
    u1 = Math.PI;
  }
  return u0 > -farthest && u1 < farthest && v0 > -farthest && v1 < farthest && u1 > u0 && v1 > v0;
}

/** Whether any camera sees a point of the surface. */
function isCovered(blob: usize, projection: i32, u: f64, v: f64): bool {
  rayAt(projection, u, v);
  for (let index = 0; index < cameraCount(blob); index++) {
    const camera = cameraOf(blob, index);
    if (isUsed(camera) && project(camera, rayX, rayY, rayZ) && isInside(camera, 1)) return true;
  }
  return false;
}

function findCrop(blob: usize, projection: i32, layout: usize): void {
  const size = max(u1 - u0, v1 - v0) / <f64>cells;
  const columns = min(max(<i32>((u1 - u0) / size), 1), cells);
  const rows = min(max(<i32>((v1 - v0) / size), 1), cells);
  const du = (u1 - u0) / <f64>columns;
  const dv = (v1 - v0) / <f64>rows;
  const corners = heap.alloc(<usize>((columns + 1) * (rows + 1)));
  for (let row = 0; row <= rows; row++) {
    for (let column = 0; column <= columns; column++) {
      // The outermost corners lie on the edge itself, so they are looked for a little inside.
      const u = min(max(u0 + <f64>column * du, u0 + shy * du), u1 - shy * du);
      const v = min(max(v0 + <f64>row * dv, v0 + shy * dv), v1 - shy * dv);
      store<u8>(corners + (row * (columns + 1) + column), isCovered(blob, projection, u, v) ? 1 : 0);
    }
  }
  largestRectangle(corners, columns, rows);
  // A panorama all around has no edge at its sides.
  const allAround = projection >= cylindrical && u1 - u0 == 2 * Math.PI;
  const within = allAround && left == 0 && right == columns ? 0 : shy;
  set(layout, layoutCrop, u0 + (<f64>left + within) * du);
  set(layout, layoutCrop + 1, v0 + (<f64>top + shy) * dv);
  set(layout, layoutCrop + 2, u0 + (<f64>right - within) * du);
  set(layout, layoutCrop + 3, v0 + (<f64>bottom - shy) * dv);
}

let left: i32 = 0;
let top: i32 = 0;
let right: i32 = 0;
let bottom: i32 = 0;

/** The largest rectangle of cells whose four corners are all set: below each row, every column is tried as the lowest one. */
function largestRectangle(corners: usize, columns: i32, rows: i32): void {
  const heights = heap.alloc(<usize>columns * 4);
  memory.fill(heights, 0, <usize>columns * 4);
  let most = 0;
  left = 0;
  top = 0;
  right = columns;
  bottom = rows;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const corner = corners + (row * (columns + 1) + column);
      const below = corner + columns + 1;
      const filled = load<u8>(corner) & load<u8>(corner, 1) & load<u8>(below) & load<u8>(below, 1);
      const slot = heights + ((<usize>column) << 2);
      store<i32>(slot, filled ? load<i32>(slot) + 1 : 0);
    }
    for (let column = 0; column < columns; column++) {
      const height = load<i32>(heights + ((<usize>column) << 2));
      if (height * columns <= most) continue;
      let first = column;
      let last = column;
      while (first > 0 && load<i32>(heights + ((<usize>(first - 1)) << 2)) >= height) first--;
      while (last < columns - 1 && load<i32>(heights + ((<usize>(last + 1)) << 2)) >= height) last++;
      const area = height * (last - first + 1);
      if (area <= most) continue;
      most = area;
      left = first;
      right = last + 1;
      bottom = row + 1;
      top = row + 1 - height;
    }
  }
}
