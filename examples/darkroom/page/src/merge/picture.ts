import type { Region } from "#darkroom/graph/tile-grid.ts";
import { countBins, emptyCounts, type Counts } from "../engine/tile-paint.ts";
import { tilePainter } from "../engine/tile-painter.ts";

export interface PlacedBitmap extends Region {
  readonly bitmap: ImageBitmap;
  readonly counts: Counts;
}

/** A picture as its tiles come: places are in its own pixels, of which each is `scale` pixels of the full size wide. */
export class Picture {
  readonly width: number;
  readonly height: number;
  readonly scale: number;
  readonly tiles = new Map<string, PlacedBitmap>();
  #isGone = false;

  constructor(width: number, height: number, scale: number) {
    this.width = width;
    this.height = height;
    this.scale = scale;
  }

  /** Paints a tile and puts it where its name says, `x,y`. False when the picture was closed meanwhile. */
  async put(name: string, tile: Uint8Array): Promise<boolean> {
    const { bitmap, counts } = await tilePainter.paint(tile);
    if (this.#isGone) {
      bitmap.close();
      return false;
    }
    const [x = 0, y = 0] = name.split(",").map(Number);
    this.tiles.get(name)?.bitmap.close();
    this.tiles.set(name, { x, y, width: bitmap.width, height: bitmap.height, bitmap, counts });
    return true;
  }

  /** Pixels that are there. */
  get covered(): number {
    return this.tiles.values().reduce((sum, { width, height }) => sum + width * height, 0);
  }

  close(): void {
    this.#isGone = true;
    for (const { bitmap } of this.tiles.values()) bitmap.close();
    this.tiles.clear();
  }
}

export interface Histogram {
  readonly counts: Counts;
  readonly pixels: number;
  /** Shares of the pixels that are black or white in any colour. */
  readonly clippedLow: number;
  readonly clippedHigh: number;
}

/** All tiles together; undefined before there is one. */
export function histogramOf(picture: Picture | undefined): Histogram | undefined {
  if (picture === undefined || picture.tiles.size === 0) return undefined;
  const counts = emptyCounts();
  for (const tile of picture.tiles.values())
    for (let at = 0; at < counts.length; at += 1) counts[at] = (counts[at] ?? 0) + (tile.counts[at] ?? 0);
  let pixels = 0;
  for (let bin = 0; bin < countBins; bin += 1) pixels += counts[bin] ?? 0;
  const share = (bin: number) =>
    Math.max(...[0, 1, 2].map((channel) => counts[channel * countBins + bin] ?? 0)) / Math.max(1, pixels);
  return { counts, pixels, clippedLow: share(0), clippedHigh: share(countBins - 1) };
}
