import type { BlobRef, TaskSpec } from "#burst/graph.ts";
import { addTask, memoryFor, milliseconds, type Size } from "./picture-tasks.ts";
import { type Frame, storageSide } from "./tile-grid.ts";

/** A photo as a job takes it. Sizes are those that people see, after EXIF's orientation. */
export type PhotoSource = JpegSource | TileSource;

/** Decoded by a task of the job, so that nothing but the file itself travels. */
export interface JpegSource extends Size {
  readonly kind: "jpeg";
  readonly file: BlobRef;
  /** EXIF, 1 … 8. */
  readonly orientation: number;
  /** Its coefficients come in several scans, which takes more memory. */
  readonly isProgressive: boolean;
}

/** Decoded before by whoever makes the job: RAW, PNG, TIFF. */
export interface TileSource extends Size {
  readonly kind: "tiles";
  /** Its tiles at level 0 and those after it, as far as they are wanted. */
  readonly levels: readonly Frame[];
}

/** Nanoseconds for a pixel of the file, as measured. */
const nanosecondsPerPixel = 26;
/** Levels that the decoder makes. */
export const maxLevel = 5;

/** The size of a picture that is 2^level times smaller. */
export function levelSize({ width, height }: Size, level: number): Size {
  return { width: Math.ceil(width / 2 ** level), height: Math.ceil(height / 2 ** level) };
}

/** A photo's tiles at a level: means of 2^level × 2^level pixels. */
export function addDecoded(tasks: TaskSpec[], source: PhotoSource, level: number): Frame {
  const size = levelSize(source, level);
  if (source.kind === "tiles") {
    const frame = source.levels[level];
    if (frame === undefined) throw new RangeError(`the photo has no level ${level}`);
    return frame;
  }
  const pixels = source.width * source.height;
  const outputs = Math.ceil(size.width / storageSide) * Math.ceil(size.height / storageSide);
  const outputBytes = size.width * size.height * 3 + outputs * 16;
  const coefficientBytes = source.isProgressive ? pixels * 6 : 0;
  const tiles = addTask(tasks, {
    fn: "decodeJpeg",
    args: [source.orientation, storageSide, level],
    inputs: [source.file],
    outputs,
    cost: milliseconds(nanosecondsPerPixel * pixels),
    memoryBytes: memoryFor((source.file.bytes + outputBytes + coefficientBytes) / 2 + source.width * 256),
    outputBytes,
    stage: "decode",
  });
  return { ...size, tiles };
}
