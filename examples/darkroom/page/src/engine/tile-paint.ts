import { decodeTile, encodeTile, type Tile } from "#darkroom/graph/tile-format.ts";

/** Counts of a tile's samples: 256 each for red, green, blue and luma. */
export type Counts = Uint32Array<ArrayBuffer>;

export const countBins = 256;
const curves = 4;

export function emptyCounts(): Counts {
  return new Uint32Array(curves * countBins);
}

/** A tile's samples as a screen shows them, and how often each tone is in them. */
export function paintTile(tile: Tile): { readonly image: ImageData; readonly counts: Counts } {
  const { width, height } = tile;
  const rgb = tonesOf(tile);
  const image = new ImageData(width, height);
  const { data } = image;
  const counts = emptyCounts();
  const step = tile.channels;
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const at = pixel * step;
    const red = rgb[at] ?? 0;
    const green = step === 1 ? red : (rgb[at + 1] ?? 0);
    const blue = step === 1 ? red : (rgb[at + 2] ?? 0);
    const alpha = step === 4 ? (rgb[at + 3] ?? 0) : 255;
    data[pixel * 4] = red;
    data[pixel * 4 + 1] = green;
    data[pixel * 4 + 2] = blue;
    data[pixel * 4 + 3] = alpha;
    if (alpha === 0) continue;
    // Rec. 709 in 16 bits of fraction.
    const luma = (red * 13_933 + green * 46_871 + blue * 4_732) >> 16;
    count(counts, red);
    count(counts, countBins + green);
    count(counts, 2 * countBins + blue);
    count(counts, 3 * countBins + luma);
  }
  return { image, counts };
}

function count(counts: Counts, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}

/** 8 bits of whatever the samples are; radiance is not for a screen and is shown with its transfer alone. */
function tonesOf({ samples }: Tile): Uint8Array {
  if (samples instanceof Uint8Array) return samples;
  if (samples instanceof Uint16Array) return Uint8Array.from(samples, (value) => Math.round(value / 257));
  return Uint8Array.from(samples, (value) => Math.min(255, Math.max(0, 255 * value ** (1 / 2.2))));
}

/** The same tile in 8 bits, cut into strips of so many rows; the last may have fewer. */
export function narrowStrips(bytes: Uint8Array, rows: number): Uint8Array<ArrayBuffer>[] {
  const tile = decodeTile(bytes);
  const { width, height, channels } = tile;
  const tones = tonesOf(tile);
  return Array.from({ length: Math.ceil(height / rows) }, (_, strip) => {
    const high = Math.min(rows, height - strip * rows);
    const first = strip * rows * width * channels;
    const samples = tones.subarray(first, first + high * width * channels);
    return encodeTile({ width, height: high, channels, samples });
  });
}
