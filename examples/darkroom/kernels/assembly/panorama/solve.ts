// From the matches of all pairs to cameras.
import { check, inputAddress, inputBytes, integer, outputs, setOutput } from "../abi";
import {
  adjust,
  distortionAll,
  focalAt,
  openBundle,
  rotationAt,
  setCamera,
  setFocalBounds,
  setSights,
  Sight,
  sightError,
  startFrom,
  stateAddress,
  stateBytes,
} from "./bundle";
import {
  cameraDistortion,
  cameraFocal,
  cameraGain,
  cameraHeight,
  cameraOf,
  cameraRotation,
  camerasBytes,
  cameraUsed,
  cameraWidth,
  maxCameras,
  newCameras,
  summaryOf,
} from "./cameras";
import { layOut } from "./layout";
import { copy, f64s, get, multiply3, nearestRotation, set } from "./linear";
import { matchHeader, matchMagic, maxPoints } from "./match";
import { straighten } from "./straighten";

/** A longer focal length than so many times the frame's longer side is that of a flat scan. */
const flat: f64 = 50;
const quickIterations: i32 = 15;
const quickPoints: i32 = 30;
const iterations: i32 = 60;
/** A pair whose mean error is so many thousandths of the frame's longer side contradicts the others. */
const contradiction: f64 = 2;

let frames: i32 = 0;
let widths: usize = 0;
let heights: usize = 0;
let hints: usize = 0;
/** {u32 address of Sight} of every accepted pair, a < b, indices of frames. */
let sights: usize = 0;
let sightCount: i32 = 0;
/** The homography of each sight. */
let models: usize = 0;
/** Place of each frame among the cameras of the group, or −1; i32. */
let place: usize = 0;

/**
 * `panoramaSolve(frames, then width, height, focal length in pixels or 0 of each; matches of the pairs (0, 1), (0, 2) … (1, 2) …)`: the cameras of the largest
 * group of frames that match. A frame outside of it is marked as not used.
 */
export function panoramaSolve(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  frames = integer(args, argCount, 0, 1, maxCameras);
  check(inputCount == (frames * (frames - 1)) / 2, "there are not as many matches as pairs");
  widths = f64s(frames);
  heights = f64s(frames);
  hints = f64s(frames);
  for (let frame = 0; frame < frames; frame++) {
    set(widths, frame, <f64>integer(args, argCount, 1 + frame * 3, 1, 65_536));
    set(heights, frame, <f64>integer(args, argCount, 2 + frame * 3, 1, 65_536));
    set(hints, frame, <f64>integer(args, argCount, 3 + frame * 3, 0, 10_000_000));
  }
  place = heap.alloc(<usize>frames * 4);
  readMatches(inputs, inputCount);
  const blob = newCameras(frames);
  let cameras = largestGroup();
  solveGroup(cameras);
  if (dropContradictions()) {
    cameras = largestGroup();
    solveGroup(cameras);
  }
  writeCameras(blob, cameras);
  straighten(blob);
  layOut(blob);
  const table = outputs(1);
  setOutput(table, 0, blob, <i32>camerasBytes(frames));
  return table;
}

function sightAt(index: i32): Sight {
  return changetype<Sight>(<usize>load<u32>(sights + ((<usize>index) << 2)));
}

function readMatches(inputs: i32, count: i32): void {
  sights = heap.alloc(<usize>count * 4 + 4);
  models = f64s(count * 9 + 9);
  let pair = 0;
  for (let a = 0; a < frames; a++) {
    for (let b = a + 1; b < frames; b++, pair++) {
      const blob = inputAddress(inputs, count, pair);
      const bytes = inputBytes(inputs, count, pair);
      check(bytes >= <i32>matchHeader && load<u32>(blob) == matchMagic, "an input has no matches");
      const points = <i32>load<u32>(blob, 12);
      check(
        points >= 0 && points <= maxPoints && bytes == <i32>matchHeader + (points << 5),
        "the matches are not as long as they say",
      );
      for (let at: usize = 16; at < <usize>bytes; at += 8) {
        check(Math.abs(load<f64>(blob + at)) < 1e12, "a match has a number that is none");
      }
      if (points > 0) keepSight(a, b, blob, points);
    }
  }
}

function keepSight(a: i32, b: i32, blob: usize, points: i32): void {
  const sight = changetype<Sight>(heap.alloc(offsetof<Sight>()));
  sight.a = a;
  sight.b = b;
  sight.points = blob + matchHeader;
  sight.count = points;
  store<u32>(sights + ((<usize>sightCount) << 2), <u32>changetype<usize>(sight));
  copy(models + <usize>sightCount * 72, blob + 16, 9);
  sightCount++;
}

