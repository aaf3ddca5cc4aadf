import {
  bracket,
  type BracketFrame,
  hdrPanorama,
  landscapeCells,
  panorama,
  type PanoramaView,
  place,
  sensitivity,
} from "./album-plan.ts";
import type { Fraction, Shot } from "./exif-write.ts";
import { exifSegment, withSegments } from "./exif-write.ts";
import { share, type KernelPool } from "./kernel-pool.ts";
import { cameraMatrix, turn, type Matrix3 } from "./rotation.ts";

/** Rows of a picture that one call makes; a multiple of the side of a JPEG's MCU. */
const bandRows = 64;
const quality = 93;

export interface RenderOptions {
  /** Size of the pictures, 1 for the album's own; widths and heights are rounded to whole pixels. */
  readonly scale: number;
  readonly samples: number;
  readonly cells?: number;
  /** Order in which bands are made; the bytes do not depend on it. */
  readonly backwards?: boolean;
}

export interface AlbumFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

interface Scene {
  readonly pool: KernelPool;
  readonly options: RenderOptions;
  readonly cells: number;
  readonly inputs: readonly SharedArrayBuffer[];
}

/**
 * Renders the sample album: JPEG files, `truth-radiance.f32` (rows of RGB of the bracket's reference), the same of each view of the HDR panorama (`truth-view-1.f32` …) and
 * `truth.json`.
 */
export async function renderAlbum(pool: KernelPool, options: RenderOptions): Promise<readonly AlbumFile[]> {
  const cells = options.cells ?? landscapeCells;
  const inputs = await Promise.all([
    pool.call({ kernel: "album", fn: "landscape", args: [cells], inputs: [] }),
    pool.call({ kernel: "album", fn: "lightVolume", args: [], inputs: [] }),
  ]);
  const scene: Scene = { pool, options, cells, inputs };
  const response = await pool.call({ kernel: "album", fn: "cameraResponse", args: [], inputs: [] });
  const [frames, views] = [await renderBracket(scene), await renderPanorama(scene)];
  const truth = new TextEncoder().encode(
    `${JSON.stringify(truthOf(options.scale, response), undefined, 1)}\n`,
  );
  const around = await renderHdrPanorama(scene);
  return [...frames, ...views, ...around, { name: "truth.json", bytes: truth }];
}

async function renderBracket(scene: Scene): Promise<readonly AlbumFile[]> {
  return await renderFrames(scene, bracket, {
    matrix: cameraMatrix(0, 0, 0),
    frames: bracket.frames,
    time: (index) => `${bracket.time}${index * 0.35 < 1 ? 0 : 1}.${subsecond(index * 0.35)}`,
    noise: 1,
    truth: "truth-radiance.f32",
  });
}

async function renderHdrPanorama(scene: Scene): Promise<readonly AlbumFile[]> {
  const files: AlbumFile[] = [];
  for (const [number, { yaw, pitch, roll, frames }] of hdrPanorama.views.entries()) {
    const rendered = await renderFrames(scene, hdrPanorama, {
      matrix: cameraMatrix(yaw, pitch, roll),
      frames,
      time: (index) => `${hdrPanorama.time}${10 + number * 6}.${subsecond(index * 0.3)}`,
      noise: 200 + 10 * number,
      truth: viewTruth(number),
    });
    files.push(...rendered);
  }
  return files;
}

function viewTruth(view: number): string {
  return `truth-view-${view + 1}.f32`;
}

interface FramesWanted {
  readonly matrix: Matrix3;
  readonly frames: readonly BracketFrame[];
  readonly time: (index: number) => string;
  /** Where the numbers of the frames' noise begin. */
  readonly noise: number;
  /** Name of the file of the true radiance. */
  readonly truth: string;
}

/** Paints a view once and photographs it at each exposure, as somebody does who holds the camera. */
async function renderFrames(
  scene: Scene,
  plan: Size & { readonly focal: number; readonly margin: number },
  { matrix, frames, time, noise, truth }: FramesWanted,
): Promise<readonly AlbumFile[]> {
  const size = scaled(plan, scene.options.scale);
  const margin = Math.round(plan.margin * scene.options.scale);
  const whole = { width: size.width + 2 * margin, height: size.height + 2 * margin };
  const radiance = await paint(scene, whole, size.focal, matrix);
  const files: AlbumFile[] = [];
  for (const [index, frame] of frames.entries()) {
    const rotation = turn(frame.turn);
    const middle = [
      (whole.width - 1) / 2 + frame.shift[0] * scene.options.scale,
      (whole.height - 1) / 2 + frame.shift[1] * scene.options.scale,
    ] as const;
    const gain = seconds(frame.exposure) * sensitivity;
    const lay = [...middle, rotation.cosine, rotation.sine, gain, noise + index];
    const jpeg = await photograph(scene, size, radiance, lay);
    const shot = shotOf(frame.exposure, frame.bias, time(index), size);
    files.push({ name: frame.name, bytes: withSegments(jpeg, [exifSegment(shot)]) });
  }
  return [...files, { name: truth, bytes: crop(radiance, whole.width, margin, size) }];
}

