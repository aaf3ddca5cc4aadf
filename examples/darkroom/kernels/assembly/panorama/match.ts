// Matching of two frames: nearest descriptors, the homography that most of them agree with, and its points refined in the images.
import { check, inputAddress, inputBytes, integer, outputs, setOutput } from "../abi";
import { readTile, sampleU8 } from "../tile";
import { featureBytes, featureHeader, featureMagic, maxFeatures } from "./features";
import { findHomography, refitHomography } from "./homography";
import { copy, f64s, get, set } from "./linear";
import { newPlane, Plane } from "./plane";
import { seedRandom } from "./random";
import { refinePoint } from "./refine";

export const matchMagic: u32 = 0x314d4456; // "VDM1"
/** Magic, putative pairs, pairs that agree, points; then the homography as nine f64. */
export const matchHeader: usize = 16 + 72;
export const maxPoints: i32 = 250;
/** Least share of the second best distance that the best must undercut (Lowe, 2004), and how far away the second must lie. */
const ratio: f64 = 0.8;
const apart: f32 = 10;
const farthest: i32 = 72;
/** Distances in pixels of the level: within which a pair agrees, before and after its refinement. */
const coarse: f64 = 3;
const fine: f64 = 1.5;

@unmanaged
class Frame {
  features: usize;
  count: i32;
  grey: Plane;
  factor: f64;
  width: f64;
  height: f64;
}

/**
 * `panoramaMatch(seed, factorA, widthA, heightA, factorB, widthB, heightB; featuresA, greyA, featuresB, greyB)`: which points of two frames are the same.
 * Width and height are those of the full frames; a level is `factor` times smaller. The points are in full pixels from the frame's centre.
 */
export function panoramaMatch(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  seedRandom(<u32>integer(args, argCount, 0, 0, i32.MAX_VALUE));
  const a = readFrame(args, argCount, 1, inputs, inputCount, 0);
  const b = readFrame(args, argCount, 4, inputs, inputCount, 2);
  const pairs = heap.alloc(<usize>min(a.count, b.count) * 32 + 32);
  const putative = nearestPairs(a, b, pairs);
  const unit = 0.5 * max(max(a.width, a.height), max(b.width, b.height));
  toModel(pairs, putative, a, b, unit);
  const marks = heap.alloc(<usize>putative + 1);
  const h = f64s(9);
  const bound = (coarse * max(a.factor, b.factor)) / unit;
  const agreeing = findHomography(h, pairs, marks, putative, bound);
  // Brown and Lowe (2007), equation 13: so many do not agree by chance.
  const accepted = <f64>agreeing > 8 + 0.3 * <f64>putative;
  let kept = accepted ? refineAll(a, b, h, pairs, marks, putative, unit) : 0;
  if (kept > 0) {
    memory.fill(marks, 1, kept);
    const well = refitHomography(h, pairs, marks, kept, (fine * max(a.factor, b.factor)) / unit);
    kept = well > 8 ? compact(pairs, marks, kept) : 0;
  }
  return answer(h, pairs, putative, agreeing, kept, unit);
}

function readFrame(args: i32, argCount: i32, first: i32, inputs: i32, inputCount: i32, input: i32): Frame {
  const frame = changetype<Frame>(heap.alloc(offsetof<Frame>()));
  frame.factor = <f64>integer(args, argCount, first, 1, 64);
  frame.width = <f64>integer(args, argCount, first + 1, 1, 65_536);
  frame.height = <f64>integer(args, argCount, first + 2, 1, 65_536);
  const blob = inputAddress(inputs, inputCount, input);
  const bytes = inputBytes(inputs, inputCount, input);
  check(bytes >= <i32>featureHeader && load<u32>(blob) == featureMagic, "an input has no features");
  frame.count = <i32>load<u32>(blob, 4);
  check(
    frame.count >= 0 &&
      frame.count <= maxFeatures &&
      bytes == <i32>(featureHeader + <usize>frame.count * featureBytes),
    "the features are not as long as they say",
  );
  frame.features = blob + featureHeader;
  const tile = readTile(inputs, inputCount, input + 1);
  check(tile.sample == sampleU8 && tile.channels == 1, "a grey level is one channel of bytes");
  frame.grey = newPlane(tile.width, tile.height);
  for (let index = 0; index < tile.width * tile.height; index++) {
    store<f32>(frame.grey.data + ((<usize>index) << 2), <f32>load<u8>(tile.data + index));
  }
  return frame;
}

function distance(a: usize, b: usize): i32 {
  let bits: i64 = 0;
  bits += popcnt<i64>(load<i64>(a, 8) ^ load<i64>(b, 8));
  bits += popcnt<i64>(load<i64>(a, 16) ^ load<i64>(b, 16));
  bits += popcnt<i64>(load<i64>(a, 24) ^ load<i64>(b, 24));
  bits += popcnt<i64>(load<i64>(a, 32) ^ load<i64>(b, 32));
  return <i32>bits;
}

