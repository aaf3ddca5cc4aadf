// Which tone of the brighter picture a tone of the darker one becomes.
import { zeroed } from "./numbers";
import { Grey } from "./grey-picture";

/** Tones of the darker picture below this are mostly noise. */
const black: i32 = 3;

/**
 * Histogram specification: tone z becomes the one with as many pixels below it. Answers 256 pairs of f32, the value and its weight;
 * the steeper the curve, the more the steps and the noise of the darker picture are enlarged, the less a value is worth.
 */
export function matchTones(dark: Grey, bright: Grey): usize {
  const from = histogram(dark);
  const to = histogram(bright);
  const tones = heap.alloc(256 << 3);
  const ratio = <f64>(bright.width * bright.height) / <f64>(dark.width * dark.height);
  let below: f64 = 0;
  let tone = 0;
  let reached: f64 = 0;
  for (let z = 0; z < 256; z++) {
    const count = <f64>load<u32>(from + ((<usize>z) << 2)) * ratio;
    const wanted = below + count * 0.5;
    while (tone < 255 && reached + <f64>load<u32>(to + ((<usize>tone) << 2)) <= wanted) {
      reached += <f64>load<u32>(to + ((<usize>tone) << 2));
      tone++;
    }
    const here = <f64>load<u32>(to + ((<usize>tone) << 2));
    const within = here > 0 ? max(0, min(1, (wanted - reached) / here)) - 0.5 : 0;
    // The ends of the scale stand for all that is beyond them.
    store<f32>(tones + ((<usize>z) << 3), tone == 255 ? 255 : <f32>(<f64>tone + within));
    below += count;
  }
  for (let z = 0; z < 256; z++) {
    const low = max(0, z - 2);
    const high = min(255, z + 2);
    const rise = load<f32>(tones + ((<usize>high) << 3)) - load<f32>(tones + ((<usize>low) << 3));
    const slope = rise / <f32>(high - low);
    store<f32>(tones + ((<usize>z) << 3), z < black ? 0 : 1 / (1 + slope * slope), 4);
  }
  return tones;
}

function histogram(grey: Grey): usize {
  const counts = zeroed(256 << 2);
  const pixels = grey.width * grey.height;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const entry = counts + ((<usize>load<u8>(grey.data + <usize>pixel)) << 2);
    store<u32>(entry, load<u32>(entry) + 1);
  }
  return counts;
}