/** Finds the frames that hang together; the most frames win, then the most points. Fills `place`; answers how many frames there are. */
function largestGroup(): i32 {
  const group = heap.alloc(<usize>frames * 4);
  for (let frame = 0; frame < frames; frame++) store<i32>(group + ((<usize>frame) << 2), frame);
  for (let round = 0; round < frames; round++) {
    for (let index = 0; index < sightCount; index++) {
      const a = group + ((<usize>sightAt(index).a) << 2);
      const b = group + ((<usize>sightAt(index).b) << 2);
      const least = min(load<i32>(a), load<i32>(b));
      store<i32>(a, least);
      store<i32>(b, least);
    }
  }
  let best = 0;
  let most: i64 = -1;
  for (let candidate = 0; candidate < frames; candidate++) {
    let worth: i64 = 0;
    for (let frame = 0; frame < frames; frame++) {
      if (load<i32>(group + ((<usize>frame) << 2)) == candidate) worth += 1 << 32;
    }
    for (let index = 0; index < sightCount; index++) {
      const sight = sightAt(index);
      if (load<i32>(group + ((<usize>sight.a) << 2)) == candidate) worth += sight.count;
    }
    if (worth <= most) continue;
    most = worth;
    best = candidate;
  }
  let cameras = 0;
  for (let frame = 0; frame < frames; frame++) {
    const inside = load<i32>(group + ((<usize>frame) << 2)) == best;
    store<i32>(place + ((<usize>frame) << 2), inside ? cameras++ : -1);
  }
  return cameras;
}

function placeOf(frame: i32): i32 {
  return load<i32>(place + ((<usize>frame) << 2));
}

/** The cheapest of several beginnings is brought to its end. */
function solveGroup(cameras: i32): void {
  openBundle(cameras);
  let longest: f64 = 0;
  let hint: f64 = 0;
  let first = -1;
  let hinted = true;
  for (let frame = 0; frame < frames; frame++) {
    if (placeOf(frame) < 0) continue;
    if (first < 0) first = frame;
    longest = max(longest, max(get(widths, frame), get(heights, frame)));
    if (get(hints, frame) == 0) hinted = false;
  }
  for (let frame = 0; frame < frames; frame++) {
    if (placeOf(frame) < 0) continue;
    const size = hinted ? get(hints, frame) / get(hints, first) : diagonal(frame) / diagonal(first);
    setCamera(placeOf(frame), get(widths, frame), get(heights, frame), size);
  }
  if (hinted) hint = get(hints, first);
  setFocalBounds(hint, max(flat * longest, hint));
  const inGroup = groupSights();
  const candidates = f64s(5);
  set(candidates, 0, hint > 0 ? hint : 0.5 * longest);
  set(candidates, 1, 0.9 * longest);
  set(candidates, 2, 1.6 * longest);
  set(candidates, 3, 3.5 * longest);
  set(candidates, 4, flat * longest);
  const best = heap.alloc(stateBytes());
  let least: f64 = Infinity;
  for (let candidate = 0; candidate < 5; candidate++) {
    startFrom(get(candidates, candidate));
    startRotations(cameras, inGroup);
    const cost = adjust(quickIterations, quickPoints);
    if (candidate > 0 && !(cost < least)) continue;
    least = cost;
    memory.copy(best, stateAddress(), stateBytes());
  }
  memory.copy(stateAddress(), best, stateBytes());
  adjust(iterations, maxPoints);
}

function diagonal(frame: i32): f64 {
  return Math.sqrt(get(widths, frame) * get(widths, frame) + get(heights, frame) * get(heights, frame));
}

let grouped: usize = 0;

/** The sights of the group, with indices of cameras, for the adjustment; answers how many. */
function groupSights(): i32 {
  grouped = heap.alloc(<usize>sightCount * 4 + 4);
  let count = 0;
  for (let index = 0; index < sightCount; index++) {
    const sight = sightAt(index);
    if (placeOf(sight.a) < 0) continue;
    const inside = changetype<Sight>(heap.alloc(offsetof<Sight>()));
    inside.a = placeOf(sight.a);
    inside.b = placeOf(sight.b);
    inside.points = sight.points;
    inside.count = sight.count;
    store<u32>(grouped + ((<usize>count) << 2), <u32>changetype<usize>(inside));
    count++;
  }
  setSights(grouped, count);
  return count;
}

