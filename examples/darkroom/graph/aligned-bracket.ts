import type { InputRef, TaskSpec } from "#burst/graph.ts";
import { addGhostFields, cellShiftOf, type GhostAmount } from "./ghost-masks.ts";
import {
  addTask,
  assembled,
  memoryFor,
  milliseconds,
  partArguments,
  partMeeting,
  partsOf,
  placeOf,
  tilesOf,
} from "./picture-tasks.ts";
import { type Frame, type Region, storageSide } from "./tile-grid.ts";
import { isIdentity, type Transform } from "./transform.ts";

/** A bracket as the merges take it: frames that lie upon each other, with masks. */
export interface Bracket {
  readonly frames: readonly Frame[];
  /** For each frame what its samples are worth, 0 … 255; absent: all of them everything. */
  readonly masks: readonly (Frame | undefined)[];
}

export interface BracketOptions {
  /** Decoded frames of one size: full size, or one level of their pyramids. */
  readonly frames: readonly Frame[];
  /** Bytes of a pixel of the frames: 3 for RGB in u8. */
  readonly pixelBytes: number;
  /** How much light each took. */
  readonly exposures: readonly number[];
  readonly reference: number;
  /** From `readTransforms`, scaled to the frames; absent when they lie upon each other. */
  readonly transforms?: readonly Transform[] | undefined;
  /** Absent: nothing moved. */
  readonly ghosts?: GhostAmount | undefined;
  /** What the user painted for each frame, as tiles of u8: 128 leaves, 0 forbids, 255 forces the frame. */
  readonly painted?: readonly (Frame | undefined)[] | undefined;
  /** The camera's response, for the search for ghosts. */
  readonly response: InputRef;
  /** Side of the parts that a task works on, a multiple of 256. */
  readonly tile: number;
}

/** Nanoseconds for a pixel, as measured. */
const nanoseconds = { warp: 80, mask: 20 } as const;
/** The mask of a warped frame rises over this share of its longer side. */
const featherShare = 1 / 128;

/** Warps the frames that need it and finds what moved. */
export function addAlignedBracket(tasks: TaskSpec[], options: BracketOptions): Bracket {
  const warped = options.frames.map((frame, index) => {
    const transform = options.transforms?.[index];
    if (transform === undefined || isIdentity(transform)) return { frame, coverage: undefined };
    return addWarp(tasks, frame, transform, options);
  });
  const frames = warped.map(({ frame }) => frame);
  const fields =
    options.ghosts === undefined ? [] : addGhostFields(tasks, { ...options, frames }, options.ghosts);
  const masks = warped.map(({ frame, coverage }, index) =>
    addMasks(
      tasks,
      frame,
      { field: fields[index], coverage, painted: options.painted?.[index] },
      options.tile,
    ),
  );
  return { frames, masks };
}

interface Warped {
  readonly frame: Frame;
  readonly coverage: Frame;
}

function addWarp(tasks: TaskSpec[], frame: Frame, transform: Transform, options: BracketOptions): Warped {
  const { width, height } = frame;
  const feather = Math.max(2, Math.round(Math.max(width, height) * featherShare));
  const { a, b, c, d, e, f } = transform;
  const made = partsOf(width, height, options.tile).map((part) => {
    const source = partMeeting(reached(transform, part), frame);
    const pixels = part.width * part.height;
    const outputBytes = pixels * (options.pixelBytes + 1) + part.tiles.length * 32;
    const outputs = addTask(tasks, {
      fn: "warp",
      args: [
        ...partArguments(frame, source),
        part.x,
        part.y,
        part.width,
        part.height,
        a,
        b,
        c,
        d,
        e,
        f,
        feather,
      ],
      inputs: tilesOf(frame, source),
      outputs: 2 * part.tiles.length,
      cost: milliseconds(nanoseconds.warp * pixels),
      memoryBytes: memoryFor(
        outputBytes + (source.width + 4) * (source.height + 4) * (16 + options.pixelBytes),
      ),
      outputBytes,
      stage: "align warp",
      place: placeOf(part),
    });
    return { part, outputs };
  });
  const masks = made.map(({ part, outputs }) => ({ part, outputs: outputs.slice(part.tiles.length) }));
  return { frame: assembled(frame, made), coverage: assembled(frame, masks) };
}

/** Where in the frame the samples for a part lie, with what a cubic reads around them. */
function reached({ a, b, c, d, e, f }: Transform, { x, y, width, height }: Region): Region {
  const corners = [x, x + width - 1].flatMap((px) =>
    [y, y + height - 1].map((py) => ({ x: a * px + b * py + e, y: c * px + d * py + f })),
  );
  const left = Math.floor(Math.min(...corners.map((corner) => corner.x))) - 2;
  const top = Math.floor(Math.min(...corners.map((corner) => corner.y))) - 2;
  const right = Math.ceil(Math.max(...corners.map((corner) => corner.x))) + 3;
  const bottom = Math.ceil(Math.max(...corners.map((corner) => corner.y))) + 3;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

interface MaskParts {
  readonly field: InputRef | undefined;
  readonly coverage: Frame | undefined;
  readonly painted: Frame | undefined;
}

/** One mask from all that there is to say about a frame; nothing when there is nothing. */
function addMasks(tasks: TaskSpec[], frame: Frame, from: MaskParts, side: number): Frame | undefined {
  const { field, coverage, painted } = from;
  if (field === undefined && coverage === undefined && painted === undefined) return undefined;
  const flag = (given: unknown): number => (given === undefined ? 0 : 1);
  const { width, height } = frame;
  const across = Math.ceil(width / storageSide);
  const made = partsOf(width, height, side).map((part) => {
    const pixels = part.width * part.height;
    const inputs = part.tiles.flatMap((tile) =>
      [coverage, painted].flatMap((mask) => mask?.tiles[tile] ?? []),
    );
    const outputs = addTask(tasks, {
      fn: "ghostMask",
      args: [
        cellShiftOf(frame),
        width,
        height,
        ...[field, coverage, painted].map(flag),
        ...part.tiles.flatMap((tile) => [tile % across, Math.floor(tile / across)]),
      ],
      inputs: [...(field === undefined ? [] : [field]), ...inputs],
      outputs: part.tiles.length,
      cost: milliseconds(nanoseconds.mask * pixels),
      memoryBytes: memoryFor(pixels * 3 + 2 ** 19),
      outputBytes: pixels + part.tiles.length * 16,
      stage: "ghosts mask",
      place: placeOf(part),
    });
    return { part, outputs };
  });
  return assembled(frame, made);
}
