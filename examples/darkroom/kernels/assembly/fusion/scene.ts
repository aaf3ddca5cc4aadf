// What fusionDown and fusionUp are told, checked.
import { argument, check, integer } from "../abi";
import { maxSide, readTile } from "../tile";
import { Exponents } from "./measures";
import { PlacedTile } from "./samples";
import { Window, sizeAt } from "./window";

const maxFrames: i32 = 64;
const maxLevels: i32 = 24;
const maxCut: i32 = 8;
const maxTile: i32 = 4_096;
const maxExponent: f64 = 8;

export const modeFusion: i32 = 0;
export const modeBlending: i32 = 1;

/** The pyramid of the whole picture, and how it is cut. */
export class Plan {
  constructor(
    public width: i32,
    public height: i32,
    public levels: i32,
    /** Levels that are made tile by tile, the finest of all. */
    public cut: i32,
    public tile: i32,
  ) {}

  widthAt(level: i32): i32 {
    return sizeAt(this.width, level);
  }

  heightAt(level: i32): i32 {
    return sizeAt(this.height, level);
  }

  get columns(): i32 {
    return (this.width + this.tile - 1) / this.tile;
  }

  get rows(): i32 {
    return (this.height + this.tile - 1) / this.tile;
  }

  /** The pixels of one output tile. */
  tileAt(column: i32, row: i32): Window {
    const x = column * this.tile;
    const y = row * this.tile;
    return new Window(x, y, min(x + this.tile, this.width), min(y + this.tile, this.height));
  }
}

export class Frame {
  samples: Array<PlacedTile> = new Array<PlacedTile>();
  masks: Array<PlacedTile> = new Array<PlacedTile>();
  constructor(public masked: bool) {}
}

export class Scene {
  frames: Array<Frame> = new Array<Frame>();
  constructor(
    public plan: Plan,
    public tile: Window,
    public mode: i32,
    public exponents: Exponents,
    public emitted: i32,
    public channels: i32,
  ) {}
}

export function readPlan(args: i32, count: i32): Plan {
  const levels = integer(args, count, 2, 2, maxLevels);
  const cut = integer(args, count, 3, 1, min(maxCut, levels - 1));
  const tile = integer(args, count, 4, 1 << cut, maxTile);
  check(tile % (1 << cut) == 0, "the side of a tile is no multiple of 2^K");
  return new Plan(
    integer(args, count, 0, 1, maxSide),
    integer(args, count, 1, 1, maxSide),
    levels,
    cut,
    tile,
  );
}

/** Reads the scene; the first `skipped` inputs are not tiles of frames. */
export function readScene(args: i32, argCount: i32, inputs: i32, inputCount: i32, skipped: i32): Scene {
  const plan = readPlan(args, argCount);
  const column = integer(args, argCount, 5, 0, plan.columns - 1);
  const row = integer(args, argCount, 6, 0, plan.rows - 1);
  const frames = integer(args, argCount, 7, 1, maxFrames);
  const exponents = new Exponents(
    exponentAt(args, argCount, 9),
    exponentAt(args, argCount, 10),
    exponentAt(args, argCount, 11),
  );
  const scene = new Scene(
    plan,
    plan.tileAt(column, row),
    integer(args, argCount, 8, modeFusion, modeBlending),
    exponents,
    integer(args, argCount, 12, 1, 4),
    integer(args, argCount, 13, 3, 4),
  );
  check(scene.mode == modeFusion || !exponents.any, "layers are blended by their masks alone");
  let next = 14;
  for (let i = 0; i < frames; i++) {
    scene.frames.push(new Frame(integer(args, argCount, next++, 0, 1) == 1));
  }
  check(argCount == next + 4 * (inputCount - skipped), "the arguments do not fit the number of inputs");
  for (let i = skipped; i < inputCount; i++) {
    const frame = scene.frames[integer(args, argCount, next++, 0, frames - 1)];
    const isMask = integer(args, argCount, next++, 0, 1) == 1;
    const x = integer(args, argCount, next++, 0, maxSide);
    const y = integer(args, argCount, next++, 0, maxSide);
    const tile = readTile(inputs, inputCount, i);
    check(tile.channels != 2 && (!isMask || tile.channels == 1), "a tile has the wrong number of channels");
    if (isMask) check(frame.masked, "a mask was given for a frame that has none");
    (isMask ? frame.masks : frame.samples).push(new PlacedTile(tile, x, y));
  }
  return scene;
}

function exponentAt(args: i32, count: i32, index: i32): f32 {
  const value = argument(args, count, index);
  check(value >= 0 && value <= maxExponent, "an exponent is out of its range");
  return <f32>value;
}