/** Rotations along the tree of the pairs with most points, each from its homography and the focal lengths. */
function startRotations(cameras: i32, inGroup: i32): void {
  const done = heap.alloc(<usize>cameras);
  memory.fill(done, 0, <usize>cameras);
  for (let camera = 0; camera < cameras; camera++) identity(rotationAt(camera));
  store<u8>(done, 1);
  for (let round = 1; round < cameras; round++) {
    let best = -1;
    let most = 0;
    let inside = 0;
    for (let index = 0; index < sightCount; index++) {
      const sight = sightAt(index);
      if (placeOf(sight.a) < 0) continue;
      const reached = load<u8>(done + placeOf(sight.a)) + load<u8>(done + placeOf(sight.b));
      if (reached == 1 && sight.count > most) {
        most = sight.count;
        best = index;
      }
      inside++;
    }
    check(best >= 0 && inside == inGroup, "a group does not hang together");
    const sight = sightAt(best);
    const forward = load<u8>(done + placeOf(sight.a)) == 1;
    turnFrom(placeOf(sight.a), placeOf(sight.b), models + <usize>best * 72, forward);
    store<u8>(done + placeOf(sight.a), 1);
    store<u8>(done + placeOf(sight.b), 1);
  }
}

function identity(matrix: usize): void {
  memory.fill(matrix, 0, 72);
  set(matrix, 0, 1);
  set(matrix, 4, 1);
  set(matrix, 8, 1);
}

/** Camera b from a, or a from b, by R = K⁻¹ H K. */
function turnFrom(a: i32, b: i32, h: usize, forward: bool): void {
  const m = f64s(9);
  const fa = focalAt(a);
  const fb = focalAt(b);
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      const left = row < 2 ? 1 / fb : 1;
      const right = column < 2 ? fa : 1;
      set(m, row * 3 + column, get(h, row * 3 + column) * left * right);
    }
  }
  if (!nearestRotation(m)) identity(m);
  if (forward) {
    multiply3(rotationAt(b), m, rotationAt(a));
    return;
  }
  const inverse = f64s(9);
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) set(inverse, row * 3 + column, get(m, column * 3 + row));
  }
  multiply3(rotationAt(a), inverse, rotationAt(b));
}

/** Leaves out the pairs that contradict the others; true when there were such. */
function dropContradictions(): bool {
  let kept = 0;
  let inside = 0;
  for (let index = 0; index < sightCount; index++) {
    const sight = sightAt(index);
    let good = true;
    if (placeOf(sight.a) >= 0) {
      const grouping = changetype<Sight>(<usize>load<u32>(grouped + ((<usize>inside) << 2)));
      const side = max(get(widths, sight.b), get(heights, sight.b));
      const error = Math.sqrt(sightError(grouping) / <f64>sight.count);
      good = error < max(side * contradiction * 0.001, 1.5);
      inside++;
    }
    if (!good) continue;
    store<u32>(sights + ((<usize>kept) << 2), <u32>changetype<usize>(sight));
    if (kept != index) copy(models + <usize>kept * 72, models + <usize>index * 72, 9);
    kept++;
  }
  const dropped = kept < sightCount;
  sightCount = kept;
  return dropped;
}

function writeCameras(blob: usize, cameras: i32): void {
  let focals: f64 = 0;
  for (let frame = 0; frame < frames; frame++) {
    const camera = cameraOf(blob, frame);
    set(camera, cameraWidth, get(widths, frame));
    set(camera, cameraHeight, get(heights, frame));
    set(camera, cameraGain, 1);
    const index = placeOf(frame);
    if (index < 0) continue;
    set(camera, cameraUsed, 1);
    set(camera, cameraFocal, focalAt(index));
    set(camera, cameraDistortion, distortionAll());
    copy(camera + ((<usize>cameraRotation) << 3), rotationAt(index), 9);
    focals += Math.log(focalAt(index));
  }
  let squares: f64 = 0;
  let points = 0;
  const count = groupSights();
  for (let index = 0; index < count; index++) {
    const sight = changetype<Sight>(<usize>load<u32>(grouped + ((<usize>index) << 2)));
    squares += sightError(sight);
    points += sight.count;
  }
  const summary = summaryOf(blob);
  set(summary, 0, Math.exp(focals / <f64>cameras));
  set(summary, 1, points > 0 ? Math.sqrt(squares / <f64>points) : 0);
  set(summary, 2, <f64>points);
}
