import type { Canvas } from "./panorama-geometry.ts";
import type { Region } from "./tile-grid.ts";

/** Which frame is seen where (assembly/panorama/seams.ts), one byte a pixel. */
export interface PanoramaSeams {
  readonly width: number;
  readonly height: number;
  readonly u: number;
  readonly v: number;
  /** Pixels of the labels for one unit of the surface. */
  readonly unit: number;
  readonly labels: Uint8Array;
}

const magic = 0x31534456;
const headBytes = 40;
const maxSide = 2 ** 21;
/** The flag of a label whose frame may not reach all of the pixel. */
const unsure = 128;

/** Reads a result of the registration. Throws a RangeError when it is none. */
export function readPanoramaSeams(blob: Uint8Array): PanoramaSeams {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (blob.byteLength <= headBytes || view.getUint32(0, true) !== magic)
    throw new RangeError("these are no seams of a panorama");
  const width = view.getUint32(4, true);
  const height = view.getUint32(8, true);
  if (width > maxSide || height > maxSide || width * height !== blob.byteLength - headBytes)
    throw new RangeError("the seams of a panorama are not as long as they say");
  return {
    width,
    height,
    u: view.getFloat64(16, true),
    v: view.getFloat64(24, true),
    unit: view.getFloat64(32, true),
    labels: blob.subarray(headBytes),
  };
}

/** The cameras that have a pixel within `reach` pixels of a part of the canvas. */
export function camerasNear(seams: PanoramaSeams, canvas: Canvas, part: Region, reach: number): Set<number> {
  const scale = seams.unit / canvas.unit;
  const place = (corner: number, origin: number, pixel: number): number =>
    Math.floor((corner - origin) * seams.unit + pixel * scale);
  // One pixel more on each side: labels are interpolated between their neighbours.
  const left = Math.max(place(canvas.u, seams.u, part.x - reach) - 1, 0);
  const top = Math.max(place(canvas.v, seams.v, part.y - reach) - 1, 0);
  const right = Math.min(place(canvas.u, seams.u, part.x + part.width + reach) + 1, seams.width - 1);
  const bottom = Math.min(place(canvas.v, seams.v, part.y + part.height + reach) + 1, seams.height - 1);
  const found = new Set<number>();
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) found.add((seams.labels[y * seams.width + x] ?? 0) & (unsure - 1));
  }
  return found;
}
