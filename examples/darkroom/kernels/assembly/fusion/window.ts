// Which part of each level a tile needs. All coordinates are those of the picture's level, so that every tiling sees the same borders.

/** Pixels from (x0, y0) up to, but not including, (x1, y1) of one level. */
export class Window {
  constructor(
    public x0: i32,
    public y0: i32,
    public x1: i32,
    public y1: i32,
  ) {}

  get width(): i32 {
    return this.x1 - this.x0;
  }

  get height(): i32 {
    return this.y1 - this.y0;
  }

  grown(by: i32, fullWidth: i32, fullHeight: i32): Window {
    return new Window(
      max(this.x0 - by, 0),
      max(this.y0 - by, 0),
      min(this.x1 + by, fullWidth),
      min(this.y1 + by, fullHeight),
    );
  }
}

/** A side of the picture after so many halvings; an odd one is rounded up. */
export function sizeAt(size: i32, level: i32): i32 {
  return (size + (1 << level) - 1) >> level;
}

/** The window of `level` that belongs to a tile alone; tiles begin at multiples of 2^level. */
export function shareOf(tile: Window, level: i32): Window {
  return new Window(tile.x0 >> level, tile.y0 >> level, sizeAt(tile.x1, level), sizeAt(tile.y1, level));
}

/** What expanding to `fine` reads of the next coarser level, whose full size is given. */
export function expandedFrom(fine: Window, coarseWidth: i32, coarseHeight: i32): Window {
  return new Window(
    max((fine.x0 >> 1) - 1, 0),
    max((fine.y0 >> 1) - 1, 0),
    min(((fine.x1 - 1) >> 1) + 2, coarseWidth),
    min(((fine.y1 - 1) >> 1) + 2, coarseHeight),
  );
}

/** What halving to `coarse` reads of the next finer level, whose full size is given. */
export function halvedFrom(coarse: Window, fineWidth: i32, fineHeight: i32): Window {
  return new Window(
    max(2 * coarse.x0 - 2, 0),
    max(2 * coarse.y0 - 2, 0),
    min(2 * coarse.x1 + 1, fineWidth),
    min(2 * coarse.y1 + 1, fineHeight),
  );
}
