// Samples that a response is fitted to.

export const channels: i32 = 3;
export const maxFrames: i32 = 16;
export const maxSamples: i32 = 4_096;

@unmanaged
export class Samples {
  frames: i32;
  count: i32;
  /** frames × 3 bytes each. */
  data: usize;
  /** f64 for each frame. */
  exposures: usize;
}

/** Sample `index` of a frame in a channel: 0 … 255. */
export function sampleOf(samples: Samples, index: i32, frame: i32, channel: i32): i32 {
  return <i32>load<u8>(samples.data + <usize>((index * samples.frames + frame) * channels + channel));
}

export function exposureOf(samples: Samples, frame: i32): f64 {
  return load<f64>(samples.exposures + ((<usize>frame) << 3));
}
