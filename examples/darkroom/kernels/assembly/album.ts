// Entry of the sample album's renderer. Every operation is one of WebAssembly's own, so the pictures are the same everywhere.
import { argument, check, inputAddress, inputBytes, integer, outputs, setOutput } from "./abi";
import { Frame, respond } from "./album/expose";
import { Landscape } from "./album/landscape";
import { LightVolume } from "./album/light-volume";
import { Vector } from "./album/vector";
import { Painter } from "./album/paint";
import { View } from "./album/view";
import { headerBytes, newTile, readTile, sampleF32, tileBytes, sampleU8 } from "./tile";

export { allocate, failure } from "./abi";

function answer(address: usize, bytes: i32): i32 {
  const table = outputs(1);
  setOutput(table, 0, address, bytes);
  return table;
}

/** Args: cells in one direction. Output: the landscape's grid. */
export function landscape(args: i32, argCount: i32, _inputs: i32, _inputCount: i32): i32 {
  const cells = integer(args, argCount, 0, 16, 4096);
  const land = new Landscape(heap.alloc(<usize>Landscape.bytes(cells)), cells);
  land.make();
  return answer(land.address, Landscape.bytes(cells));
}

/** Output: the pavilion's indirect light. */
export function lightVolume(_args: i32, _argCount: i32, _inputs: i32, _inputCount: i32): i32 {
  const volume = new LightVolume(heap.alloc(<usize>LightVolume.bytes));
  volume.make(new Painter(new Landscape(0, 16), volume));
  return answer(volume.address, LightVolume.bytes);
}

/**
 * Args: cells of the landscape; width and height of the picture; first row and rows of the band; focal length in pixels; the
 * camera's place (3) and the matrix (9, row by row) from its axes (right, down, forward) to the world's; samples of a pixel.
 * Inputs: the landscape, the light volume. Output: the band's radiances as a tile of RGB in f32.
 */
export function paintView(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const cells = integer(args, argCount, 0, 16, 4096);
  check(inputBytes(inputs, inputCount, 0) == Landscape.bytes(cells), "the landscape has another size");
  check(inputBytes(inputs, inputCount, 1) == LightVolume.bytes, "the light volume has another size");
  const land = new Landscape(inputAddress(inputs, inputCount, 0), cells);
  const painter = new Painter(land, new LightVolume(inputAddress(inputs, inputCount, 1)));
  const view = new View(args, argCount, painter);
  const top = integer(args, argCount, 3, 0, view.height - 1);
  const rows = integer(args, argCount, 4, 1, view.height - top);
  const tile = newTile(sampleF32, 3, view.width, rows);
  view.paint(top, rows, tile + headerBytes);
  return answer(tile, tileBytes(sampleF32, 3, view.width, rows));
}

/**
 * Args: width and height of the frame; first row and rows; the truth's point under the frame's middle (2, pixels); the turn's
 * cosine and sine; sensor exposure of radiance 1; seed of the noise. Inputs: the truth's bands. Output: a tile of RGB, u8.
 */
export function exposeFrame(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const frame = new Frame();
  frame.width = integer(args, argCount, 0, 1, 16_384);
  frame.height = integer(args, argCount, 1, 1, 16_384);
  const top = integer(args, argCount, 2, 0, frame.height - 1);
  const rows = integer(args, argCount, 3, 1, frame.height - top);
  frame.middleX = argument(args, argCount, 4);
  frame.middleY = argument(args, argCount, 5);
  frame.cosine = argument(args, argCount, 6);
  frame.sine = argument(args, argCount, 7);
  frame.gain = argument(args, argCount, 8);
  frame.seed = <u32>integer(args, argCount, 9, 0, 1_000_000);
  check(inputCount > 0, "a frame needs the truth");
  for (let i = 0; i < inputCount; i++) frame.addBand(readTile(inputs, inputCount, i));
  return answer(frame.rows(top, rows), tileBytes(sampleU8, 3, frame.width, rows));
}

/** Output: the camera's response, as 4,096 f32 values in [0, 1] for sensor exposures from 0 to 1. */
export function cameraResponse(_args: i32, _argCount: i32, _inputs: i32, _inputCount: i32): i32 {
  const curve = heap.alloc(4096 * 4);
  for (let i = 0; i < 4096; i++) store<f32>(curve + ((<usize>i) << 2), <f32>respond(<f64>i / 4095));
  return answer(curve, 4096 * 4);
}
