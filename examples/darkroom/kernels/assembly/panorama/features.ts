// Corners with oriented binary descriptors: Harris corners over a pyramid, spread over a grid (Brown, Szeliski and Winder, "Multi-Image Matching using
// Multi-Scale Oriented Patches", 2005), orientation by the intensity centroid and BRIEF turned by it (Rublee et al., "ORB", 2011; Calonder et al., "BRIEF", 2010).
import { integer, outputs, setOutput } from "../abi";
import { headerBytes, newTile, sampleU8, tileBytes } from "../tile";
import { readLevel } from "./grid";
import { at, blur, newPlane, Plane, resize, value } from "./plane";
import { tileSide } from "./reduce";
import { randomBelow, seedRandom } from "./random";

export const featureMagic: u32 = 0x31464456; // "VDF1"
export const featureHeader: usize = 16;
/** x and y as f32 in pixels of the level, then 32 bytes of descriptor. */
export const featureBytes: usize = 40;
const octaves: i32 = 4;
const octaveStep: f64 = 1.25;
const cellsWanted: f64 = 300;
const bestOfCell: i32 = 3;
/** Radius of the descriptor's patch; nothing is looked for nearer to the edge. */
const radius: i32 = 15;
const margin: i32 = 18;
/** A weaker corner is noise: about two grey levels across a pixel. */
const weakest: f32 = 4;
/** Smallest level that can hold a corner. */
const smallestSide: i32 = 64;
export const maxFeatures: i32 = 8192;

/** 256 pairs of points, {i8 ax, ay, bx, by}. */
let pattern: usize = 0;

/** `panoramaFeatures(side, columns; tiles)`: features of a level, its grey tile (u8), its thumbnail (u8, colour). */
export function panoramaFeatures(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const side = tileSide(args, argCount, 0);
  const level = readLevel(inputs, inputCount, side, integer(args, argCount, 1, 1, 256));
  const grey = level.grey;
  const blob = heap.alloc(featureHeader + <usize>maxFeatures * featureBytes);
  makePattern();
  let found = 0;
  let scale: f64 = 1;
  const image = newPlane(grey.width, grey.height);
  const work = newWork(grey.width, grey.height);
  for (let octave = 0; octave < octaves; octave++) {
    image.width = <i32>(<f64>grey.width / scale);
    image.height = <i32>(<f64>grey.height / scale);
    if (min(image.width, image.height) < smallestSide) break;
    resize(grey, image);
    found = findCorners(image, work, <f64>grey.width / <f64>image.width, blob, found);
    scale *= octaveStep;
  }
  store<u32>(blob, featureMagic);
  store<u32>(blob, <u32>found, 4);
  store<u32>(blob, <u32>grey.width, 8);
  store<u32>(blob, <u32>grey.height, 12);
  const table = outputs(3);
  setOutput(table, 0, blob, <i32>(featureHeader + <usize>found * featureBytes));
  setOutput(table, 1, greyTile(grey), tileBytes(sampleU8, 1, grey.width, grey.height));
  setOutput(table, 2, level.thumb, tileBytes(sampleU8, 3, level.thumbWidth, level.thumbHeight));
  return table;
}

function greyTile(grey: Plane): usize {
  const tile = newTile(sampleU8, 1, grey.width, grey.height);
  for (let index = 0; index < grey.width * grey.height; index++) {
    const sample = load<f32>(grey.data + ((<usize>index) << 2));
    store<u8>(tile + headerBytes + index, <u8>(sample + 0.5));
  }
  return tile;
}

/** Points drawn from about a Gaussian, within the circle. */
function makePattern(): void {
  pattern = heap.alloc(1024);
  seedRandom(0x5eed);
  for (let index: usize = 0; index < 512; index++) {
    let x = 0;
    let y = 0;
    do {
      x = gaussian();
      y = gaussian();
    } while (x * x + y * y > (radius - 1) * (radius - 1));
    store<i8>(pattern + index * 2, <i8>x);
    store<i8>(pattern + index * 2, <i8>y, 1);
  }
}

/** Sum of three equal draws: standard deviation 6. */
function gaussian(): i32 {
  return randomBelow(13) + randomBelow(13) + randomBelow(13) - 18;
}

@unmanaged
class Work {
  xx: Plane;
  xy: Plane;
  yy: Plane;
  spare: Plane;
}

function newWork(width: i32, height: i32): Work {
  const work = changetype<Work>(heap.alloc(offsetof<Work>()));
  work.xx = newPlane(width, height);
  work.xy = newPlane(width, height);
  work.yy = newPlane(width, height);
  work.spare = newPlane(width, height);
  return work;
}

