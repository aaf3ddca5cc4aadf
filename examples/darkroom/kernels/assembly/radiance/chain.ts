// From motions between pairs of frames to one transform for each frame.
import { check, integer, outputs, setOutput } from "../abi";
import { maxSide } from "../tile";
import { composed, furthest, inverted, Motion, newMotion, pairNumbers } from "./motion";
import { readNumbers, zeroed } from "./numbers";

const maxFrames: i32 = 16;
const maxPairs: i32 = 64;
/** Numbers for each frame in the answer. */
const frameNumbers: i32 = 7;
/** A pair below these is not believed. */
const leastQuality: f64 = 0.5;
const leastAgreement: f64 = 0.3;
/** Nobody's hand moves further between two shots. */
const mostTurn: f64 = 0.12;
const mostShare: f64 = 0.2;
/** A frame that lies so near (px, at its worst corner) stays as it is: an aligned set is not touched. */
const still: f64 = 0.125;

@unmanaged
class Pair {
  from: i32;
  to: i32;
  motion: Motion;
  /** 0: not believed. */
  trust: f64;
}

/**
 * The most trusted tree over the pairs, from the reference frame. A pair that closes a triangle with two others is trusted more than
 * one that does not; far exposures often find a motion that is not there. A frame that nothing trusted reaches stays as it is.
 *
 * Frames are numbered by their exposure.
 *
 * Arguments: frames (1 … 16), the reference frame, width and height of the frames, then for each input the two frames it registers (from,
 * to), then which frame each line of the answer is for. Inputs: what `register` gave. Output: for each line seven f64: a, b, c, d, e, f
 * that map a pixel of the reference frame to this one (as `warp` takes them), and the least correlation on the way, 0 when it was
 * not reached.
 */
export function chain(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const frames = integer(args, argCount, 0, 1, maxFrames);
  const reference = integer(args, argCount, 1, 0, frames - 1);
  const width = integer(args, argCount, 2, 8, maxSide);
  const height = integer(args, argCount, 3, 8, maxSide);
  check(inputCount <= maxPairs, "there are too many pairs");
  const pairs = heap.alloc((<usize>(inputCount + 1)) << 2);
  for (let index = 0; index < inputCount; index++) {
    const pair = changetype<Pair>(heap.alloc(offsetof<Pair>()));
    pair.from = integer(args, argCount, 4 + 2 * index, 0, frames - 1);
    pair.to = integer(args, argCount, 5 + 2 * index, 0, frames - 1);
    pair.motion = changetype<Motion>(readNumbers(inputs, inputCount, index, pairNumbers));
    pair.trust = believable(pair.motion, width, height) ? pair.motion.quality : 0;
    store<usize>(pairs + ((<usize>index) << 2), changetype<usize>(pair));
  }
  weigh(pairs, inputCount, width, height);
  const found = zeroed(maxFrames << 2);
  store<usize>(found + ((<usize>reference) << 2), changetype<usize>(newMotion()));
  changetype<Motion>(load<usize>(found + ((<usize>reference) << 2))).quality = 1;
  while (reachNext(pairs, inputCount, found)) {}
  return answer(found, args, argCount, 4 + 2 * inputCount, frames, width, height);
}

function pairAt(pairs: usize, index: i32): Pair {
  return changetype<Pair>(load<usize>(pairs + ((<usize>index) << 2)));
}

function believable(motion: Motion, width: i32, height: i32): bool {
  return (
    motion.quality >= leastQuality &&
    motion.agreement >= leastAgreement &&
    abs(motion.angle) <= mostTurn &&
    abs(motion.x) <= mostShare * <f64>width &&
    abs(motion.y) <= mostShare * <f64>height
  );
}

