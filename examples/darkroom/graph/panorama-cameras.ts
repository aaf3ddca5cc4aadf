/** The surfaces a panorama can be drawn on; the number is what the kernels call it. */
export const projectionNumbers = { rectilinear: 0, cylindrical: 1, spherical: 2 } as const;
export type Projection = keyof typeof projectionNumbers;
export const projectionNames = [
  "rectilinear",
  "cylindrical",
  "spherical",
] as const satisfies readonly Projection[];

export interface Rectangle {
  readonly u0: number;
  readonly v0: number;
  readonly u1: number;
  readonly v1: number;
}

/** Where the panorama lies on a surface, in units of the focal length; v is down. */
export interface PanoramaLayout {
  readonly bounds: Rectangle;
  /** The largest rectangle that is filled. */
  readonly crop: Rectangle;
}

export interface PanoramaCamera {
  readonly width: number;
  readonly height: number;
  /** In pixels of the full frame. */
  readonly focal: number;
  /** k of undistorted = distorted · (1 + k · r²), where r is 1 in the corner. */
  readonly distortion: number;
  /** From the world (x right, y down, z forward) to the camera, row by row. */
  readonly rotation: readonly number[];
  /** What its linear light is multiplied with. */
  readonly gain: number;
}

export interface PanoramaCameras {
  /** The focal length that stands for all: pixels for one unit of a layout, at full size. */
  readonly focal: number;
  /** Root of the mean square error of the matched points, in pixels of the full frames. */
  readonly errorPixels: number;
  readonly points: number;
  /** undefined where the panorama does not fit onto the surface. */
  readonly layouts: Readonly<Record<Projection, PanoramaLayout | undefined>>;
  /** undefined for a frame that matches nothing. */
  readonly cameras: readonly (PanoramaCamera | undefined)[];
}

const magic = 0x31504456;
const headBytes = 16;
const summaryNumbers = 4;
const layoutNumbers = 10;
const cameraNumbers = 16;

/** Reads the blob that assembly/panorama/cameras.ts describes. Throws a RangeError when it is none. */
export function readPanoramaCameras(blob: Uint8Array): PanoramaCameras {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (blob.byteLength < headBytes || view.getUint32(0, true) !== magic)
    throw new RangeError("these are no cameras of a panorama");
  const count = view.getUint32(4, true);
  const numbers = summaryNumbers + 3 * layoutNumbers + count * cameraNumbers;
  if (blob.byteLength !== headBytes + numbers * 8)
    throw new RangeError("the cameras of a panorama are not as many as they say");
  const number = (index: number): number => view.getFloat64(headBytes + index * 8, true);
  const layout = (projection: Projection): PanoramaLayout | undefined => {
    const at = summaryNumbers + projectionNumbers[projection] * layoutNumbers;
    return number(at) === 1
      ? { bounds: rectangleAt(number, at + 1), crop: rectangleAt(number, at + 5) }
      : undefined;
  };
  const first = summaryNumbers + 3 * layoutNumbers;
  return {
    focal: number(0),
    errorPixels: number(1),
    points: number(2),
    layouts: {
      rectilinear: layout("rectilinear"),
      cylindrical: layout("cylindrical"),
      spherical: layout("spherical"),
    },
    cameras: Array.from({ length: count }, (_, index) => cameraAt(number, first + index * cameraNumbers)),
  };
}

function rectangleAt(number: (index: number) => number, at: number): Rectangle {
  return { u0: number(at), v0: number(at + 1), u1: number(at + 2), v1: number(at + 3) };
}

function cameraAt(number: (index: number) => number, at: number): PanoramaCamera | undefined {
  if (number(at) !== 1) return undefined;
  return {
    width: number(at + 1),
    height: number(at + 2),
    focal: number(at + 3),
    distortion: number(at + 4),
    rotation: Array.from({ length: 9 }, (_, index) => number(at + 5 + index)),
    gain: number(at + 14),
  };
}