/** Pairs that are each other's nearest and clearly nearer than the next; in pixels of the levels. Answers how many. */
function nearestPairs(a: Frame, b: Frame, pairs: usize): i32 {
  const nearestOfB = heap.alloc(<usize>b.count * 8 + 8); // {i32 distance, i32 index in a}
  for (let j = 0; j < b.count; j++) store<i32>(nearestOfB + ((<usize>j) << 3), i32.MAX_VALUE);
  const nearestOfA = heap.alloc(<usize>a.count * 4 + 4); // index in b, or −1
  for (let i = 0; i < a.count; i++) {
    const one = a.features + <usize>i * featureBytes;
    let best = i32.MAX_VALUE;
    let second = i32.MAX_VALUE;
    let index = -1;
    for (let j = 0; j < b.count; j++) {
      const other = b.features + <usize>j * featureBytes;
      const bits = distance(one, other);
      const slot = nearestOfB + ((<usize>j) << 3);
      if (bits < load<i32>(slot)) {
        store<i32>(slot, bits);
        store<i32>(slot, i, 4);
      }
      if (bits >= second) continue;
      const near = index >= 0 && isNear(other, b.features + <usize>index * featureBytes);
      if (bits < best) {
        if (!near) second = best;
        best = bits;
        index = j;
      } else if (!near) second = bits;
    }
    const good = best <= farthest && <f64>best < ratio * <f64>second;
    store<i32>(nearestOfA + ((<usize>i) << 2), good ? index : -1);
  }
  let count = 0;
  for (let i = 0; i < a.count; i++) {
    const j = load<i32>(nearestOfA + ((<usize>i) << 2));
    if (j < 0 || load<i32>(nearestOfB + ((<usize>j) << 3), 4) != i) continue;
    const pair = pairs + ((<usize>count) << 5);
    const one = a.features + <usize>i * featureBytes;
    const other = b.features + <usize>j * featureBytes;
    set(pair, 0, <f64>load<f32>(one));
    set(pair, 1, <f64>load<f32>(one, 4));
    set(pair, 2, <f64>load<f32>(other));
    set(pair, 3, <f64>load<f32>(other, 4));
    count++;
  }
  return count;
}

/** The same corner seen in two octaves is no rival of itself. */
function isNear(one: usize, other: usize): bool {
  return abs(load<f32>(one) - load<f32>(other)) + abs(load<f32>(one, 4) - load<f32>(other, 4)) < apart;
}

/** From pixels of the levels to units of the model: from the centres, about −1 to 1. */
function toModel(pairs: usize, count: i32, a: Frame, b: Frame, unit: f64): void {
  for (let index = 0; index < count; index++) {
    const pair = pairs + ((<usize>index) << 5);
    set(pair, 0, (get(pair, 0) * a.factor - 0.5 * a.width) / unit);
    set(pair, 1, (get(pair, 1) * a.factor - 0.5 * a.height) / unit);
    set(pair, 2, (get(pair, 2) * b.factor - 0.5 * b.width) / unit);
    set(pair, 3, (get(pair, 3) * b.factor - 0.5 * b.height) / unit);
  }
}

/** Refines the marked pairs and packs those that stood still to the front; answers how many. */
function refineAll(a: Frame, b: Frame, h: usize, pairs: usize, marks: usize, count: i32, unit: f64): i32 {
  const point = f64s(4);
  const turn = f64s(4);
  let kept = 0;
  for (let index = 0; index < count; index++) {
    if (!load<u8>(marks + index)) continue;
    const pair = pairs + ((<usize>index) << 5);
    const x = get(pair, 0);
    const y = get(pair, 1);
    const w = get(h, 6) * x + get(h, 7) * y + get(h, 8);
    const u = (get(h, 0) * x + get(h, 1) * y + get(h, 2)) / w;
    const v = (get(h, 3) * x + get(h, 4) * y + get(h, 5)) / w;
    const scale = a.factor / (b.factor * w);
    set(turn, 0, (get(h, 0) - u * get(h, 6)) * scale);
    set(turn, 1, (get(h, 1) - u * get(h, 7)) * scale);
    set(turn, 2, (get(h, 3) - v * get(h, 6)) * scale);
    set(turn, 3, (get(h, 4) - v * get(h, 7)) * scale);
    set(point, 0, (x * unit + 0.5 * a.width) / a.factor);
    set(point, 1, (y * unit + 0.5 * a.height) / a.factor);
    set(point, 2, (u * unit + 0.5 * b.width) / b.factor);
    set(point, 3, (v * unit + 0.5 * b.height) / b.factor);
    if (!refinePoint(a.grey, b.grey, point, turn)) continue;
    const to = pairs + ((<usize>kept) << 5);
    copy(to, point, 4);
    kept++;
  }
  toModel(pairs, kept, a, b, unit);
  return kept;
}

function compact(pairs: usize, marks: usize, count: i32): i32 {
  let kept = 0;
  for (let index = 0; index < count; index++) {
    if (!load<u8>(marks + index)) continue;
    copy(pairs + ((<usize>kept) << 5), pairs + ((<usize>index) << 5), 4);
    kept++;
  }
  return kept;
}

/** At most `maxPoints` points, evenly out of all: they lie in the order of the grid, so these are spread too. */
function answer(h: usize, pairs: usize, putative: i32, agreeing: i32, kept: i32, unit: f64): i32 {
  const points = min(kept, maxPoints);
  const bytes = matchHeader + ((<usize>points) << 5);
  const blob = heap.alloc(bytes);
  store<u32>(blob, matchMagic);
  store<u32>(blob, <u32>putative, 4);
  store<u32>(blob, <u32>agreeing, 8);
  store<u32>(blob, <u32>points, 12);
  const model = blob + 16;
  copy(model, h, 9);
  set(model, 2, get(h, 2) * unit);
  set(model, 5, get(h, 5) * unit);
  set(model, 6, get(h, 6) / unit);
  set(model, 7, get(h, 7) / unit);
  for (let index = 0; index < points; index++) {
    const from = pairs + ((<usize>((index * kept) / points)) << 5);
    const to = blob + matchHeader + ((<usize>index) << 5);
    for (let part = 0; part < 4; part++) set(to, part, get(from, part) * unit);
  }
  const table = outputs(1);
  setOutput(table, 0, blob, <i32>bytes);
  return table;
}
