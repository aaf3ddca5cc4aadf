import type LibRaw from "libraw-wasm";
import { isTiff, readTiff } from "./read-tiff.ts";

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

/** The preview that a camera put into its RAW file, as a JPEG; undefined when there is none. */
export async function rawPreview(bytes: Uint8Array<ArrayBuffer>): Promise<Blob | undefined> {
  return await withLibRaw(bytes, previewWithinMs, async (raw) => {
    const found = await raw.thumbnailData();
    if (found?.format !== "jpeg") return undefined;
    return new Blob([new Uint8Array(found.data)], { type: "image/jpeg" });
  });
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