function shape(plane: Plane, like: Plane): void {
  plane.width = like.width;
  plane.height = like.height;
}

/** Adds the corners of one octave; answers how many there are now. */
function findCorners(image: Plane, work: Work, scale: f64, blob: usize, before: i32): i32 {
  shape(work.xx, image);
  shape(work.xy, image);
  shape(work.yy, image);
  shape(work.spare, image);
  blur(image, work.spare);
  cornerness(image, work);
  const side = max(32, <i32>Math.sqrt((<f64>image.width * <f64>image.height) / cellsWanted));
  let found = before;
  for (let top = margin; top < image.height - margin; top += side) {
    for (let left = margin; left < image.width - margin; left += side) {
      const right = min(left + side, image.width - margin);
      const bottom = min(top + side, image.height - margin);
      found = bestCorners(image, work, left, top, right, bottom, scale, blob, found);
    }
  }
  return found;
}

/** Harmonic mean of the eigenvalues of the structure tensor, into `work.xx`. */
function cornerness(image: Plane, work: Work): void {
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      const gx = value(image, min(x + 1, image.width - 1), y) - value(image, max(x - 1, 0), y);
      const gy = value(image, x, min(y + 1, image.height - 1)) - value(image, x, max(y - 1, 0));
      store<f32>(at(work.xx, x, y), gx * gx);
      store<f32>(at(work.xy, x, y), gx * gy);
      store<f32>(at(work.yy, x, y), gy * gy);
    }
  }
  blur(work.xx, work.spare);
  blur(work.xy, work.spare);
  blur(work.yy, work.spare);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      const xx = value(work.xx, x, y);
      const xy = value(work.xy, x, y);
      const yy = value(work.yy, x, y);
      store<f32>(at(work.spare, x, y), (xx * yy - xy * xy) / (xx + yy + 1e-6));
    }
  }
}

/** The best few peaks of one cell become features. */
function bestCorners(
  image: Plane,
  work: Work,
  left: i32,
  top: i32,
  right: i32,
  bottom: i32,
  scale: f64,
  blob: usize,
  before: i32,
): i32 {
  let found = before;
  let ceiling: f32 = f32.MAX_VALUE;
  for (let taken = 0; taken < bestOfCell && found < maxFeatures; taken++) {
    let best: f32 = weakest;
    let bestX = -1;
    let bestY = -1;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const strength = value(work.spare, x, y);
        if (strength > best && strength < ceiling && isPeak(work.spare, x, y, strength)) {
          best = strength;
          bestX = x;
          bestY = y;
        }
      }
    }
    if (bestX < 0) break;
    ceiling = best;
    describe(image, bestX, bestY, scale, blob + featureHeader + <usize>found * featureBytes);
    found++;
  }
  return found;
}

function isPeak(plane: Plane, x: i32, y: i32, strength: f32): bool {
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) {
      if (value(plane, x + dx, y + dy) > strength) return false;
    }
  }
  return true;
}

/** Writes the feature at (x, y) of an octave `scale` times smaller than the level. */
function describe(image: Plane, x: i32, y: i32, scale: f64, record: usize): void {
  let mx: f64 = 0;
  let my: f64 = 0;
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) {
      if (dx * dx + dy * dy > radius * radius) continue;
      const sample = <f64>value(image, x + dx, y + dy);
      mx += <f64>dx * sample;
      my += <f64>dy * sample;
    }
  }
  const length = Math.sqrt(mx * mx + my * my);
  const cosine = length > 0 ? mx / length : 1;
  const sine = length > 0 ? my / length : 0;
  store<f32>(record, <f32>((<f64>x + 0.5) * scale));
  store<f32>(record, <f32>((<f64>y + 0.5) * scale), 4);
  for (let byte: usize = 0; byte < 32; byte++) {
    let bits: u32 = 0;
    for (let bit: usize = 0; bit < 8; bit++) {
      const pair = pattern + (byte * 8 + bit) * 4;
      const first = turned(image, x, y, cosine, sine, pair);
      const second = turned(image, x, y, cosine, sine, pair + 2);
      bits |= (first < second ? 1 : 0) << (<u32>bit);
    }
    store<u8>(record + 8 + byte, <u8>bits);
  }
}

function turned(image: Plane, x: i32, y: i32, cosine: f64, sine: f64, point: usize): f32 {
  const px = <f64>load<i8>(point);
  const py = <f64>load<i8>(point, 1);
  const dx = <i32>Math.floor(cosine * px - sine * py + 0.5);
  const dy = <i32>Math.floor(sine * px + cosine * py + 0.5);
  return value(image, x + dx, y + dy);
}
