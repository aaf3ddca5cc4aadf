// Radiance from a bracket, tile by tile.
import { argument, check, integer, outputs, setOutput } from "../abi";
import { headerBytes, newTile, readTile, sampleF32, sampleU16, sampleU8, Tile, tileBytes } from "../tile";
import { readResponse } from "./response";
import { channels, maxFrames } from "./response-samples";

/** Samples from here on (of 255) are taken for saturated: a clipped channel spoils its pixel. */
const white: f64 = 250;
/** A mask from here on (of 255) lets a frame stand in where no frame is well exposed. */
const admitted: u32 = 128;
/** Less than this share of a well exposed sample is none. */
const least: f64 = 1e-4;

/** One place of the bracket while it is merged. */
@unmanaged
class Place {
  frames: i32;
  reference: i32;
  /** Tile and mask (0: none) of each frame. */
  tiles: usize;
  masks: usize;
  /** f32: exposure and its square, twice, for each frame: a vector. */
  factors: usize;
  exposures: usize;
  /** For each level and channel {weight · response, weight}, f32. */
  tones: usize;
  /** For each level, what the largest sample of a pixel lets it be worth, f32. */
  tops: usize;
  levels: i32;
  response: Tile;
  /** Bytes from one pixel of a frame to the next. */
  step: usize;
  /** Weights that sum up to no more than this are nothing. */
  floor: f32;
}

/**
 * Weighted least squares over the exposures, Σ w·t·g(z) / Σ w·t² (Robertson et al. 2003, equation 7), so that a longer exposure
 * counts more as long as it is not too bright. w is a hat: it falls for the whole pixel when its largest sample nears saturation, and for
 * each channel when it nears black; masks multiply it. Where no frame is well exposed, the longest stands in if it is not saturated, else the
 * shortest; a frame that is masked out never does.
 *
 * Arguments: frames (1 … 16); the reference frame, whose mask is ignored where nothing is left; the frames' exposures (relative); for each frame
 * 1 when it has masks. Inputs: the response; then for each place a tile of every frame (u8 or u16, 3 or 4 channels) and the masks (u8) of
 * those that have some. Output: a tile of f32, three channels, for each place; never below 0, never NaN.
 */
export function mergeRadiance(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const place = newPlace(args, argCount);
  place.response = readResponse(inputs, inputCount, 0);
  let each = place.frames;
  for (let frame = 0; frame < place.frames; frame++) each += maskFlag(args, argCount, place.frames, frame);
  check(inputCount > 1 && (inputCount - 1) % each == 0, "a tile of a frame is missing");
  const count = (inputCount - 1) / each;
  const table = outputs(count);
  for (let index = 0; index < count; index++) {
    const first = readPlace(place, args, argCount, inputs, inputCount, 1 + index * each);
    const levels = first.sample == sampleU8 ? 256 : 65_536;
    if (levels != place.levels) makeTones(place, levels);
    const tile = newTile(sampleF32, channels, first.width, first.height);
    mergeTile(place, tile + headerBytes, first.width * first.height);
    setOutput(table, index, tile, tileBytes(sampleF32, channels, first.width, first.height));
  }
  return table;
}

function maskFlag(args: i32, argCount: i32, frames: i32, frame: i32): i32 {
  return integer(args, argCount, 2 + frames + frame, 0, 1);
}

function newPlace(args: i32, argCount: i32): Place {
  const place = changetype<Place>(heap.alloc(offsetof<Place>()));
  place.frames = integer(args, argCount, 0, 1, maxFrames);
  place.reference = integer(args, argCount, 1, 0, place.frames - 1);
  place.tiles = heap.alloc(maxFrames << 2);
  place.masks = heap.alloc(maxFrames << 2);
  place.factors = heap.alloc(maxFrames << 4);
  place.exposures = heap.alloc(maxFrames << 2);
  place.levels = 0;
  let shortest: f64 = Infinity;
  for (let frame = 0; frame < place.frames; frame++) {
    const exposure = argument(args, argCount, 2 + frame);
    check(exposure >= 1e-6 && exposure <= 1e6, "an exposure is out of its range");
    const factor = place.factors + ((<usize>frame) << 4);
    for (let lane: usize = 0; lane < 16; lane += 8) {
      store<f32>(factor + lane, <f32>exposure);
      store<f32>(factor + lane, <f32>(exposure * exposure), 4);
    }
    store<f32>(place.exposures + ((<usize>frame) << 2), <f32>exposure);
    shortest = min(shortest, exposure);
  }
  place.floor = <f32>(least * shortest * shortest);
  return place;
}

function readPlace(place: Place, args: i32, argCount: i32, inputs: i32, inputCount: i32, from: i32): Tile {
  const first = readTile(inputs, inputCount, from);
  check(first.sample == sampleU8 || first.sample == sampleU16, "a frame has samples of 8 or 16 bits");
  check(first.channels >= channels, "a frame has three colours");
  let mask = from + place.frames;
  for (let frame = 0; frame < place.frames; frame++) {
    const tile = readTile(inputs, inputCount, from + frame);
    check(
      tile.sample == first.sample &&
        tile.channels == first.channels &&
        tile.width == first.width &&
        tile.height == first.height,
      "the tiles of one place are not alike",
    );
    store<usize>(place.tiles + ((<usize>frame) << 2), tile.data);
    store<usize>(place.masks + ((<usize>frame) << 2), 0);
    if (maskFlag(args, argCount, place.frames, frame) == 0) continue;
    const seen = readTile(inputs, inputCount, mask++);
    check(
      seen.sample == sampleU8 &&
        seen.channels == 1 &&
        seen.width == first.width &&
        seen.height == first.height,
      "a mask is not as large as its tile",
    );
    store<usize>(place.masks + ((<usize>frame) << 2), seen.data);
  }
  place.step = <usize>(first.channels * (first.sample == sampleU8 ? 1 : 2));
  return first;
}

