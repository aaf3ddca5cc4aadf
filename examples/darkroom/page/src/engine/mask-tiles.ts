import { encodeTile } from "#darkroom/graph/tile-format.ts";
import { regionsOf, type Region } from "#darkroom/graph/tile-grid.ts";

/** A line that was painted, in pixels of the full size. */
export interface Line {
  readonly radius: number;
  /** What the mask becomes along it. */
  readonly value: number;
  /** x and y, one after the other. */
  readonly points: readonly number[];
}

export interface MaskWanted {
  /** Of the mask, at its level. */
  readonly width: number;
  readonly height: number;
  readonly level: number;
  readonly lines: readonly Line[];
}

/** What leaves the decision to the merge. */
const untouched = 128;
/** Share of the radius over which a line's edge fades. */
const soft = 0.35;

/** The tiles of a mask of u8, row by row: later lines lie upon earlier ones. */
export function maskTiles({ width, height, level, lines }: MaskWanted): Uint8Array<ArrayBuffer>[] {
  const scale = 2 ** level;
  return regionsOf(width, height).map((region) => {
    const samples = new Uint8Array(region.width * region.height).fill(untouched);
    for (const line of lines) if (isNear(line, region, scale)) drawLine(samples, region, line, scale);
    return encodeTile({ width: region.width, height: region.height, channels: 1, samples });
  });
}

function isNear({ points, radius }: Line, { x, y, width, height }: Region, scale: number): boolean {
  const xs = points.filter((_, index) => index % 2 === 0);
  const ys = points.filter((_, index) => index % 2 === 1);
  return (
    Math.min(...xs) - radius < (x + width) * scale &&
    Math.max(...xs) + radius > x * scale &&
    Math.min(...ys) - radius < (y + height) * scale &&
    Math.max(...ys) + radius > y * scale
  );
}

function drawLine(samples: Uint8Array, region: Region, { points, radius, value }: Line, scale: number): void {
  // Places of lines are between pixels, the mask's samples in the middle of them.
  const half = scale / 2;
  for (let row = 0; row < region.height; row += 1) {
    const y = (region.y + row) * scale + half;
    for (let column = 0; column < region.width; column += 1) {
      const away = distanceTo(points, (region.x + column) * scale + half, y) / radius;
      if (away >= 1) continue;
      const share = Math.min(1, (1 - away) / soft);
      const at = row * region.width + column;
      const before = samples[at] ?? untouched;
      samples[at] = Math.round(before + (value - before) * share);
    }
  }
}

/** From a point to the nearest of a line's pieces. */
function distanceTo(points: readonly number[], x: number, y: number): number {
  let least = Math.hypot(x - (points[0] ?? Infinity), y - (points[1] ?? Infinity));
  for (let at = 2; at + 1 < points.length; at += 2) {
    const [fromX = 0, fromY = 0, toX = 0, toY = 0] = points.slice(at - 2, at + 2);
    const [dx, dy] = [toX - fromX, toY - fromY];
    const square = dx * dx + dy * dy;
    const along = square === 0 ? 0 : Math.min(1, Math.max(0, ((x - fromX) * dx + (y - fromY) * dy) / square));
    least = Math.min(least, Math.hypot(x - fromX - along * dx, y - fromY - along * dy));
  }
  return least;
}
