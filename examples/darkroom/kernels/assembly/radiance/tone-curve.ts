// Tone curves: by how much to multiply a luminance.
import { argument, check, inputAddress, inputBytes, integer, outputs, setOutput } from "../abi";
import { headerBytes, newTile, sampleF32, tileBytes } from "../tile";
import { curveEntries, luminanceAt } from "./luminance";
import { zeroed } from "./numbers";
import { histogramBins } from "./tone-statistics";

/** Grey that the eye takes for the middle. */
const middleGrey: f64 = 0.18;
/** What is brighter than all but this share of the pixels is taken for the picture's white, so that a single spark does not darken all. */
const whiteShare: f64 = 0.999;
const blackShare: f64 = 0.005;

/** Scalars of the picture, f64. */
@unmanaged
class Range {
  /** Geometric mean of what is not black. */
  mean: f64;
  black: f64;
  white: f64;
}

/**
 * Arguments: operator (0 Reinhard et al. 2002, 1 Drago et al. 2003, 2 compression of the logarithm as Durand and Dorsey 2002); exposure
 * in stops (−16 … 16); the operator's parameter: Reinhard's white in stops above the picture's own (−8 … 8), Drago's bias (0.5 … 1),
 * Durand's contrast left in stops (1 … 16). Inputs: the histograms of `toneStatistics`. Output: the gain at each step of the scale of
 * luminance, a table of f32.
 */
export function toneCurve(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const operator = integer(args, argCount, 0, 0, 2);
  const stops = argument(args, argCount, 1);
  const parameter = argument(args, argCount, 2);
  check(stops >= -16 && stops <= 16, "an argument is out of its range");
  if (operator == 0) check(parameter >= -8 && parameter <= 8, "an argument is out of its range");
  if (operator == 1) check(parameter >= 0.5 && parameter <= 1, "an argument is out of its range");
  if (operator == 2) check(parameter >= 1 && parameter <= 16, "an argument is out of its range");
  const range = rangeOf(inputs, inputCount);
  const tile = newTile(sampleF32, 1, curveEntries, 1);
  const exposure = Math.exp2(stops);
  for (let step = 0; step < curveEntries; step++) {
    const value = luminanceAt(step);
    const gain =
      operator == 0
        ? reinhard(value, exposure, parameter, range)
        : operator == 1
          ? drago(value, exposure, parameter, range)
          : durand(value, exposure, parameter, range);
    store<f32>(tile + headerBytes + ((<usize>step) << 2), <f32>gain);
  }
  const table = outputs(1);
  setOutput(table, 0, tile, tileBytes(sampleF32, 1, curveEntries, 1));
  return table;
}

function rangeOf(inputs: i32, inputCount: i32): Range {
  const counts = zeroed(histogramBins << 3);
  for (let index = 0; index < inputCount; index++) {
    check(
      inputBytes(inputs, inputCount, index) == histogramBins << 2,
      "a histogram is not as long as it must be",
    );
    const from = inputAddress(inputs, inputCount, index);
    for (let bin: usize = 0; bin < <usize>histogramBins; bin++) {
      store<u64>(counts + (bin << 3), load<u64>(counts + (bin << 3)) + <u64>load<u32>(from + (bin << 2)));
    }
  }
  let pixels: f64 = 0;
  let logarithms: f64 = 0;
  for (let bin = 1; bin < histogramBins; bin++) {
    const count = <f64>load<u64>(counts + ((<usize>bin) << 3));
    pixels += count;
    if (count > 0) logarithms += count * Math.log((luminanceAt(bin) + luminanceAt(bin + 1)) / 2);
  }
  const range = changetype<Range>(heap.alloc(offsetof<Range>()));
  range.mean = pixels > 0 ? Math.exp(logarithms / pixels) : middleGrey;
  range.black = quantile(counts, pixels * blackShare);
  range.white = max(quantile(counts, pixels * whiteShare), range.black * 2);
  return range;
}

/** Upper end of the bin in which so many pixels are reached; black ones do not count. */
function quantile(counts: usize, wanted: f64): f64 {
  let below: f64 = 0;
  for (let bin = 1; bin < histogramBins; bin++) {
    below += <f64>load<u64>(counts + ((<usize>bin) << 3));
    if (below > wanted) return luminanceAt(bin + 1);
  }
  return middleGrey;
}

/** Equation 4 of the paper: what is as bright as white becomes 1. */
function reinhard(value: f64, exposure: f64, stops: f64, range: Range): f64 {
  const scale = (middleGrey * exposure) / range.mean;
  const scaled = value * scale;
  const white = range.white * scale * Math.exp2(stops);
  return (scale * (1 + scaled / (white * white))) / (1 + scaled);
}

/** Equation 4 of the paper for a display of 100 cd/m²; luminances relative to the geometric mean. */
function drago(value: f64, exposure: f64, bias: f64, range: Range): f64 {
  const scale = exposure / range.mean;
  const scaled = value * scale;
  const white = range.white * scale;
  const power = Math.log(bias) / Math.log(0.5);
  const base = Math.log(2 + 8 * Math.pow(min(1, scaled / white), power));
  return Math.log(scaled + 1) / base / (Math.log(white + 1) / Math.LN10) / value;
}

/** The range from black to white becomes `contrast` stops, and white 1. */
function durand(value: f64, exposure: f64, contrast: f64, range: Range): f64 {
  const stops = Math.log2(range.white / range.black);
  const factor = min(1, contrast / stops);
  return exposure * Math.exp2((factor - 1) * Math.log2(value) - factor * Math.log2(range.white));
}
