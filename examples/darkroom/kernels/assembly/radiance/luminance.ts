// Luminance and its scale. A positive f32's bits grow with it: an octave has 2^23 of them, which makes a logarithm that is linear within an
// octave, exact and without any table. Curves, histograms and grids are all laid out on it.

/** The scale begins at 2^−24 and has 48 octaves. */
export const octaves: i32 = 48;
const firstBits: i32 = (127 - 24) << 23;
const bitsOnScale: i32 = octaves << 23;

/** Entries of a curve for one octave, and of a curve: one for each step and one for its end. */
export const stepsPerOctave: i32 = 64;
export const curveEntries: i32 = octaves * stepsPerOctave + 1;

/** Weights of Rec. 709, for linear light. */
export function luminance(red: f32, green: f32, blue: f32): f32 {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Place on the scale in 2^−23 octaves, kept on it; 0 for what is no positive number. */
export function place(value: f32): i32 {
  const bits = reinterpret<i32>(value);
  return bits <= firstBits ? 0 : min(bitsOnScale - 1, bits - firstBits);
}

/** The luminance at step `step` of a curve. */
export function luminanceAt(step: i32): f64 {
  return <f64>reinterpret<f32>(firstBits + (step << 17));
}
