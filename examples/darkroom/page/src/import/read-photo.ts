/// <reference lib="webworker" />
import { parse, thumbnail } from "exifr";
import type { Photo } from "../data/own-server.ts";
import { sha256 } from "../engine/sha256.ts";
import { decodePicture, rawPreview, type DecodedPicture } from "./decode-raw.ts";

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
  const facts = await exifOf(bytes);
  const embedded = await embeddedPreview(bytes);
  const { bitmap, isWhole } = await decoded(file, bytes, embedded).catch((cause: unknown) => {
    throw new Error("This is no picture that the browser or Darkroom's RAW reader understands.", { cause });
  });
  const width = isWhole ? bitmap.width : facts.width;
  const height = isWhole ? bitmap.height : facts.height;
  const preview = await previewOf(bitmap);
  bitmap.close();
  const photo: Photo = {
    hash,
    name: file.name.slice(0, 255),
    type: file.type === "" ? "application/octet-stream" : file.type,
    bytes: bytes.length,
    width,
    height,
    preview: preview.hash,
    exif: facts.exif,
  };
  return { photo, preview };
}

interface Facts {
  readonly width: number;
  readonly height: number;
  readonly exif: Photo["exif"];
}

/** What EXIF says; whatever is not a sensible number is left out. */
async function exifOf(bytes: Uint8Array<ArrayBuffer>): Promise<Facts> {
  const found = await tried(
    async () => (await parse(bytes, { translateValues: false, reviveValues: false })) as unknown,
  ); // exifr's own type says nothing
  const tags = (found ?? {}) as Readonly<Record<string, unknown>>; // an object of tags, each checked below
  const number = (name: string): number | undefined => {
    const value = tags[name];
    return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : undefined;
  };
  const text = (name: string): string | undefined => {
    const value = tags[name];
    return typeof value === "string" && value.trim() !== "" ? value.trim().slice(0, 200) : undefined;
  };
  const takenAt = isoTime(text("DateTimeOriginal") ?? text("CreateDate"), text("SubSecTimeOriginal"));
  const orientation = number("Orientation");
  const all = {
    takenAt,
    camera: text("Model"),
    lens: text("LensModel"),
    exposureSeconds: number("ExposureTime"),
    aperture: number("FNumber"),
    iso: number("ISO"),
    focalLength: number("FocalLength"),
    focalLength35: number("FocalLengthIn35mmFormat"),
    orientation: orientation !== undefined && orientation <= 8 ? Math.round(orientation) : undefined,
  };
  const exif = Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as Photo["exif"]; // the same keys without the empty ones
  return { width: number("ExifImageWidth") ?? 0, height: number("ExifImageHeight") ?? 0, exif };
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

/**
 * What the browser understands, first; then the preview of a RAW file, from EXIF or from LibRaw; last the whole picture decoded, which takes longest. Rejects with the decoder's
 * words when nothing helps.
 */
async function decoded(
  file: File,
  bytes: Uint8Array<ArrayBuffer>,
  embedded: ImageBitmap | undefined,
): Promise<{ readonly bitmap: ImageBitmap; readonly isWhole: boolean }> {
  const whole = await tried(async () => await createImageBitmap(file));
  if (whole !== undefined) {
    embedded?.close();
    return { bitmap: whole, isWhole: true };
  }
  if (embedded !== undefined) return { bitmap: embedded, isWhole: false };
  const raw = await tried(async () => {
    const jpeg = await rawPreview(bytes);
    return jpeg === undefined ? undefined : await createImageBitmap(jpeg);
  });
  if (raw !== undefined) return { bitmap: raw, isWhole: false };
  return { bitmap: await bitmapOf(await decodePicture(bytes)), isWhole: true };
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
