import type { PanoramaCamera, Projection } from "./panorama-cameras.ts";
import type { Region } from "./tile-grid.ts";

/** The canvas of a panorama: its upper left corner on the surface, and how many pixels one unit of the surface is. */
export interface Canvas {
  readonly projection: Projection;
  readonly u: number;
  readonly v: number;
  readonly unit: number;
  readonly width: number;
  readonly height: number;
}

/** Points in each direction at which a part is looked at, and what may lie outside of them, in pixels. */
const looks = 16;
const margin = 12;
/** Rays nearer to the camera's own plane are not seen; the kernel says the same (assembly/panorama/cameras.ts). */
const leastDepth = 0.02;

/**
 * The rectangle of a camera's full frame that a part of the canvas sees, in whole pixels within the frame; undefined when it sees none. It is for choosing tiles, and somewhat
 * larger than need be; the kernels compute the exact places. Only operations that IEEE 754 fixes are used, so every engine chooses the same tiles.
 */
export function seenRegion(canvas: Canvas, part: Region, camera: PanoramaCamera): Region | undefined {
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (let row = 0; row <= looks; row++) {
    for (let column = 0; column <= looks; column++) {
      const x = part.x + (part.width * column) / looks;
      const y = part.y + (part.height * row) / looks;
      const [rayX, rayY, rayZ] = rayAt(
        canvas.projection,
        canvas.u + x / canvas.unit,
        canvas.v + y / canvas.unit,
      );
      const place = projected(camera, rayX, rayY, rayZ);
      if (place === undefined) continue;
      left = Math.min(left, place.x);
      right = Math.max(right, place.x);
      top = Math.min(top, place.y);
      bottom = Math.max(bottom, place.y);
    }
  }
  if (right < left) return undefined;
  const scaled = (margin * camera.focal) / canvas.unit;
  const within = (value: number, size: number): number => Math.min(Math.max(Math.floor(value), 0), size - 1);
  const x = within(left - scaled, camera.width);
  const y = within(top - scaled, camera.height);
  return {
    x,
    y,
    width: within(right + scaled, camera.width) - x + 1,
    height: within(bottom + scaled, camera.height) - y + 1,
  };
}

function rayAt(projection: Projection, u: number, v: number): readonly [number, number, number] {
  if (projection === "rectilinear") return [u, v, 1];
  if (projection === "cylindrical") return [sine(u), v, cosine(u)];
  const level = cosine(v);
  return [sine(u) * level, sine(v), cosine(u) * level];
}

function projected(
  camera: PanoramaCamera,
  x: number,
  y: number,
  z: number,
): { x: number; y: number } | undefined {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = camera.rotation;
  const depth = g * x + h * y + i * z;
  if (!(depth > leastDepth * Math.sqrt(x * x + y * y + z * z))) return undefined;
  const px = (camera.focal * (a * x + b * y + c * z)) / depth;
  const py = (camera.focal * (d * x + e * y + f * z)) / depth;
  const corner = (camera.width ** 2 + camera.height ** 2) / 4;
  const factor = distorted(camera.distortion, (px * px + py * py) / corner);
  return { x: px * factor + camera.width / 2, y: py * factor + camera.height / 2 };
}

/** Distorted over undistorted radius, as in the kernel. */
function distorted(k: number, undistortedSquared: number): number {
  const radius = Math.sqrt(Math.min(undistortedSquared, 2));
  if (k === 0 || radius < 1e-9) return 1;
  let r = radius;
  for (let step = 0; step < 6; step++) r -= (r * (1 + k * r * r) - radius) / Math.max(1 + 3 * k * r * r, 0.2);
  return r / radius;
}

/** Sine of an angle from −2π to 2π, by its series; `Math.sin` may differ between engines in the last bit. */
export function sine(angle: number): number {
  let x = angle;
  if (x > Math.PI) x -= 2 * Math.PI;
  if (x < -Math.PI) x += 2 * Math.PI;
  if (x > Math.PI / 2) x = Math.PI - x;
  if (x < -Math.PI / 2) x = -Math.PI - x;
  let term = x;
  let sum = x;
  for (let n = 1; n <= 10; n++) {
    term *= -(x * x) / (2 * n * (2 * n + 1));
    sum += term;
  }
  return sum;
}

function cosine(angle: number): number {
  return sine(angle + (angle > 0 ? -1.5 * Math.PI : Math.PI / 2));
}