/** The response at a tone between 0 and 255. */
function between(response: Tile, z: f64, channel: i32): f64 {
  const below = min(254, <i32>z);
  const entry = response.data + ((<usize>(below * channels + channel)) << 2);
  const value = <f64>load<f32>(entry);
  return value + (<f64>load<f32>(entry, channels << 2) - value) * (z - <f64>below);
}

function makeTones(place: Place, levels: i32): void {
  place.levels = levels;
  place.tones = heap.alloc((<usize>(levels * channels)) << 3);
  place.tops = heap.alloc((<usize>levels) << 2);
  const scale = 255 / <f64>(levels - 1);
  for (let level = 0; level < levels; level++) {
    const z = <f64>level * scale;
    const low = min(1, z / 128);
    store<f32>(place.tops + ((<usize>level) << 2), <f32>max(0, min(1, (white - z) / (white - 128))));
    for (let channel = 0; channel < channels; channel++) {
      const g = between(place.response, z, channel);
      const tone = place.tones + ((<usize>(level * channels + channel)) << 3);
      store<f32>(tone, <f32>(low * g));
      store<f32>(tone, <f32>low, 4);
    }
  }
}

function mergeTile(place: Place, to: usize, pixels: i32): void {
  const wide = place.levels != 256;
  const step = place.step;
  const tones = place.tones;
  for (let pixel = 0; pixel < pixels; pixel++) {
    let redGreen = f32x4.splat(0);
    let blue = f32x4.splat(0);
    for (let frame = 0; frame < place.frames; frame++) {
      const at = load<usize>(place.tiles + ((<usize>frame) << 2)) + <usize>pixel * step;
      const red = wide ? <u32>load<u16>(at) : <u32>load<u8>(at);
      const green = wide ? <u32>load<u16>(at, 2) : <u32>load<u8>(at, 1);
      const azure = wide ? <u32>load<u16>(at, 4) : <u32>load<u8>(at, 2);
      let worth = load<f32>(place.tops + ((<usize>max(red, max(green, azure))) << 2));
      const mask = load<usize>(place.masks + ((<usize>frame) << 2));
      if (mask != 0) worth *= <f32>load<u8>(mask + <usize>pixel) * <f32>(1.0 / 255);
      const factor = f32x4.mul(f32x4.splat(worth), v128.load(place.factors + ((<usize>frame) << 4)));
      const both = v128.load64_lane(
        tones + <usize>(green * 24 + 8),
        v128.load64_zero(tones + <usize>(red * 24)),
        1,
      );
      redGreen = f32x4.add(redGreen, f32x4.mul(both, factor));
      blue = f32x4.add(blue, f32x4.mul(v128.load64_zero(tones + <usize>(azure * 24 + 16)), factor));
    }
    finish(place, pixel, to, 0, f32x4.extract_lane(redGreen, 0), f32x4.extract_lane(redGreen, 1));
    finish(place, pixel, to, 1, f32x4.extract_lane(redGreen, 2), f32x4.extract_lane(redGreen, 3));
    finish(place, pixel, to, 2, f32x4.extract_lane(blue, 0), f32x4.extract_lane(blue, 1));
    to += 12;
  }
}

function finish(place: Place, pixel: i32, to: usize, channel: i32, above: f32, below: f32): void {
  const value = below > place.floor ? above / below : standIn(place, pixel, channel);
  store<f32>(to + ((<usize>channel) << 2), value);
}

/** What the longest exposure says when it is not saturated, else the shortest. */
function standIn(place: Place, pixel: i32, channel: i32): f32 {
  let shortest = place.reference;
  let longest = place.reference;
  for (let frame = 0; frame < place.frames; frame++) {
    const mask = load<usize>(place.masks + ((<usize>frame) << 2));
    if (mask != 0 && <u32>load<u8>(mask + <usize>pixel) < admitted) continue;
    if (exposureAt(place, frame) < exposureAt(place, shortest)) shortest = frame;
    if (exposureAt(place, frame) > exposureAt(place, longest)) longest = frame;
  }
  let brightest: f64 = 0;
  for (let any = 0; any < channels; any++) brightest = max(brightest, toneAt(place, longest, pixel, any));
  const frame = brightest < white ? longest : shortest;
  return <f32>(
    (between(place.response, toneAt(place, frame, pixel, channel), channel) / <f64>exposureAt(place, frame))
  );
}

function exposureAt(place: Place, frame: i32): f32 {
  return load<f32>(place.exposures + ((<usize>frame) << 2));
}

/** A sample on the scale of 0 … 255. */
function toneAt(place: Place, frame: i32, pixel: i32, channel: i32): f64 {
  const at = load<usize>(place.tiles + ((<usize>frame) << 2)) + <usize>pixel * place.step;
  if (place.levels == 256) return <f64>load<u8>(at + <usize>channel);
  return <f64>load<u16>(at + ((<usize>channel) << 1)) * (255.0 / 65_535);
}
