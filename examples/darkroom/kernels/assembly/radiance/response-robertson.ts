// Robertson, Borman and Stevenson, Estimation-theoretic approach to dynamic range enhancement, J. Electronic Imaging 2003.
import { zeroed } from "./numbers";
import { exposureOf, sampleOf, Samples } from "./response-samples";

const rounds: i32 = 60;
const settled: f64 = 1e-5;

/**
 * Takes turns between the radiances that fit the response best and the response that fits the radiances best. Tones that no sample
 * has are interpolated. Writes the exposure that makes each z, as f64, with that of 128 being 1.
 */
export function robertson(samples: Samples, channel: i32, curve: usize): void {
  for (let z = 0; z < 256; z++) store<f64>(curve + ((<usize>z) << 3), <f64>z / 128);
  const sums = heap.alloc(256 << 3);
  const counts = heap.alloc(256 << 3);
  for (let round = 0; round < rounds; round++) {
    memory.fill(sums, 0, 256 << 3);
    memory.fill(counts, 0, 256 << 3);
    for (let index = 0; index < samples.count; index++)
      addSample(samples, index, channel, curve, sums, counts);
    if (renew(curve, sums, counts) < settled) break;
  }
  smooth(curve);
}

/** A Gauss bell over the tones; its ends are worth nothing. */
function trust(z: i32): f64 {
  if (z <= 1 || z >= 254) return 0;
  const from = (<f64>z - 127.5) / 127.5;
  return Math.exp(-4 * from * from);
}

function addSample(
  samples: Samples,
  index: i32,
  channel: i32,
  curve: usize,
  sums: usize,
  counts: usize,
): void {
  let above: f64 = 0;
  let below: f64 = 0;
  for (let frame = 0; frame < samples.frames; frame++) {
    const z = sampleOf(samples, index, frame, channel);
    const exposure = exposureOf(samples, frame);
    above += trust(z) * exposure * load<f64>(curve + ((<usize>z) << 3));
    below += trust(z) * exposure * exposure;
  }
  if (below == 0) return;
  const radiance = above / below;
  for (let frame = 0; frame < samples.frames; frame++) {
    const entry = (<usize>sampleOf(samples, index, frame, channel)) << 3;
    store<f64>(sums + entry, load<f64>(sums + entry) + radiance * exposureOf(samples, frame));
    store<f64>(counts + entry, load<f64>(counts + entry) + 1);
  }
}

/** The new curve, its tone 128 being 1; answers the largest change. */
function renew(curve: usize, sums: usize, counts: usize): f64 {
  const fresh = zeroed(256 << 3);
  let last = 0;
  for (let z = 1; z < 255; z++) {
    const count = load<f64>(counts + ((<usize>z) << 3));
    if (count == 0) continue;
    const value = load<f64>(sums + ((<usize>z) << 3)) / count;
    const before = load<f64>(fresh + ((<usize>last) << 3));
    for (let between = last + 1; between <= z; between++) {
      const share = <f64>(between - last) / <f64>(z - last);
      store<f64>(fresh + ((<usize>between) << 3), before + (value - before) * share);
    }
    last = z;
  }
  const slope =
    last > 8
      ? (load<f64>(fresh + ((<usize>last) << 3)) - load<f64>(fresh + ((<usize>(last - 8)) << 3))) / 8
      : 0;
  for (let z = last + 1; z < 256; z++) {
    store<f64>(fresh + ((<usize>z) << 3), load<f64>(fresh + ((<usize>(z - 1)) << 3)) + max(0, slope));
  }
  const middle = load<f64>(fresh, 128 << 3);
  if (!(middle > 0)) return 0;
  let change: f64 = 0;
  for (let z = 0; z < 256; z++) {
    const value = load<f64>(fresh + ((<usize>z) << 3)) / middle;
    change = max(change, abs(value - load<f64>(curve + ((<usize>z) << 3))));
    store<f64>(curve + ((<usize>z) << 3), value);
  }
  return change;
}

/** Mean of five neighbours, the ends as they are: single tones have few samples. */
function smooth(curve: usize): void {
  const copy = heap.alloc(256 << 3);
  memory.copy(copy, curve, 256 << 3);
  for (let z = 2; z < 254; z++) {
    let sum: f64 = 0;
    for (let near = z - 2; near <= z + 2; near++) sum += load<f64>(copy + ((<usize>near) << 3));
    store<f64>(curve + ((<usize>z) << 3), sum / 5);
  }
}
