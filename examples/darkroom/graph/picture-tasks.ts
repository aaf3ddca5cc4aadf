import type { InputRef, TaskSpec } from "#burst/graph.ts";
import { type Frame, type Region, regionsOf, storageSide } from "./tile-grid.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A part of a picture that one task works on: a rectangle of storage tiles. */
export interface Part extends Region {
  /** In the grid of storage tiles. */
  readonly column: number;
  readonly row: number;
  readonly columns: number;
  readonly rows: number;
  /** Numbers of its tiles in the picture's order, row by row. */
  readonly tiles: readonly number[];
}

/** Parts of `side` pixels, a multiple of 256, unless the picture ends before. */
export function partsOf(width: number, height: number, side: number): Part[] {
  if (side % storageSide !== 0) throw new RangeError("a part is not made of whole tiles");
  return regionsOf(width, height, side).map((region) => partMeeting(region, { width, height }));
}

/** The storage tiles that a region meets; of a region beyond the picture, those at its edge. */
export function partMeeting(region: Region, { width, height }: Size): Part {
  const across = Math.ceil(width / storageSide);
  const down = Math.ceil(height / storageSide);
  const within = (at: number, count: number): number =>
    Math.min(Math.max(Math.floor(at / storageSide), 0), count - 1);
  const column = within(region.x, across);
  const row = within(region.y, down);
  const columns = within(region.x + region.width - 1, across) - column + 1;
  const rows = within(region.y + region.height - 1, down) - row + 1;
  const x = column * storageSide;
  const y = row * storageSide;
  return {
    x,
    y,
    width: Math.min(columns * storageSide, width - x),
    height: Math.min(rows * storageSide, height - y),
    column,
    row,
    columns,
    rows,
    tiles: Array.from(
      { length: columns * rows },
      (_, index) => (row + Math.floor(index / columns)) * across + column + (index % columns),
    ),
  };
}

export function placeOf({ x, y, width, height }: Region): Region {
  return { x, y, width, height };
}

/** What the kernels read first of a part: the size of the picture, and which of its tiles follow. */
export function partArguments(frame: Size, part: Part): number[] {
  return [frame.width, frame.height, part.column, part.row, part.columns, part.rows];
}

export function tileAt(frame: Frame, index: number): InputRef {
  const tile = frame.tiles[index];
  if (tile === undefined) throw new RangeError("a frame has fewer tiles than its size asks for");
  return tile;
}

export function tilesOf(frame: Frame, part: Part): InputRef[] {
  return part.tiles.map((index) => tileAt(frame, index));
}

/** Adds a task; answers its outputs. */
export function addTask(tasks: TaskSpec[], task: TaskSpec): InputRef[] {
  tasks.push(task);
  const number = tasks.length - 1;
  return Array.from({ length: task.outputs }, (_, output) => ({ task: number, output }));
}

/** A picture from what tasks give for its parts: `outputs` are those of the part's tiles, in order. */
export function assembled(
  size: Size,
  made: readonly { readonly part: Part; readonly outputs: readonly InputRef[] }[],
): Frame {
  const tiles: InputRef[] = [];
  for (const { part, outputs } of made) {
    for (const [index, tile] of part.tiles.entries()) {
      const output = outputs[index];
      if (output !== undefined) tiles[tile] = output;
    }
  }
  return { width: size.width, height: size.height, tiles };
}

/** Bytes that an instance holds besides its data: code, tables. */
const instanceBytes = 3 * 1024 ** 2;

/** The memory of an instance that holds so many bytes at once: it grows by doubling. */
export function memoryFor(bytes: number): number {
  return Math.ceil(instanceBytes + 2 * bytes);
}

/** Milliseconds of a task that spends so many nanoseconds, with what starting it takes. */
export function milliseconds(nanoseconds: number): number {
  return Math.ceil(2 + nanoseconds / 1e6);
}
