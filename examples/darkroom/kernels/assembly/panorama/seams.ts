// Which frame is seen where, at the size of the thumbnails: each frame floods from where it is clearly the best, first over what differs most, so that the
// fronts meet where the frames are alike (Meyer's watershed; Gracias et al., "Fast Image Blending Using Watersheds and Graph Cuts", 2009).
import { check, integer, outputs, setOutput } from "../abi";
import { readTile, sampleU8, Tile } from "../tile";
import {
  cameraCount,
  cameraGain,
  cameraHeight,
  cameraOf,
  cameraWidth,
  isInside,
  isUsed,
  layoutBounds,
  layoutOf,
  layoutUsable,
  pixelX,
  pixelY,
  project,
  readCameras,
  summaryOf,
} from "./cameras";
import { f64s, get, set } from "./linear";
import { rayAt, rayX, rayY, rayZ } from "./projection";
import { decodeTable, encode } from "./transfer";

export const seamMagic: u32 = 0x31534456; // "VDS1"
/** Magic, width, height, a spare; then u and v of the upper left corner and the pixels of one unit, as f64. */
export const seamHeader: usize = 40;
/** Label of what no frame sees. */
export const nobody: u8 = 127;
/** Flag of a label whose frame may not reach all of the pixel. */
export const unsure: u8 = 128;
const maxPixels: f64 = 1_000_000;
/** A frame is clearly the best where its edge is so many times farther than the next frame's. */
const clearly: f64 = 2;
/** How far a frame must reach over a pixel, in pixels of the seams, to be sure of it. */
const surely: f64 = 1.6;
const spread: i32 = 2;
const levels: i32 = 256;

let width: i32 = 0;
let height: i32 = 0;
let labels: usize = 0;
/** A bit for each camera that surely sees the pixel: two i64. */
let seen: usize = 0;
/** How much the frames differ at the pixel, 0 to 255. */
let differences: usize = 0;
/** The frame whose edge is farthest. */
let best: usize = 0;

/** `panoramaSeams(projection; cameras, thumbnail of each frame)`: the frame of every pixel. One pixel of no frame when the projection is not usable. */
export function panoramaSeams(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const projection = integer(args, argCount, 0, 0, 2);
  const blob = readCameras(inputs, inputCount, 0);
  const count = cameraCount(blob);
  check(inputCount == count + 1, "there are not as many thumbnails as cameras");
  const layout = layoutOf(blob, projection);
  const wide = get(layout, layoutBounds + 2) - get(layout, layoutBounds);
  const high = get(layout, layoutBounds + 3) - get(layout, layoutBounds + 1);
  const usable = get(layout, layoutUsable) == 1;
  check(!usable || (wide > 0 && wide < 10 && high > 0 && high < 10), "a layout has no such bounds");
  const unit = usable ? unitOf(blob, inputs, inputCount, wide, high) : 1;
  width = usable ? max(<i32>Math.ceil(wide * unit), 1) : 1;
  height = usable ? max(<i32>Math.ceil(high * unit), 1) : 1;
  const seams = heap.alloc(seamHeader + <usize>(width * height));
  labels = seams + seamHeader;
  memory.fill(labels, nobody, <usize>(width * height));
  store<u32>(seams, seamMagic);
  store<u32>(seams, <u32>width, 4);
  store<u32>(seams, <u32>height, 8);
  store<u32>(seams, <u32>projection, 12);
  store<f64>(seams, get(layout, layoutBounds), 16);
  store<f64>(seams, get(layout, layoutBounds + 1), 24);
  store<f64>(seams, unit, 32);
  if (usable) {
    look(blob, projection, layout, unit, inputs, inputCount);
    flood();
    finish();
  }
  const table = outputs(1);
  setOutput(table, 0, seams, <i32>seamHeader + width * height);
  return table;
}

