// Fusion of n registered frames (Mertens, Kautz, Van Reeth: "Exposure Fusion", Pacific Graphics 2007), and multi-band blending of
// layers (Burt, Adelson: "A Multiresolution Spline", ACM TOG 1983) with the same pyramids. The picture is cut into square output tiles; the K finest
// levels are made tile by tile, the others at once:
//
//   fusionDown    for each output tile: weights and K halvings of each frame
//   fusionReduce  once: all coarser levels, blended and collapsed
//   fusionUp      for each output tile: the fine levels again, the collapsed coarse level added, the tile emitted
//
// Any tile size and any K give the same bits: windows and borders are in the picture's coordinates, and frames are summed by index.
//
// fusionDown and fusionUp take the same arguments:
//    0, 1   width and height of the picture
//    2      levels of the pyramid, the finest included: 2 … 24
//    3      K, 1 … 8 and less than the levels
//    4      side of the output tiles, a multiple of 2^K, at most 4,096
//    5, 6   column and row of this tile
//    7      n: frames in this task, 1 … 64
//    8      mode: 0 fusion (each frame must cover the window); 1 blending (a layer may cover any part, the weights are its masks, and each level is divided by
//           the sum of its weights)
//    9-11   exponents of contrast, saturation and well-exposedness, 0 … 8 (0, 0, 0 for blending)
//    12     what fusionUp emits: 1 = u8, 2 = u16, 3 = f32 (not clamped), 4 = u16 in fixed point and its histograms, for fusionNormalize
//    13     channels that fusionUp emits: 3, or 4 with alpha: the greatest value where any frame has weight, else 0
//    14 …   n flags: 1 when the frame has a mask; its weight is then 0 where no mask tile lies
//    then   four numbers for each tile among the inputs: index of the frame, 0 = samples or 1 = mask, x and y of its first pixel in the picture
// Inputs: (fusionUp: the tile of fusionReduce, then) the tiles, in that order, of any size. Samples have 1 channel (grey), 3 (RGB) or 4 (RGB, and a factor of the
// weight), u8, u16 or f32; a mask has 1 channel and is a factor of the weight. All tiles that meet the tile's window must be given: `fusionHalo(K)` pixels
// more on each side (graph/fusion-windows.ts). A layer has RGB 0 and weight 0 where it has no tile, so let a layer reach over the edge of its mask (a warp
// that repeats its border): what lies within 2^levels pixels of a mask seeps into the picture.
// Outputs: fusionDown: for each frame level K of RGB and weight, f32 of 4 channels, the part that belongs to the tile alone. fusionUp: the tile; and
// with kind 4 its histograms.
//
// fusionReduce: 0-4 as above; 5 the number of frames; 6 the mode; then for each input the frame and the number of the tile (row · columns + column).
// Pairs that are not given count as zero. Inputs: outputs of fusionDown. Outputs: for each tile of the picture the collapsed level K with its margin.
//
// fusionLimits: 0, 1 percent of the pixels that become black and white. Inputs: histograms. Outputs: {u32 low, u32 high} in fixed point.
// fusionHistogram: no arguments. Inputs: histograms. Outputs: their sum.
// fusionNormalize: 0 kind of the samples that are emitted, 1 = u8 or 2 = u16. Inputs: the limits, a tile in fixed point. Outputs: the tile.
import { argument, check, inputAddress, inputBytes, integer, outputs, setOutput } from "./abi";
import { TileBlend } from "./fusion/blend";
import { collapseCoarse, readParts } from "./fusion/coarse";
import { emitFixed, emitRow, sampleOf } from "./fusion/emit";
import { FinePyramids, windowsUpFrom } from "./fusion/fine";
import { histogramBytes, limitsOf, newHistograms, stretch, sumHistograms } from "./fusion/histogram";
import { Level, pixelBytes } from "./fusion/pyramid";
import { Plan, modeBlending, modeFusion, readPlan, readScene } from "./fusion/scene";
import { Window, shareOf } from "./fusion/window";
import { headerBytes, newTile, readTile, sampleF32, tileBytes } from "./tile";

export { allocate, failure } from "./abi";

const maxFramesOfPicture: i32 = 4_096;
const maxTilesOfPicture: i32 = 4_096;

export function fusionDown(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const scene = readScene(args, argCount, inputs, inputCount, 0);
  const cut = scene.plan.cut;
  const share = shareOf(scene.tile, cut);
  const pyramids = new FinePyramids(scene, share, false);
  pyramids.makeUpTo(cut, share.y1 - 1);
  const frames = scene.frames.length;
  const table = outputs(frames);
  for (let frame = 0; frame < frames; frame++) putLevel(table, frame, pyramids.level(frame, cut), share);
  return table;
}

