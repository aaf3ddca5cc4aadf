import type { Blobs } from "../engine/blobs.ts";

/** A result's tiles on a grid: row by row, from left to right. */
export interface ResultTiles {
  readonly width: number;
  readonly height: number;
  /** Side of the tiles; those at the right and lower edge may be smaller. */
  readonly side: number;
  readonly rows: readonly (readonly string[])[];
}

/** The grid of the results with names `PREFIXx,y`. Throws RangeError when some of it is missing. */
export function resultTiles(
  results: ReadonlyMap<string, string>,
  { width, height }: { readonly width: number; readonly height: number },
  prefix = "",
): ResultTiles {
  const pattern = new RegExp(`^${prefix}(\\d+),(\\d+)$`);
  const placed = [...results].flatMap(([name, hash]) => {
    const match = pattern.exec(name);
    return match === null ? [] : [{ x: Number(match[1]), y: Number(match[2]), hash }];
  });
  const steps = placed.flatMap(({ x, y }) => [x, y]).filter((step) => step > 0);
  // One tile alone says no side; a JPEG's tiles begin at whole blocks, so it is counted in these.
  const side = steps.length === 0 ? Math.ceil(Math.max(width, height) / 16) * 16 : Math.min(...steps);
  const rows: string[][] = [];
  for (const { x, y, hash } of placed) {
    const row = (rows[y / side] ??= []);
    row[x / side] = hash;
  }
  const columns = Math.ceil(width / side);
  const isWhole =
    rows.length === Math.ceil(height / side) &&
    rows.every((row) => row.length === columns && row.every((hash) => hash !== undefined));
  if (!isWhole) throw new RangeError("Some tiles of the result are missing.");
  return { width, height, side, rows };
}

/** Bytes of a tile of the result. Throws when it left memory. */
export function tileBytesOf(blobs: Blobs, hash: string): Uint8Array<ArrayBuffer> {
  const bytes = blobs.get(hash);
  if (bytes === undefined) throw new Error("A tile of the result is not in this page any more; merge again.");
  return bytes;
}