/** Pixels of the seams for one unit: those of the thumbnails, fewer when that would be too many. */
function unitOf(blob: usize, inputs: i32, inputCount: i32, wide: f64, high: f64): f64 {
  let finest: f64 = 0;
  for (let index = 0; index < cameraCount(blob); index++) {
    const tile = readTile(inputs, inputCount, index + 1);
    check(tile.sample == sampleU8 && tile.channels == 3, "a thumbnail is of bytes in three channels");
    if (!isUsed(cameraOf(blob, index))) continue;
    finest = max(finest, <f64>tile.width / get(cameraOf(blob, index), cameraWidth));
  }
  const unit = max(finest * get(summaryOf(blob), 0), 1);
  return min(unit, Math.sqrt(maxPixels / (wide * high)));
}

/** Sets the labels of pixels where one frame is clearly the best, and gathers what the flood needs. */
function look(blob: usize, projection: i32, layout: usize, unit: f64, inputs: i32, inputCount: i32): void {
  const count = cameraCount(blob);
  const pixels = <usize>(width * height);
  seen = heap.alloc(pixels * 16);
  memory.fill(seen, 0, pixels * 16);
  differences = heap.alloc(pixels);
  best = heap.alloc(pixels);
  memory.fill(best, nobody, pixels);
  const thumbs = heap.alloc(<usize>count * 4);
  const insets = f64s(count);
  const tables = heap.alloc(<usize>count * 4);
  const linear = decodeTable(256);
  for (let index = 0; index < count; index++) {
    const camera = cameraOf(blob, index);
    store<u32>(
      thumbs + ((<usize>index) << 2),
      <u32>changetype<usize>(readTile(inputs, inputCount, index + 1)),
    );
    store<u32>(tables + ((<usize>index) << 2), <u32>gainTable(linear, get(camera, cameraGain)));
    set(insets, index, (surely * get(summaryOf(blob), 0)) / unit);
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = get(layout, layoutBounds) + (<f64>x + 0.5) / unit;
      const v = get(layout, layoutBounds + 1) + (<f64>y + 0.5) / unit;
      rayAt(projection, u, v);
      lookAt(blob, count, <usize>(y * width + x), thumbs, tables, insets);
    }
  }
}

/** 256 bytes: samples after the gain. */
function gainTable(linear: usize, gain: f64): usize {
  const table = heap.alloc(256);
  for (let sample: usize = 0; sample < 256; sample++) {
    const light = <f64>load<f32>(linear + (sample << 2)) * gain;
    store<u8>(table + sample, <u8>(encode(min(max(light, 0), 1)) * 255 + 0.5));
  }
  return table;
}

function lookAt(blob: usize, count: i32, at: usize, thumbs: usize, tables: usize, insets: usize): void {
  let first: f64 = -1;
  let second: f64 = -1;
  let sure = false;
  let low0 = 255;
  let low1 = 255;
  let low2 = 255;
  let high0 = 0;
  let high1 = 0;
  let high2 = 0;
  for (let index = 0; index < count; index++) {
    const camera = cameraOf(blob, index);
    if (!isUsed(camera) || !project(camera, rayX, rayY, rayZ) || !isInside(camera, 0)) continue;
    const inside = isInside(camera, get(insets, index));
    const edge = edgeDistance(camera);
    if (inside && !sure) {
      first = -1; // whoever reaches over the pixel is better than who does not
      second = -1;
      sure = true;
    }
    if (inside == sure) {
      if (edge > first) {
        second = first;
        first = edge;
        store<u8>(best + at, <u8>index | (sure ? 0 : unsure));
      } else second = max(second, edge);
    }
    if (!inside) continue;
    const word = seen + (at << 4) + (index >= 64 ? 8 : 0);
    store<i64>(word, load<i64>(word) | ((<i64>1) << (<i64>(index & 63))));
    const tile = changetype<Tile>(<usize>load<u32>(thumbs + ((<usize>index) << 2)));
    const table = <usize>load<u32>(tables + ((<usize>index) << 2));
    const pixel = thumbPixel(camera, tile);
    const c0 = <i32>load<u8>(table + load<u8>(pixel));
    const c1 = <i32>load<u8>(table + load<u8>(pixel, 1));
    const c2 = <i32>load<u8>(table + load<u8>(pixel, 2));
    low0 = min(low0, c0);
    low1 = min(low1, c1);
    low2 = min(low2, c2);
    high0 = max(high0, c0);
    high1 = max(high1, c1);
    high2 = max(high2, c2);
  }
  const difference = max(max(high0 - low0, high1 - low1), max(high2 - low2, 0));
  store<u8>(differences + at, <u8>difference);
  if (first >= 0 && (!sure || first >= clearly * second)) store<u8>(labels + at, load<u8>(best + at));
}