async function renderPanorama(scene: Scene): Promise<readonly AlbumFile[]> {
  const size = scaled(panorama, scene.options.scale);
  const files: AlbumFile[] = [];
  for (const [index, view] of panorama.views.entries()) {
    const radiance = await paint(scene, size, size.focal, cameraMatrix(view.yaw, view.pitch, view.roll));
    const gain = seconds(view.exposure) * sensitivity;
    const lay = [(size.width - 1) / 2, (size.height - 1) / 2, 1, 0, gain, 100 + index];
    const jpeg = await photograph(scene, size, radiance, lay);
    const shot = shotOf(view.exposure, [0, 1], `${panorama.time}${10 + index * 3}.000`, size);
    files.push({ name: view.name, bytes: withSegments(jpeg, [exifSegment(shot)]) });
  }
  return files;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Calls `make` for every band of so many rows, in the order asked for; the answers from top to bottom. */
async function bands(
  scene: Scene,
  height: number,
  make: (top: number, rows: number) => Promise<SharedArrayBuffer>,
): Promise<SharedArrayBuffer[]> {
  const tops = Array.from({ length: Math.ceil(height / bandRows) }, (_, index) => index * bandRows);
  const made = new Map<number, Promise<SharedArrayBuffer>>();
  for (const top of scene.options.backwards === true ? tops.toReversed() : tops) {
    made.set(top, make(top, Math.min(bandRows, height - top)));
  }
  return await Promise.all(
    tops.map((top) => made.get(top) ?? Promise.reject(new Error("a band was not made"))),
  );
}

function paint(scene: Scene, size: Size, focal: number, matrix: Matrix3): Promise<SharedArrayBuffer[]> {
  return bands(scene, size.height, (top, rows) => {
    const camera = [focal, ...place, ...matrix, scene.options.samples];
    const args = [scene.cells, size.width, size.height, top, rows, ...camera];
    return scene.pool.call({ kernel: "album", fn: "paintView", args, inputs: scene.inputs });
  });
}

/** Exposes and encodes a frame in bands; `lay` are the arguments of `exposeFrame` after the rows. */
async function photograph(
  scene: Scene,
  size: Size,
  radiance: readonly SharedArrayBuffer[],
  lay: readonly number[],
): Promise<Uint8Array> {
  const pieces = await bands(scene, size.height, async (top, rows) => {
    // Rows that the frame's turn and shift can reach, and no more.
    const reach = Math.ceil((lay[1] ?? 0) - (size.height - 1) / 2) + top;
    const spare = 24 + Math.ceil(size.width * Math.abs(lay[3] ?? 0));
    const first = Math.max(0, Math.floor((reach - spare) / bandRows));
    const needed = radiance.slice(first, Math.floor((reach + rows + spare) / bandRows) + 1);
    const [x = 0, y = 0, ...rest] = lay;
    const args = [size.width, size.height, top, rows, x, y - first * bandRows, ...rest];
    const rgb = await scene.pool.call({ kernel: "album", fn: "exposeFrame", args, inputs: needed });
    const side = 4096;
    const jpegArgs = [size.width, size.height, quality, 0, top, rows, Math.min(bandRows, size.height), side];
    return await scene.pool.call({ kernel: "jpeg", fn: "encodeJpeg", args: jpegArgs, inputs: [rgb] });
  });
  return Buffer.concat(pieces.map((piece) => new Uint8Array(piece)));
}

/** The frame's own part of the truth, without the margin: rows of RGB in little-endian f32. */
function crop(radiance: readonly SharedArrayBuffer[], width: number, margin: number, size: Size): Uint8Array {
  const rows = Array.from({ length: size.height }, (_, y) => {
    const row = y + margin;
    const band = radiance[Math.floor(row / bandRows)] ?? share(new Uint8Array());
    const at = 16 + ((row % bandRows) * width + margin) * 12;
    return new Uint8Array(band, at, size.width * 12);
  });
  return Buffer.concat(rows);
}

function truthOf(scale: number, response: SharedArrayBuffer) {
  const shifted = bracket.frames.map((frame) => ({
    ...frame,
    seconds: seconds(frame.exposure),
    shift: frame.shift.map((pixels) => pixels * scale),
  }));
  const matrixOf = ({ yaw, pitch, roll }: Pick<PanoramaView, "yaw" | "pitch" | "roll">) =>
    cameraMatrix(yaw, pitch, roll);
  return {
    bracket: { ...scaled(bracket, scale), sensitivity, radiance: "truth-radiance.f32", frames: shifted },
    panorama: {
      ...scaled(panorama, scale),
      views: panorama.views.map((view) => ({
        ...view,
        seconds: seconds(view.exposure),
        matrix: matrixOf(view),
      })),
    },
    hdrPanorama: {
      ...scaled(hdrPanorama, scale),
      views: hdrPanorama.views.map((view, number) => ({
        matrix: matrixOf(view),
        radiance: viewTruth(number),
        frames: view.frames.map(({ name, exposure }) => ({ name, seconds: seconds(exposure) })),
      })),
    },
    /** Values (0…1) for sensor exposures from 0 to 1 in equal steps. */
    response: [...new Float32Array(response)].filter((_, index) => index % 63 === 0),
  };
}

function scaled(size: Size & { readonly focal: number }, scale: number) {
  return {
    width: Math.round(size.width * scale),
    height: Math.round(size.height * scale),
    focal: size.focal * scale,
  };
}

/** Diagonal in millimetres of a frame of 24 × 36, which the album's camera has. */
const diagonal35 = Math.sqrt(24 ** 2 + 36 ** 2);

function shotOf(
  exposure: Fraction,
  bias: Fraction,
  time: string,
  size: Size & { readonly focal: number },
): Shot {
  const millimetres = Math.round((size.focal / Math.sqrt(size.width ** 2 + size.height ** 2)) * diagonal35);
  const lens = {
    focalLength: [millimetres, 1] as const,
    focalLength35: millimetres,
    aperture: [8, 1] as const,
  };
  return {
    make: "Darkroom",
    model: "Sample",
    time,
    exposure,
    iso: 100,
    bias,
    ...lens,
    width: size.width,
    height: size.height,
  };
}

function seconds(fraction: Fraction): number {
  return fraction[0] / fraction[1];
}

function subsecond(time: number): string {
  return String(Math.round((time % 1) * 1000)).padStart(3, "0");
}
