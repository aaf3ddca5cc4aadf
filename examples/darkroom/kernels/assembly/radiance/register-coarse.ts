// The first guess of a motion, by trying.
import { Level, levelOf, Pyramid } from "./grey-picture";
import { Motion } from "./motion";

/** Rotations tried: so many steps to each side, of this many radians. */
const turns: i32 = 2;
const turn: f64 = 0.03;
/** Translations up to this share of a side. */
const reach: f64 = 0.16;
/** A difference counts at most so much: what moved is no worse than that. */
const cap: f32 = 40;
/** Without texture, no motion is the best one. */
const costOfStep: f64 = 0.01;

/** The motion with the least capped mean difference on the smallest level, in pixels of the frame. */
export function searchCoarse(from: Pyramid, to: Pyramid, motion: Motion): void {
  const dark = levelOf(from, from.levels - 1);
  const bright = levelOf(to, to.levels - 1);
  const reachX = <i32>(<f64>dark.width * reach);
  const reachY = <i32>(<f64>dark.height * reach);
  let best: f64 = Infinity;
  for (let step = -turns; step <= turns; step++) {
    for (let dy = -reachY; dy <= reachY; dy++) {
      for (let dx = -reachX; dx <= reachX; dx++) {
        const angle = <f64>step * turn;
        const cost =
          difference(dark, bright, angle, dx, dy) + costOfStep * <f64>(abs(dx) + abs(dy) + abs(step));
        if (cost >= best) continue;
        best = cost;
        motion.angle = angle;
        motion.x = <f64>dx * dark.scale;
        motion.y = <f64>dy * dark.scale;
      }
    }
  }
}

function difference(dark: Level, bright: Level, angle: f64, dx: i32, dy: i32): f64 {
  const cos = <f32>Math.cos(angle);
  const sin = <f32>Math.sin(angle);
  let sum: f32 = 0;
  let worth: f32 = 0;
  for (let y = 0; y < dark.height; y++) {
    const fromY = <f32>(<f64>y - dark.centreY);
    for (let x = 0; x < dark.width; x++) {
      const fromX = <f32>(<f64>x - dark.centreX);
      const qx = <i32>(cos * fromX - sin * fromY + <f32>dark.centreX + <f32>dx + 0.5);
      const qy = <i32>(sin * fromX + cos * fromY + <f32>dark.centreY + <f32>dy + 0.5);
      if (<u32>qx >= <u32>bright.width || <u32>qy >= <u32>bright.height) continue;
      const pixel = (<usize>(y * dark.width + x)) << 2;
      const weight = load<f32>(dark.weights + pixel);
      const there = load<f32>(bright.values + ((<usize>(qy * bright.width + qx)) << 2));
      sum += weight * min(cap, abs(load<f32>(dark.values + pixel) - there));
      worth += weight;
    }
  }
  return worth > 0 ? <f64>(sum / worth) : Infinity;
}
