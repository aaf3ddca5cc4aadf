// The cameras blob: what the registration found, in f64. examples/darkroom/graph/panorama-cameras.ts reads the same.
import { check, inputAddress, inputBytes } from "../abi";
import { get, row3, set } from "./linear";

const magic: u32 = 0x31504456; // "VDP1"
export const maxCameras: i32 = 90;
const headBytes: usize = 16;
/** Focal length that stands for all (pixels), reprojection error (pixels), number of points, one spare. */
const summaryBytes: usize = 32;
export const projections: i32 = 3;
const layoutBytes: usize = 80;
const cameraBytes: usize = 128;

// Fields of a layout.
export const layoutUsable: i32 = 0;
export const layoutBounds: i32 = 1; // u0, v0, u1, v1
export const layoutCrop: i32 = 5; // u0, v0, u1, v1

// Fields of a camera.
export const cameraUsed: i32 = 0;
export const cameraWidth: i32 = 1;
export const cameraHeight: i32 = 2;
export const cameraFocal: i32 = 3;
/** Radial distortion k: undistorted = distorted · (1 + k · r²), where r = 1 at the corner. */
export const cameraDistortion: i32 = 4;
/** From the world (x right, y down, z forward) to the camera, row by row. */
export const cameraRotation: i32 = 5;
export const cameraGain: i32 = 14;

export function camerasBytes(count: i32): usize {
  return headBytes + summaryBytes + <usize>projections * layoutBytes + <usize>count * cameraBytes;
}

export function newCameras(count: i32): usize {
  const blob = heap.alloc(camerasBytes(count));
  memory.fill(blob, 0, camerasBytes(count));
  store<u32>(blob, magic);
  store<u32>(blob, <u32>count, 4);
  return blob;
}

/** Checks input `index` and answers its address. The numbers in it are judged where they are used: none is an address. */
export function readCameras(inputs: i32, count: i32, index: i32): usize {
  const blob = inputAddress(inputs, count, index);
  const bytes = inputBytes(inputs, count, index);
  check(bytes >= <i32>headBytes && load<u32>(blob) == magic, "an input has no cameras");
  const cameras = <i32>load<u32>(blob, 4);
  check(
    cameras > 0 && cameras <= maxCameras && bytes == <i32>camerasBytes(cameras),
    "the cameras are not as long as they say",
  );
  for (let at = headBytes; at < <usize>bytes; at += 8) {
    check(isFinite<f64>(load<f64>(blob + at)), "a camera has a number that is none");
  }
  for (let camera = 0; camera < cameras; camera++) {
    const width = get(cameraOf(blob, camera), cameraWidth);
    const height = get(cameraOf(blob, camera), cameraHeight);
    check(width >= 1 && width <= 65_536 && height >= 1 && height <= 65_536, "a frame has no such size");
  }
  return blob;
}

export function cameraCount(blob: usize): i32 {
  return <i32>load<u32>(blob, 4);
}

export function summaryOf(blob: usize): usize {
  return blob + headBytes;
}

export function layoutOf(blob: usize, projection: i32): usize {
  return blob + headBytes + summaryBytes + <usize>projection * layoutBytes;
}

export function cameraOf(blob: usize, index: i32): usize {
  return blob + headBytes + summaryBytes + <usize>projections * layoutBytes + <usize>index * cameraBytes;
}

export function isUsed(camera: usize): bool {
  return get(camera, cameraUsed) == 1;
}

/** Where the last `project` fell, in pixels from the frame's upper left corner; pixels' centres are at one half. */
export let pixelX: f64 = 0;
export let pixelY: f64 = 0;

/** Projects a ray of the world. False when it comes from behind, or from so far aside that nothing can be said. */
export function project(camera: usize, x: f64, y: f64, z: f64): bool {
  const rotation = camera + ((<usize>cameraRotation) << 3);
  const depth = row3(rotation, 2, x, y, z);
  if (!(depth > 0.02 * Math.sqrt(x * x + y * y + z * z))) return false;
  const focal = get(camera, cameraFocal);
  const px = (focal * row3(rotation, 0, x, y, z)) / depth;
  const py = (focal * row3(rotation, 1, x, y, z)) / depth;
  const factor = distorted(get(camera, cameraDistortion), (px * px + py * py) / cornerSquared(camera));
  pixelX = px * factor + 0.5 * get(camera, cameraWidth);
  pixelY = py * factor + 0.5 * get(camera, cameraHeight);
  return true;
}

/** Distorted over undistorted radius, by Newton's method; beyond the frame's neighbourhood it stays what it is there. */
function distorted(k: f64, undistortedSquared: f64): f64 {
  if (k == 0) return 1;
  const radius = Math.sqrt(min(undistortedSquared, 2));
  if (radius < 1e-9) return 1;
  let r = radius;
  for (let step = 0; step < 6; step++) r -= (r * (1 + k * r * r) - radius) / max(1 + 3 * k * r * r, 0.2);
  return r / radius;
}

export function cornerSquared(camera: usize): f64 {
  const width = get(camera, cameraWidth);
  const height = get(camera, cameraHeight);
  return 0.25 * (width * width + height * height);
}

/** Writes the ray (three f64, length 1) that a pixel of a camera sees. */
export function unproject(camera: usize, x: f64, y: f64, ray: usize): void {
  const px = x - 0.5 * get(camera, cameraWidth);
  const py = y - 0.5 * get(camera, cameraHeight);
  const factor = 1 + (get(camera, cameraDistortion) * (px * px + py * py)) / cornerSquared(camera);
  const vx = (px * factor) / get(camera, cameraFocal);
  const vy = (py * factor) / get(camera, cameraFocal);
  const length = Math.sqrt(vx * vx + vy * vy + 1);
  const rotation = camera + ((<usize>cameraRotation) << 3);
  for (let axis = 0; axis < 3; axis++) {
    const sum = get(rotation, axis) * vx + get(rotation, axis + 3) * vy + get(rotation, axis + 6);
    set(ray, axis, sum / length);
  }
}

/** Whether the point of the last `project` is inside the frame, at least `inset` pixels from its edge. */
export function isInside(camera: usize, inset: f64): bool {
  return (
    pixelX >= inset &&
    pixelY >= inset &&
    pixelX <= get(camera, cameraWidth) - inset &&
    pixelY <= get(camera, cameraHeight) - inset
  );
}