export function fusionReduce(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const plan = readPlan(args, argCount);
  const frames = integer(args, argCount, 5, 1, maxFramesOfPicture);
  const mode = integer(args, argCount, 6, modeFusion, modeBlending);
  check(plan.columns * plan.rows <= maxTilesOfPicture, "the picture has too many tiles");
  const parts = readParts(plan, frames, args, argCount, 7, inputs, inputCount);
  const level = collapseCoarse(plan, frames, mode, parts);
  const table = outputs(plan.columns * plan.rows);
  for (let number = 0; number < plan.columns * plan.rows; number++) {
    const tile = plan.tileAt(number % plan.columns, number / plan.columns);
    putLevel(table, number, level, windowsUpFrom(tile, plan)[plan.cut]);
  }
  return table;
}

export function fusionUp(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const scene = readScene(args, argCount, inputs, inputCount, 1);
  const plan = scene.plan;
  const tile = scene.tile;
  const windows = windowsUpFrom(tile, plan);
  const coarsest = takeLevel(inputs, inputCount, windows[plan.cut], plan);
  const blend = new TileBlend(scene, new FinePyramids(scene, windows[plan.cut], true), windows, coarsest);
  const fixed = scene.emitted == emitFixed;
  const histograms = fixed ? newHistograms() : 0;
  const sample = sampleOf(scene.emitted);
  const address = newTile(sample, scene.channels, tile.width, tile.height);
  let to = address + headerBytes;
  for (let y = tile.y0; y < tile.y1; y++) {
    to = emitRow(blend.row(y), tile.width, scene.emitted, scene.channels, histograms, to);
  }
  const table = outputs(fixed ? 2 : 1);
  setOutput(table, 0, address, tileBytes(sample, scene.channels, tile.width, tile.height));
  if (fixed) setOutput(table, 1, histograms, histogramBytes);
  return table;
}

export function fusionHistogram(_args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  check(argCount == 0, "there are no arguments");
  const table = outputs(1);
  setOutput(table, 0, sumHistograms(inputs, inputCount), histogramBytes);
  return table;
}

export function fusionLimits(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const black = percentAt(args, argCount, 0);
  const white = percentAt(args, argCount, 1);
  const table = outputs(1);
  setOutput(table, 0, limitsOf(sumHistograms(inputs, inputCount), black, white), 8);
  return table;
}

export function fusionNormalize(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const sample = <u32>integer(args, argCount, 0, 1, 2);
  check(inputCount == 2 && inputBytes(inputs, inputCount, 0) == 8, "the limits are missing");
  const limits = inputAddress(inputs, inputCount, 0);
  const low = load<u32>(limits);
  const high = load<u32>(limits, 4);
  check(low < 65_536 && high < 65_536, "the limits are out of range");
  const tile = readTile(inputs, inputCount, 1);
  const table = outputs(1);
  const address = stretch(tile, <i32>low, <i32>high, sample);
  setOutput(table, 0, address, tileBytes(sample, tile.channels, tile.width, tile.height));
  return table;
}

function percentAt(args: i32, count: i32, index: i32): f64 {
  const value = argument(args, count, index);
  check(value >= 0 && value <= 50, "a percentage is out of its range");
  return value;
}

/** Output `index`: a window of a level, as a tile of four channels. */
function putLevel(table: i32, index: i32, level: Level, window: Window): void {
  const address = newTile(sampleF32, 4, window.width, window.height);
  const bytes = <usize>(window.width * pixelBytes);
  let to = address + headerBytes;
  for (let y = window.y0; y < window.y1; y++) {
    memory.copy(to, level.pixel(window.x0, y), bytes);
    to += bytes;
  }
  setOutput(table, index, address, tileBytes(sampleF32, 4, window.width, window.height));
}

/** The first input: the collapsed level K in the window that the tile needs. */
function takeLevel(inputs: i32, inputCount: i32, window: Window, plan: Plan): Level {
  const tile = readTile(inputs, inputCount, 0);
  check(
    tile.sample == sampleF32 &&
      tile.channels == 4 &&
      tile.width == window.width &&
      tile.height == window.height,
    "the coarse level is not that of the tile",
  );
  return new Level(window, plan.widthAt(plan.cut), plan.heightAt(plan.cut), tile.data, -1);
}
