import { levelSize, type PhotoSource } from "#darkroom/graph/decoded-frame.ts";
import { encodeTile } from "#darkroom/graph/tile-format.ts";
import { cutTiles } from "#darkroom/graph/tile-grid.ts";
import { originalBytes } from "../data/originals.ts";
import type { Photo } from "../data/own-server.ts";
import { decodePicture, type DecodedPicture } from "../import/decode-raw.ts";
import type { Engine } from "../engine/engine.ts";

/** Levels that previews of a photo without a decoding kernel are made of. */
const levelsOfTiles = 5;

/** Brings a photo into this page: a JPEG as its file, anything else decoded to tiles. */
export async function photoSource(
  { blobs }: Engine,
  photo: Photo,
  signal: AbortSignal,
): Promise<PhotoSource> {
  const bytes = blobs.get(photo.hash) ?? (await originalBytes(photo.hash, signal));
  const { width, height } = photo;
  if (isJpeg(bytes)) {
    blobs.put(photo.hash, bytes);
    blobs.hold(photo.hash);
    return {
      kind: "jpeg",
      width,
      height,
      file: { blob: photo.hash, bytes: bytes.length },
      orientation: photo.exif.orientation ?? 1,
      isProgressive: isProgressive(bytes),
    };
  }
  const bitmap = await createImageBitmap(new Blob([bytes], { type: photo.type })).catch(() => undefined);
  if (bitmap === undefined) return await decodedSource(blobs, await decodePicture(bytes));
  const size = { width: bitmap.width, height: bitmap.height };
  const levels = [];
  for (let level = 0; level < levelsOfTiles; level += 1) {
    const tiles = tilesOf(bitmap, levelSize(size, level));
    const added = await Promise.all(tiles.map(async (tile) => await blobs.add(tile)));
    for (const { blob } of added) blobs.hold(blob);
    levels.push({ ...levelSize(size, level), tiles: added });
  }
  bitmap.close();
  return { kind: "tiles", ...size, levels };
}

function tilesOf(bitmap: ImageBitmap, { width, height }: { width: number; height: number }) {
  const context = new OffscreenCanvas(width, height).getContext("2d");
  if (context === null) throw new Error("This browser gave no canvas for a photo.");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const samples = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1)
    for (let channel = 0; channel < 3; channel += 1)
      samples[pixel * 3 + channel] = data[pixel * 4 + channel] ?? 0;
  return cutTiles({ width, height, channels: 3, samples }).map(encodeTile);
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
}

/** Whether the first start of a frame (ITU-T T.81, B.1.1.3) is SOF2. */
export function isProgressive(bytes: Uint8Array): boolean {
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xc2) return true;
    if (marker === 0xc0 || marker === 0xc1 || marker === 0xda) return false;
    at += marker === 0xff ? 1 : 2 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
  }
  return false;
}

/** What no browser decodes, RAW and TIFF, with all its bits. */
async function decodedSource(blobs: Engine["blobs"], whole: DecodedPicture): Promise<PhotoSource> {
  const { width, height } = whole;
  const levels = [];
  let picture = whole;
  for (let level = 0; level < levelsOfTiles; level += 1) {
    if (level > 0) picture = halved(picture);
    const tiles = cutTiles({ ...picture, channels: 3 }).map(encodeTile);
    const added = await Promise.all(tiles.map(async (tile) => await blobs.add(tile)));
    for (const { blob } of added) blobs.hold(blob);
    levels.push({ width: picture.width, height: picture.height, tiles: added });
  }
  return { kind: "tiles", width, height, levels };
}

/** Each pixel the mean of two by two; what stands over at an edge is repeated. */
function halved({ width, height, samples }: DecodedPicture): DecodedPicture {
  const small = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const means = samples.slice(0, small.width * small.height * 3);
  for (let y = 0, at = 0; y < small.height; y += 1) {
    const upper = 2 * y * width;
    const lower = Math.min(2 * y + 1, height - 1) * width;
    for (let x = 0; x < small.width; x += 1) {
      const left = 2 * x;
      const right = Math.min(left + 1, width - 1);
      for (let channel = 0; channel < 3; channel += 1, at += 1) {
        const sample = (pixel: number) => samples[pixel * 3 + channel] ?? 0;
        const sum =
          sample(upper + left) + sample(upper + right) + sample(lower + left) + sample(lower + right);
        means[at] = (sum + 2) >> 2;
      }
    }
  }
  return { ...small, samples: means };
}
