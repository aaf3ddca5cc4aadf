// Gains that bring the exposures together: least squares on the logarithms of the ratios in the overlaps, so nothing pulls a gain towards one but their mean.
import { check, outputs, setOutput } from "../abi";
import { readTile, sampleU8, Tile } from "../tile";
import {
  cameraCount,
  cameraGain,
  cameraHeight,
  cameraOf,
  camerasBytes,
  cameraWidth,
  isInside,
  isUsed,
  layoutBounds,
  layoutOf,
  pixelX,
  pixelY,
  project,
  readCameras,
} from "./cameras";
import { add, copy, f64s, get, set, solve } from "./linear";
import { rayAt, rayX, rayY, rayZ, spherical } from "./projection";
import { decodeTable } from "./transfer";

const samples: i32 = 600;
/** Darker and brighter samples say nothing about an exposure. */
const darkest: i32 = 12;
const brightest: i32 = 245;
/** Ratios beyond this come from what moved, or from errors. */
const wildest: f64 = 2.5;

let linear: usize = 0;

/** `panoramaGains(; cameras, thumbnail of each frame)`: the cameras with their gains, in linear light; their geometric mean is one. */
export function panoramaGains(_args: i32, _argCount: i32, inputs: i32, inputCount: i32): i32 {
  const given = readCameras(inputs, inputCount, 0);
  const count = cameraCount(given);
  check(inputCount == count + 1, "there are not as many thumbnails as cameras");
  const blob = heap.alloc(camerasBytes(count));
  memory.copy(blob, given, camerasBytes(count));
  linear = decodeTable(256);
  const sums = f64s(count * count);
  const weights = f64s(count * count);
  sumOverlaps(blob, inputs, inputCount, sums, weights);
  solveGains(blob, count, sums, weights);
  const table = outputs(1);
  setOutput(table, 0, blob, <i32>camerasBytes(count));
  return table;
}

/** Sums the logarithms of a over b, and how many there are, over a raster of the sphere. */
function sumOverlaps(blob: usize, inputs: i32, inputCount: i32, sums: usize, weights: usize): void {
  const count = cameraCount(blob);
  const thumbs = heap.alloc(<usize>count * 4);
  for (let index = 0; index < count; index++) {
    const tile = readTile(inputs, inputCount, index + 1);
    check(tile.sample == sampleU8 && tile.channels == 3, "a thumbnail is of bytes in three channels");
    store<u32>(thumbs + ((<usize>index) << 2), <u32>changetype<usize>(tile));
  }
  const layout = layoutOf(blob, spherical);
  const wide = get(layout, layoutBounds + 2) - get(layout, layoutBounds);
  const high = get(layout, layoutBounds + 3) - get(layout, layoutBounds + 1);
  const step = max(wide, high) / <f64>samples;
  if (!(step > 0)) return;
  const light = f64s(count);
  for (let row = 0; row < min(<i32>(high / step), samples); row++) {
    for (let column = 0; column < min(<i32>(wide / step), samples); column++) {
      const u = get(layout, layoutBounds) + (<f64>column + 0.5) * step;
      const v = get(layout, layoutBounds + 1) + (<f64>row + 0.5) * step;
      rayAt(spherical, u, v);
      for (let index = 0; index < count; index++) {
        const tile = changetype<Tile>(<usize>load<u32>(thumbs + ((<usize>index) << 2)));
        set(light, index, lightOf(cameraOf(blob, index), tile));
      }
      sumRatios(light, count, sums, weights);
    }
  }
}

/** Linear light where the last ray falls, or 0 when it cannot be told. */
function lightOf(camera: usize, tile: Tile): f64 {
  if (
    !isUsed(camera) ||
    !project(camera, rayX, rayY, rayZ) ||
    !isInside(camera, 0.02 * get(camera, cameraWidth))
  ) {
    return 0;
  }
  const x = <i32>((pixelX / get(camera, cameraWidth)) * <f64>tile.width);
  const y = <i32>((pixelY / get(camera, cameraHeight)) * <f64>tile.height);
  const at = tile.data + (min(y, tile.height - 1) * tile.width + min(x, tile.width - 1)) * 3;
  let sum: f64 = 0;
  for (let channel: usize = 0; channel < 3; channel++) {
    const sample = <i32>load<u8>(at + channel);
    if (sample < darkest || sample > brightest) return 0;
    sum += <f64>load<f32>(linear + ((<usize>sample) << 2));
  }
  return sum;
}

function sumRatios(light: usize, count: i32, sums: usize, weights: usize): void {
  for (let a = 0; a < count; a++) {
    if (get(light, a) == 0) continue;
    for (let b = a + 1; b < count; b++) {
      if (get(light, b) == 0) continue;
      const ratio = get(light, a) / get(light, b);
      if (ratio > wildest || ratio * wildest < 1) continue;
      add(sums, a * count + b, Math.log(ratio));
      add(weights, a * count + b, 1);
    }
  }
}

function solveGains(blob: usize, count: i32, sums: usize, weights: usize): void {
  const normal = f64s(count * count);
  const right = f64s(count);
  for (let a = 0; a < count; a++) {
    add(normal, a * count + a, 1e-6); // fixes the mean, and cameras that overlap nothing
    for (let b = a + 1; b < count; b++) {
      const weight = get(weights, a * count + b);
      const sum = get(sums, a * count + b);
      add(normal, a * count + a, weight);
      add(normal, b * count + b, weight);
      add(normal, a * count + b, -weight);
      add(normal, b * count + a, -weight);
      add(right, a, -sum);
      add(right, b, sum);
    }
  }
  const logs = f64s(count);
  copy(logs, right, count);
  if (!solve(normal, logs, count)) return;
  let mean: f64 = 0;
  let used: f64 = 0;
  for (let index = 0; index < count; index++) {
    if (!isUsed(cameraOf(blob, index))) continue;
    mean += get(logs, index);
    used += 1;
  }
  for (let index = 0; index < count; index++) {
    const camera = cameraOf(blob, index);
    if (isUsed(camera)) set(camera, cameraGain, Math.exp(get(logs, index) - mean / used));
  }
}
