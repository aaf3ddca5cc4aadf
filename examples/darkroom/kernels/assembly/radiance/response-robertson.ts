// Robertson, Borman and Stevenson, Estimation-theoretic approach to dynamic range enhancement, J. Electronic Imaging 2003.
import { zeroed } from "./numbers";
import { exposureOf, sampleOf, Samples } from "./response-samples";

/** More do harm: what equal steps of exposure leave open (a ripple of that period) grows with every round. */
const rounds: i32 = 12;

/**
 * Takes turns between the radiances that fit the response best and the response that fits the radiances best, from the `curve` that is given: f64
 * for each z. Tones that no sample has are interpolated. The curve is left with that of tone 128 being 1.
 */
export function robertson(samples: Samples, channel: i32, curve: usize): void {
  const trust = trustTable();
  const fresh = heap.alloc(256 << 3);
  const sums = heap.alloc(256 << 3);
  const counts = heap.alloc(256 << 3);
  for (let round = 0; round < rounds; round++) {
    memory.fill(sums, 0, 256 << 3);
    memory.fill(counts, 0, 256 << 3);
    for (let index = 0; index < samples.count; index++) {
      addSample(samples, index, channel, trust, curve, sums, counts);
    }
    renew(curve, fresh, sums, counts);
  }
}

/** A Gauss bell over the tones, as f64; its ends are worth nothing. */
function trustTable(): usize {
  const table = zeroed(256 << 3);
  for (let z = 2; z < 254; z++) {
    const from = (<f64>z - 127.5) / 127.5;
    store<f64>(table + ((<usize>z) << 3), Math.exp(-4 * from * from));
  }
  return table;
}

function addSample(
  samples: Samples,
  index: i32,
  channel: i32,
  trust: usize,
  curve: usize,
  sums: usize,
  counts: usize,
): void {
  let above: f64 = 0;
  let below: f64 = 0;
  for (let frame = 0; frame < samples.frames; frame++) {
    const entry = (<usize>sampleOf(samples, index, frame, channel)) << 3;
    const weighted = load<f64>(trust + entry) * exposureOf(samples, frame);
    above += weighted * load<f64>(curve + entry);
    below += weighted * exposureOf(samples, frame);
  }
  if (below == 0) return;
  const radiance = above / below;
  for (let frame = 0; frame < samples.frames; frame++) {
    const entry = (<usize>sampleOf(samples, index, frame, channel)) << 3;
    store<f64>(sums + entry, load<f64>(sums + entry) + radiance * exposureOf(samples, frame));
    store<f64>(counts + entry, load<f64>(counts + entry) + 1);
  }
}

/** The new curve, its tone 128 being 1; without any tone there the old one stays. */
function renew(curve: usize, fresh: usize, sums: usize, counts: usize): void {
  memory.fill(fresh, 0, 256 << 3);
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
  if (!(middle > 0)) return;
  for (let z = 0; z < 256; z++) {
    const value = load<f64>(fresh + ((<usize>z) << 3)) / middle;
    store<f64>(curve + ((<usize>z) << 3), value);
  }
}
