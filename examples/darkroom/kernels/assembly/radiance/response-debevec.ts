// Debevec and Malik, Recovering high dynamic range radiance maps from photographs, SIGGRAPH 1997.
import { exposureOf, sampleOf, Samples } from "./response-samples";
import { zeroed } from "./numbers";
import { solveSymmetric } from "./solve";

const levels: i32 = 256;

/** The hat of the paper, 0 … 1. */
function trust(z: i32): f64 {
  return (<f64>min(z, 255 - z) + 0.5) / 128;
}

/**
 * Least squares for g = ln of the exposure that makes z. The samples' own radiances are eliminated first (Schur's complement), so 256
 * unknowns remain for any number of samples. Writes exp(g) for each z, as f64.
 */
export function debevec(samples: Samples, channel: i32, smoothness: f64, curve: usize): void {
  const matrix = zeroed((levels * levels) << 3);
  const right = zeroed(levels << 3);
  for (let index = 0; index < samples.count; index++) addSample(samples, index, channel, matrix, right);
  for (let z = 1; z < levels - 1; z++) {
    const weight = smoothness * trust(z);
    addSecondDifference(matrix, z, weight * weight);
  }
  // Nothing else fixes the scale: g(128) = 0.
  add(matrix, 128, 128, 1_000_000);
  const solved = solveSymmetric(matrix, right, levels);
  for (let z = 0; z < levels; z++) {
    const logarithm = load<f64>(right + ((<usize>z) << 3));
    const value = solved ? Math.exp(max<f64>(-30, min<f64>(30, logarithm))) : (<f64>z + 0.5) / 128;
    store<f64>(curve + ((<usize>z) << 3), value);
  }
}

function addSample(samples: Samples, index: i32, channel: i32, matrix: usize, right: usize): void {
  let worth: f64 = 0;
  let mean: f64 = 0;
  for (let frame = 0; frame < samples.frames; frame++) {
    const weight = trust(sampleOf(samples, index, frame, channel));
    worth += weight * weight;
    mean += weight * weight * Math.log(exposureOf(samples, frame));
  }
  mean /= worth;
  for (let i = 0; i < samples.frames; i++) {
    const zi = sampleOf(samples, index, i, channel);
    const wi = trust(zi) * trust(zi);
    const entry = right + ((<usize>zi) << 3);
    store<f64>(entry, load<f64>(entry) + wi * (Math.log(exposureOf(samples, i)) - mean));
    add(matrix, zi, zi, wi);
    for (let j = 0; j < samples.frames; j++) {
      const zj = sampleOf(samples, index, j, channel);
      if (zj <= zi) add(matrix, zi, zj, (-wi * trust(zj) * trust(zj)) / worth);
    }
  }
}

function addSecondDifference(matrix: usize, z: i32, weight: f64): void {
  add(matrix, z - 1, z - 1, weight);
  add(matrix, z, z - 1, -2 * weight);
  add(matrix, z, z, 4 * weight);
  add(matrix, z + 1, z - 1, weight);
  add(matrix, z + 1, z, -2 * weight);
  add(matrix, z + 1, z + 1, weight);
}

function add(matrix: usize, row: i32, column: i32, value: f64): void {
  const cell = matrix + ((<usize>(row * levels + column)) << 3);
  store<f64>(cell, load<f64>(cell) + value);
}