/** Halves the trust for each frame that lies between the two in exposure, and takes most of it from pairs that close no triangle. */
function weigh(pairs: usize, count: i32, width: i32, height: i32): void {
  const tolerance = max(1, <f64>max(width, height) * 0.001);
  const factors = zeroed(maxPairs << 3);
  for (let index = 0; index < count; index++) {
    const pair = pairAt(pairs, index);
    let triangles = 0;
    let closed = 0;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) {
        const first = pairAt(pairs, i);
        const second = pairAt(pairs, j);
        // Both ways round: the pair as the long side, and as a short one.
        if (first.to != second.from || first.trust == 0 || second.trust == 0 || i == j) continue;
        const long = pairBetween(pairs, count, first.from, second.to);
        if (long < 0 || (long != index && i != index && j != index)) continue;
        if (pairAt(pairs, long).trust == 0) continue;
        triangles++;
        const around = composed(first.motion, second.motion);
        if (furthest(around, pairAt(pairs, long).motion, width, height) <= tolerance) closed++;
      }
    }
    const apart = max(1, abs(pair.to - pair.from));
    const agreeing: f64 = triangles > 0 && closed == 0 ? 0.25 : 1;
    store<f64>(factors + ((<usize>index) << 3), agreeing / <f64>(1 << (apart - 1)));
  }
  for (let index = 0; index < count; index++) {
    pairAt(pairs, index).trust *= load<f64>(factors + ((<usize>index) << 3));
  }
}

function pairBetween(pairs: usize, count: i32, from: i32, to: i32): i32 {
  for (let index = 0; index < count; index++) {
    const pair = pairAt(pairs, index);
    if (pair.from == from && pair.to == to) return index;
  }
  return -1;
}

/** Takes the most trusted pair that leads to a frame not yet reached (Prim); false when none does. */
function reachNext(pairs: usize, count: i32, found: usize): bool {
  let best = -1;
  let trust: f64 = 0;
  for (let index = 0; index < count; index++) {
    const pair = pairAt(pairs, index);
    const from = load<usize>(found + ((<usize>pair.from) << 2)) != 0;
    const to = load<usize>(found + ((<usize>pair.to) << 2)) != 0;
    if (from == to || pair.trust <= trust) continue;
    best = index;
    trust = pair.trust;
  }
  if (best < 0) return false;
  const pair = pairAt(pairs, best);
  const forward = load<usize>(found + ((<usize>pair.from) << 2)) != 0;
  const known = forward ? pair.from : pair.to;
  const next = forward ? pair.to : pair.from;
  const before = changetype<Motion>(load<usize>(found + ((<usize>known) << 2)));
  const motion = composed(before, forward ? pair.motion : inverted(pair.motion));
  motion.quality = min(before.quality, pair.motion.quality);
  store<usize>(found + ((<usize>next) << 2), changetype<usize>(motion));
  return true;
}

function answer(
  found: usize,
  args: i32,
  argCount: i32,
  first: i32,
  frames: i32,
  width: i32,
  height: i32,
): i32 {
  const bytes = (frames * frameNumbers) << 3;
  const numbers = heap.alloc(<usize>bytes);
  const none = newMotion();
  const centreX = <f64>(width - 1) / 2;
  const centreY = <f64>(height - 1) / 2;
  for (let line = 0; line < frames; line++) {
    const frame = integer(args, argCount, first + line, 0, frames - 1);
    const reached = load<usize>(found + ((<usize>frame) << 2));
    let motion = reached == 0 ? none : changetype<Motion>(reached);
    const quality = motion.quality;
    if (furthest(none, motion, width, height) < still) motion = none;
    const cos = Math.cos(motion.angle);
    const sin = Math.sin(motion.angle);
    const at = numbers + ((<usize>(line * frameNumbers)) << 3);
    store<f64>(at, cos);
    store<f64>(at, 0 - sin, 8); // no −0 for a frame that stays
    store<f64>(at, sin, 16);
    store<f64>(at, cos, 24);
    store<f64>(at, centreX - cos * centreX + sin * centreY + motion.x, 32);
    store<f64>(at, centreY - sin * centreX - cos * centreY + motion.y, 40);
    store<f64>(at, quality, 48);
  }
  const table = outputs(1);
  setOutput(table, 0, numbers, bytes);
  return table;
}
