// Grey pictures of whole frames, and their pyramids.
import { check } from "../abi";
import { readTile, sampleU8 } from "../tile";
import { storageSide } from "./region";

/** A level with its longer side at most this is the last one. */
const smallest: i32 = 96;

/** A grey picture, smaller than its frame by 2^shift. */
@unmanaged
export class Grey {
  width: i32;
  height: i32;
  frameWidth: i32;
  frameHeight: i32;
  shift: i32;
  /** u8, row by row. */
  data: usize;
}

/** One level: values and weights, f32, row by row. */
@unmanaged
export class Level {
  width: i32;
  height: i32;
  /** Pixels of the frame for one of this level. */
  scale: f64;
  /** Centre of the frame, in pixels of this level. */
  centreX: f64;
  centreY: f64;
  values: usize;
  /** How much each value is worth; 0 when all are worth the same. */
  weights: usize;
}

@unmanaged
export class Pyramid {
  levels: i32;
  /** Addresses of the levels, the finest first. */
  at: usize;
}

export function levelOf(pyramid: Pyramid, index: i32): Level {
  return changetype<Level>(load<usize>(pyramid.at + ((<usize>index) << 2)));
}

/** Puts together the grey tiles from input `first`. */
export function readGrey(
  inputs: i32,
  inputCount: i32,
  first: i32,
  frameWidth: i32,
  frameHeight: i32,
  shift: i32,
): Grey {
  const grey = changetype<Grey>(heap.alloc(offsetof<Grey>()));
  const size = 1 << shift;
  grey.frameWidth = frameWidth;
  grey.frameHeight = frameHeight;
  grey.shift = shift;
  grey.width = (frameWidth + size - 1) >> shift;
  grey.height = (frameHeight + size - 1) >> shift;
  grey.data = heap.alloc(<usize>(grey.width * grey.height));
  const columns = (frameWidth + storageSide - 1) / storageSide;
  const rows = (frameHeight + storageSide - 1) / storageSide;
  check(inputCount == 2 * columns * rows, "a tile of the pictures is missing");
  const side = storageSide >> shift;
  for (let index = 0; index < columns * rows; index++) {
    const tile = readTile(inputs, inputCount, first + index);
    const left = (index % columns) * side;
    const top = (index / columns) * side;
    check(
      tile.sample == sampleU8 &&
        tile.channels == 1 &&
        tile.width == min(side, grey.width - left) &&
        tile.height == min(side, grey.height - top),
      "a grey tile is not what its place asks for",
    );
    for (let y = 0; y < tile.height; y++) {
      memory.copy(
        grey.data + <usize>((top + y) * grey.width + left),
        tile.data + <usize>(y * tile.width),
        <usize>tile.width,
      );
    }
  }
  return grey;
}

/** The darker picture with its tones mapped: `tones` are 256 pairs of f32, value and weight. */
export function darkPyramid(grey: Grey, tones: usize): Pyramid {
  const finest = newLevel(grey);
  const count = grey.width * grey.height;
  finest.weights = heap.alloc((<usize>count) << 2);
  for (let pixel = 0; pixel < count; pixel++) {
    const tone = tones + ((<usize>load<u8>(grey.data + <usize>pixel)) << 3);
    store<f32>(finest.values + ((<usize>pixel) << 2), load<f32>(tone));
    store<f32>(finest.weights + ((<usize>pixel) << 2), load<f32>(tone, 4));
  }
  return pyramid(finest);
}

export function brightPyramid(grey: Grey): Pyramid {
  const finest = newLevel(grey);
  const count = grey.width * grey.height;
  for (let pixel = 0; pixel < count; pixel++) {
    store<f32>(finest.values + ((<usize>pixel) << 2), <f32>load<u8>(grey.data + <usize>pixel));
  }
  finest.weights = 0;
  return pyramid(finest);
}

function newLevel(grey: Grey): Level {
  const level = changetype<Level>(heap.alloc(offsetof<Level>()));
  level.width = grey.width;
  level.height = grey.height;
  level.scale = <f64>(1 << grey.shift);
  level.centreX = (<f64>(grey.frameWidth - 1) / 2 - (level.scale - 1) / 2) / level.scale;
  level.centreY = (<f64>(grey.frameHeight - 1) / 2 - (level.scale - 1) / 2) / level.scale;
  level.values = heap.alloc((<usize>(grey.width * grey.height)) << 2);
  return level;
}

/** Halves until the picture is small; every level is then smoothed a little, so that what lies between pixels is known better. */
function pyramid(finest: Level): Pyramid {
  const made = changetype<Pyramid>(heap.alloc(offsetof<Pyramid>()));
  made.at = heap.alloc(32 << 2);
  made.levels = 0;
  let level = finest;
  while (true) {
    store<usize>(made.at + ((<usize>made.levels) << 2), changetype<usize>(level));
    made.levels++;
    if (max(level.width, level.height) <= smallest || min(level.width, level.height) < 16) break;
    level = halved(level);
  }
  for (let index = 0; index < made.levels; index++) smooth(levelOf(made, index));
  return made;
}

function halved(large: Level): Level {
  const level = changetype<Level>(heap.alloc(offsetof<Level>()));
  level.width = large.width >> 1;
  level.height = large.height >> 1;
  level.scale = large.scale * 2;
  level.centreX = (large.centreX - 0.5) / 2;
  level.centreY = (large.centreY - 0.5) / 2;
  level.values = halvedPlane(large, large.values, level);
  level.weights = large.weights == 0 ? 0 : halvedPlane(large, large.weights, level);
  return level;
}

function halvedPlane(large: Level, plane: usize, level: Level): usize {
  const small = heap.alloc((<usize>(level.width * level.height)) << 2);
  const stride = (<usize>large.width) << 2;
  for (let y = 0; y < level.height; y++) {
    let from = plane + <usize>(2 * y) * stride;
    let to = small + ((<usize>(y * level.width)) << 2);
    for (let x = 0; x < level.width; x++) {
      const upper = load<f32>(from) + load<f32>(from, 4);
      const lower = load<f32>(from + stride) + load<f32>(from + stride, 4);
      store<f32>(to, (upper + lower) * 0.25);
      from += 8;
      to += 4;
    }
  }
  return small;
}

/** [1 2 1]/4 in both directions, in place; the edge repeats. */
function smooth(level: Level): void {
  const width = (<usize>level.width) << 2;
  const above = heap.alloc(width);
  const here = heap.alloc(width);
  memory.copy(above, level.values, width);
  for (let y = 0; y < level.height; y++) {
    const row = level.values + <usize>y * width;
    const below = y + 1 < level.height ? row + width : row;
    memory.copy(here, row, width);
    for (let x: usize = 0; x < width; x += 4) {
      const sum = load<f32>(above + x) + load<f32>(below + x);
      store<f32>(row + x, (sum + 2 * load<f32>(here + x)) * 0.25);
    }
    memory.copy(above, here, width);
    let left = load<f32>(row);
    for (let x: usize = 0; x < width; x += 4) {
      const middle = load<f32>(row + x);
      const right = x + 4 < width ? load<f32>(row + x, 4) : middle;
      store<f32>(row + x, (left + 2 * middle + right) * 0.25);
      left = middle;
    }
  }
}
