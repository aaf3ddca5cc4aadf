/// <reference lib="webworker" />
import { parse, thumbnail } from "exifr";
import type { Photo } from "../data/own-server.ts";
import { sha256 } from "../engine/sha256.ts";
import { decodePicture, rawFacts, type DecodedPicture, type RawFacts } from "./decode-raw.ts";
import { isTiff, readTiff } from "./read-tiff.ts";

/** A photo as it is put into an album: its facts, and a preview that a grid can show. */
export interface ReadPhoto {
  readonly photo: Photo;
  readonly preview: { readonly hash: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined;
}

/** Long side of previews, in pixels: sharp in a grid and in a first look. */
const previewSide = 1_280;
/** An embedded preview of at least this side is taken as it is. */
const enoughSide = 1_000;
const previewQuality = 0.82;

/** Reads one file: name by content, EXIF, size, preview. Rejects with words for what is no picture. */
export async function readPhoto(file: File, bytes: Uint8Array<ArrayBuffer>): Promise<ReadPhoto> {
  const hash = await sha256(bytes);
  const { bitmap, size, raw } = await decoded(file, bytes).catch((cause: unknown) => {
    throw new Error("This is no picture that the browser or Darkroom's RAW reader understands.", { cause });
  });
  const exif = await exifOf(bytes, raw);
  const preview = await previewOf(bitmap);
  bitmap.close();
  const photo: Photo = {
    hash,
    name: file.name.slice(0, 255),
    type: file.type === "" ? "application/octet-stream" : file.type,
    bytes: bytes.length,
    ...size,
    preview: preview.hash,
    exif,
  };
  return { photo, preview };
}

/** What EXIF says, else what LibRaw found; whatever is not a sensible number is left out. */
async function exifOf(bytes: Uint8Array<ArrayBuffer>, raw: RawFacts | undefined): Promise<Photo["exif"]> {
  const found = await tried(
    async () => (await parse(bytes, { translateValues: false, reviveValues: false })) as unknown,
  ); // exifr's own type says nothing
  const tags = (found ?? {}) as Readonly<Record<string, unknown>>; // an object of tags, each checked below
  const number = (name: string, other?: number): number | undefined =>
    [tags[name], other].find(
      (value): value is number => typeof value === "number" && Number.isFinite(value) && value > 0,
    );
  const text = (name: string, other?: string): string | undefined => {
    const value = tags[name] ?? other;
    return typeof value === "string" && value.trim() !== "" ? value.trim().slice(0, 200) : undefined;
  };
  const takenAt =
    isoTime(text("DateTimeOriginal") ?? text("CreateDate"), text("SubSecTimeOriginal")) ?? raw?.takenAt;
  const orientation = number("Orientation");
  const all = {
    takenAt,
    camera: text("Model", raw?.camera),
    lens: text("LensModel"),
    exposureSeconds: number("ExposureTime", raw?.exposureSeconds),
    aperture: number("FNumber", raw?.aperture),
    iso: number("ISO", raw?.iso),
    focalLength: number("FocalLength", raw?.focalLength),
    focalLength35: number("FocalLengthIn35mmFormat"),
    orientation: orientation !== undefined && orientation <= 8 ? Math.round(orientation) : undefined,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Photo["exif"]; // the same keys without the empty ones
}

/** `2026:06:01 12:00:00` becomes `2026-06-01T12:00:00`, with the fraction that cameras keep apart. */
function isoTime(text: string | undefined, fraction: string | undefined): string | undefined {
  const match = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(text ?? "");
  if (match === null) return undefined;
  const part = /^\d{1,6}$/.test(fraction ?? "") ? `.${fraction}` : "";
  return `${match[1]}-${match[2]}-${match[3]}T${match[4]}${part}`;
}

/** The largest preview that the camera put into the file, when it has one of some size. */
async function embeddedPreview(bytes: Uint8Array<ArrayBuffer>): Promise<ImageBitmap | undefined> {
  const found = await tried(async () => await thumbnail(bytes));
  if (found === undefined) return undefined;
  const bitmap = await tried(async () => await createImageBitmap(new Blob([new Uint8Array(found)])));
  if (bitmap === undefined) return undefined;
  if (Math.max(bitmap.width, bitmap.height) >= enoughSide) return bitmap;
  bitmap.close();
  return undefined;
}

interface Decoded {
  readonly bitmap: ImageBitmap;
  /** Of the picture, which a preview may be smaller than. */
  readonly size: { readonly width: number; readonly height: number };
  readonly raw?: RawFacts | undefined;
}

/**
 * What the browser understands, first; then TIFF; then the preview of a RAW file, from LibRaw or from EXIF; last the whole picture developed, which takes longest. Rejects with the
 * decoder's words when nothing helps.
 */
async function decoded(file: File, bytes: Uint8Array<ArrayBuffer>): Promise<Decoded> {
  const shown = await tried(async () => await createImageBitmap(file));
  if (shown !== undefined) return whole(shown);
  const tiff = isTiff(bytes) ? await tried(async () => await readTiff(bytes)) : undefined;
  if (tiff !== undefined) return whole(await bitmapOf(tiff));
  const raw = await tried(async () => await rawFacts(bytes));
  if (raw !== undefined) {
    const { width, height, preview } = raw;
    const bitmap =
      preview === undefined
        ? await embeddedPreview(bytes)
        : await tried(async () => await createImageBitmap(preview));
    if (bitmap !== undefined) return { bitmap: await upright(bitmap, raw), size: { width, height }, raw };
  }
  return { ...whole(await bitmapOf(await decodePicture(bytes))), raw };
}

function whole(bitmap: ImageBitmap): Decoded {
  return { bitmap, size: { width: bitmap.width, height: bitmap.height } };
}

/** A preview as the picture is seen: some cameras turn the one and not the other. */
async function upright(bitmap: ImageBitmap, { width, height, turn }: RawFacts): Promise<ImageBitmap> {
  const isLying = (size: { readonly width: number; readonly height: number }) => size.width > size.height;
  if ((turn !== 90 && turn !== 270) || isLying(bitmap) === isLying({ width, height })) return bitmap;
  const canvas = new OffscreenCanvas(bitmap.height, bitmap.width);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser gave no canvas for a preview.");
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((turn * Math.PI) / 180);
  context.drawImage(bitmap, -bitmap.width / 2, -bitmap.height / 2);
  bitmap.close();
  return canvas.transferToImageBitmap();
}

/** A decoded picture as a screen shows it. */
async function bitmapOf({ width, height, samples }: DecodedPicture): Promise<ImageBitmap> {
  const image = new ImageData(width, height);
  const shift = samples instanceof Uint16Array ? 8 : 0;
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1)
      image.data[pixel * 4 + channel] = (samples[pixel * 3 + channel] ?? 0) >> shift;
    image.data[pixel * 4 + 3] = 255;
  }
  return await createImageBitmap(image);
}

async function previewOf(
  bitmap: ImageBitmap,
): Promise<{ readonly hash: string; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const scale = Math.min(1, previewSide / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(bitmap.width * scale)),
    Math.max(1, Math.round(bitmap.height * scale)),
  );
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser gave no canvas for a preview.");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: previewQuality });
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return { hash: await sha256(bytes), bytes };
}

/** Undefined when it fails: a file may lack anything, or be broken anywhere. */
async function tried<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}