function thumbPixel(camera: usize, tile: Tile): usize {
  const x = <i32>((pixelX / get(camera, cameraWidth)) * <f64>tile.width);
  const y = <i32>((pixelY / get(camera, cameraHeight)) * <f64>tile.height);
  return tile.data + (min(y, tile.height - 1) * tile.width + min(x, tile.width - 1)) * 3;
}

/** Distance of the last projected point from the frame's edge, as a share of the shorter side. */
function edgeDistance(camera: usize): f64 {
  const w = get(camera, cameraWidth);
  const h = get(camera, cameraHeight);
  return min(min(pixelX, w - pixelX), min(pixelY, h - pixelY)) / min(w, h);
}

let heads: usize = 0;
let tails: usize = 0;
let follows: usize = 0;

function enqueue(level: i32, at: i32): void {
  store<i32>(follows + ((<usize>at) << 2), -1);
  const tail = load<i32>(tails + ((<usize>level) << 2));
  if (tail < 0) store<i32>(heads + ((<usize>level) << 2), at);
  else store<i32>(follows + ((<usize>tail) << 2), at);
  store<i32>(tails + ((<usize>level) << 2), at);
}

/** Floods the pixels without a label from those that have one, the greatest difference first. */
function flood(): void {
  heads = heap.alloc(levels * 4);
  tails = heap.alloc(levels * 4);
  follows = heap.alloc(<usize>(width * height) * 4);
  memory.fill(heads, 255, levels * 4); // −1: empty
  memory.fill(tails, 255, levels * 4);
  for (let at = 0; at < width * height; at++) {
    if (load<u8>(labels + at) < nobody) enqueue(levels - 1, at);
  }
  for (let level = levels - 1; level >= 0; level--) {
    const head = heads + ((<usize>level) << 2);
    while (load<i32>(head) >= 0) {
      const at = load<i32>(head);
      const next = load<i32>(follows + ((<usize>at) << 2));
      store<i32>(head, next);
      if (next < 0) store<i32>(tails + ((<usize>level) << 2), -1);
      const x = at % width;
      const label = load<u8>(labels + at);
      if (x > 0) take(at - 1, label, level);
      if (x < width - 1) take(at + 1, label, level);
      if (at >= width) take(at - width, label, level);
      if (at < width * (height - 1)) take(at + width, label, level);
    }
  }
}

function take(at: i32, label: u8, level: i32): void {
  if (load<u8>(labels + at) != nobody) return;
  const word = load<i64>(seen + ((<usize>at) << 4) + (label >= 64 ? 8 : 0));
  if (((word >> <i64>(label & 63)) & 1) == 0) return;
  store<u8>(labels + at, label);
  enqueue(min(level, <i32>load<u8>(differences + at)), at);
}

/** What no flood reached has the frame whose edge is farthest; then the labels grow a little over the rim, where the frames themselves end. */
function finish(): void {
  for (let at = 0; at < width * height; at++) {
    if (load<u8>(labels + at) == nobody) store<u8>(labels + at, load<u8>(best + at));
  }
  const before = heap.alloc(<usize>(width * height));
  for (let round = 0; round < spread; round++) {
    memory.copy(before, labels, <usize>(width * height));
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (load<u8>(before + (y * width + x)) != nobody) continue;
        const near = neighbour(before, x, y);
        if (near != nobody) store<u8>(labels + (y * width + x), near | unsure);
      }
    }
  }
}

function neighbour(before: usize, x: i32, y: i32): u8 {
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) {
      if (x + dx < 0 || y + dy < 0 || x + dx >= width || y + dy >= height) continue;
      const label = load<u8>(before + ((y + dy) * width + x + dx));
      if (label != nobody) return label;
    }
  }
  return nobody;
}
