import type LibRaw from "libraw-wasm";
import { isTiff, readTiff } from "./read-tiff.ts";
import { videoToSrgb } from "./transfer.ts";

/** A picture's samples, RGB, in 8 or 16 bits. */
export interface DecodedPicture {
  readonly width: number;
  readonly height: number;
  readonly samples: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
}

/** A file that takes longer is not understood, or not worth the waiting. */
const decodeWithinMs = 90_000;
const previewWithinMs = 20_000;
const maxPixels = 250_000_000;

/**
 * Decodes RAW, DNG and TIFF: TIFF here, the rest by LibRaw in a worker of its own, whose crash or endless loop ends with it. RAW is developed with the camera's white balance in sRGB
 * with 16 bits, and with no automatic brightness, so that the frames of a bracket stay comparable. Rejects with words for people.
 */
export async function decodePicture(bytes: Uint8Array<ArrayBuffer>): Promise<DecodedPicture> {
  const tiff = isTiff(bytes) ? await readTiff(bytes) : undefined;
  return tiff ?? (await developRaw(bytes));
}

/** What LibRaw reads of a RAW file without developing it. */
export interface RawFacts {
  /** As people see it. */
  readonly width: number;
  readonly height: number;
  /** Degrees clockwise from how the sensor saw it. */
  readonly turn: 0 | 90 | 180 | 270;
  readonly camera: string;
  /** The camera's own time, `2026-06-01T12:00:00`. */
  readonly takenAt: string | undefined;
  /** 0: unknown. */
  readonly exposureSeconds: number;
  readonly aperture: number;
  readonly iso: number;
  readonly focalLength: number;
  /** The preview that the camera put into the file, as a JPEG. */
  readonly preview: Blob | undefined;
}

/** LibRaw's codes of turns (dcraw's `-t`). */
const turns: Readonly<Record<number, RawFacts["turn"]>> = { 3: 180, 5: 270, 6: 90 };

/** The facts of a RAW file, for formats whose EXIF is hidden too. Rejects for what LibRaw does not know. */
export async function rawFacts(bytes: Uint8Array<ArrayBuffer>): Promise<RawFacts> {
  return await withLibRaw(bytes, previewWithinMs, async (raw) => {
    const metadata = await raw.metadata();
    if (metadata === undefined) throw new Error("LibRaw does not know this file.");
    const { width, height, flip, camera_model, shutter, aperture, iso_speed, focal_len } = metadata;
    const found = await raw.thumbnailData().catch(() => undefined);
    const turn = turns[flip] ?? 0;
    const isUpright = turn === 0 || turn === 180;
    return {
      width: isUpright ? width : height,
      height: isUpright ? height : width,
      turn,
      camera: camera_model,
      takenAt: localTime(metadata.timestamp),
      exposureSeconds: shutter,
      aperture,
      iso: iso_speed,
      focalLength: focal_len,
      preview:
        found?.format === "jpeg" ? new Blob([new Uint8Array(found.data)], { type: "image/jpeg" }) : undefined,
    };
  });
}

/** LibRaw takes a camera's time for that of this computer; taken back by the same rule, it is what the camera wrote. */
function localTime(time: Date): string | undefined {
  if (!(time.getTime() > 0)) return undefined;
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

async function developRaw(bytes: Uint8Array<ArrayBuffer>): Promise<DecodedPicture> {
  return await withLibRaw(bytes, decodeWithinMs, async (raw) => {
    const found = await raw.imageData();
    if (found === undefined || found.colors !== 3 || found.bits !== 16)
      throw new Error("The RAW file has no colour picture that LibRaw understands.");
    const { width, height, data } = found;
    if (width * height > maxPixels) throw new Error("The picture has more pixels than this page can hold.");
    if (data.byteLength < width * height * 6) throw new Error("The RAW file ends too early.");
    const samples = new Uint16Array(width * height * 3);
    samples.set(new Uint16Array(data.buffer, data.byteOffset, samples.length));
    // libraw-wasm takes a setting for the transfer and ignores it.
    videoToSrgb(samples);
    return { width, height, samples };
  });
}

/** LibRaw comes only when a file needs it; it is ended after each file, and its memory with it. */
async function withLibRaw<T>(
  bytes: Uint8Array<ArrayBuffer>,
  withinMs: number,
  work: (raw: LibRaw) => Promise<T>,
): Promise<T> {
  const { default: Decoder } = await import("libraw-wasm");
  const raw = new Decoder();
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error("The file could not be decoded in time; it may be broken or of an unknown kind.")),
    withinMs,
  );
  const decode = async (): Promise<T> => {
    // The decoder takes its buffer away; callers keep theirs.
    await raw.open(bytes.slice(), {
      outputBps: 16,
      useCameraWb: true,
      noAutoBright: true,
      // The brightest sample of a frame is no white: it would make the frames of a bracket differ.
      adjustMaximumThr: 0,
      outputColor: 1,
    });
    return await work(raw);
  };
  try {
    return await Promise.race([decode(), promise]);
  } finally {
    clearTimeout(timer);
    raw.dispose();
  }
}
