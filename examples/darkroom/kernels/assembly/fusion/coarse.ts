// The levels from K on, of the whole picture at once; one frame after the other, so that only one pyramid and its sums are held.
import { check, inputAddress, integer } from "../abi";
import { headerBytes, readTile, sampleF32 } from "../tile";
import { Level, addLevel, addWhole, collapse, divideByWeight, halve, newColumns, newLevel } from "./pyramid";
import { pixelBytes } from "./pyramid";
import { Plan, modeBlending } from "./scene";
import { Window, shareOf } from "./window";

/** One output of fusionDown: level K of a frame, the part of one tile. */
class Part {
  constructor(
    public frame: i32,
    public window: Window,
    public data: usize,
  ) {}
}

/** Reads (frame, tile) pairs from argument `next` on, one for each input. */
export function readParts(
  plan: Plan,
  frames: i32,
  args: i32,
  argCount: i32,
  next: i32,
  inputs: i32,
  inputCount: i32,
): Array<Part> {
  check(argCount == next + 2 * inputCount, "the arguments do not fit the number of inputs");
  const parts = new Array<Part>();
  for (let i = 0; i < inputCount; i++) {
    const frame = integer(args, argCount, next++, 0, frames - 1);
    const number = integer(args, argCount, next++, 0, plan.columns * plan.rows - 1);
    const window = shareOf(plan.tileAt(number % plan.columns, number / plan.columns), plan.cut);
    const tile = readTile(inputs, inputCount, i);
    check(
      tile.sample == sampleF32 &&
        tile.channels == 4 &&
        tile.width == window.width &&
        tile.height == window.height,
      "an input is no level of its tile",
    );
    parts.push(new Part(frame, window, inputAddress(inputs, inputCount, i) + headerBytes));
  }
  return parts;
}

function wholeLevels(plan: Plan): Array<Level> {
  const levels = new Array<Level>();
  for (let level = plan.cut; level < plan.levels; level++) {
    const width = plan.widthAt(level);
    const height = plan.heightAt(level);
    levels.push(newLevel(new Window(0, 0, width, height), width, height, height));
  }
  return levels;
}

/** Blends and collapses all levels from K on; answers level K. */
export function collapseCoarse(plan: Plan, frames: i32, mode: i32, parts: Array<Part>): Level {
  const sums = wholeLevels(plan);
  const levels = wholeLevels(plan);
  const top = sums.length - 1;
  const columns = newColumns(plan.widthAt(plan.cut));
  for (let i = 0; i <= top; i++) memory.fill(sums[i].data, 0, <usize>sums[i].bytes);
  for (let frame = 0; frame < frames; frame++) {
    gather(levels[0], frame, parts);
    for (let i = 0; i < top; i++) halve(levels[i], levels[i + 1]);
    for (let i = 0; i < top; i++) addLevel(sums[i], levels[i], levels[i + 1], columns);
    addWhole(sums[top], levels[top]);
  }
  for (let i = top; i >= 0; i--) {
    if (mode == modeBlending) divideByWeight(sums[i].data, sums[i].bytes / pixelBytes);
    if (i < top) collapse(sums[i], sums[i + 1], columns);
  }
  return sums[0];
}

/** Puts a frame's parts together; where none is given it is 0. */
function gather(level: Level, frame: i32, parts: Array<Part>): void {
  memory.fill(level.data, 0, <usize>level.bytes);
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (part.frame != frame) continue;
    const bytes = <usize>(part.window.width * pixelBytes);
    for (let y = part.window.y0; y < part.window.y1; y++) {
      const from = part.data + <usize>(y - part.window.y0) * bytes;
      memory.copy(level.pixel(part.window.x0, y), from, bytes);
    }
  }
}
