// The camera's response: which relative exposure made a sample.
import { argument, check, inputAddress, inputBytes, integer, outputs, setOutput } from "../abi";
import { headerBytes, newTile, readTile, sampleF32, sampleU16, sampleU8, Tile, tileBytes } from "../tile";
import { readTable } from "./numbers";
import { debevec } from "./response-debevec";
import { robertson } from "./response-robertson";
import { channels, maxFrames, maxSamples, Samples } from "./response-samples";

/** What a sample of 128 stands for in every response, so that responses can be exchanged: its value under sRGB. */
const middle: f64 = 0.2158605;

/** A response as a table: 256 × 1 × 3 of f32, growing. */
export function readResponse(inputs: i32, inputCount: i32, index: i32): Tile {
  const tile = readTable(inputs, inputCount, index, 256, 1, channels);
  for (let entry = 0; entry < 256 * channels; entry++) {
    const value = load<f32>(tile.data + ((<usize>entry) << 2));
    const before: f32 = entry < channels ? 0 : load<f32>(tile.data + ((<usize>(entry - channels)) << 2));
    check(value >= before && value <= 65_536, "a response does not grow");
  }
  return tile;
}

/** Argument: 0 for samples that are linear already, 1 for sRGB (IEC 61966-2-1). Output: the response. */
export function knownResponse(args: i32, argCount: i32, _inputs: i32, inputCount: i32): i32 {
  const standard = integer(args, argCount, 0, 0, 1) == 1;
  check(inputCount == 0, "a known response needs no input");
  const tile = newTile(sampleF32, channels, 256, 1);
  for (let z = 0; z < 256; z++) {
    const value = <f64>z / 255;
    const linear = !standard
      ? value
      : value <= 0.04045
        ? value / 12.92
        : Math.pow((value + 0.055) / 1.055, 2.4);
    for (let channel = 0; channel < channels; channel++) {
      store<f32>(tile + headerBytes + ((<usize>(z * channels + channel)) << 2), <f32>linear);
    }
  }
  const table = outputs(1);
  setOutput(table, 0, tile, tileBytes(sampleF32, channels, 256, 1));
  return table;
}

/**
 * Fits the response of each channel from aligned samples, and makes it grow.
 *
 * Arguments: method (0 Debevec and Malik 1997, 1 Robertson, Borman and Stevenson 2003, from that curve); smoothness (Debevec's lambda); frames
 * (2 … 16); then the exposure of each (any unit). Inputs: what `responseSamples` gave. Output: the response.
 */
export function fitResponse(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const method = integer(args, argCount, 0, 0, 1);
  const smoothness = argument(args, argCount, 1);
  check(smoothness > 0 && smoothness <= 10_000, "an argument is out of its range");
  const frames = integer(args, argCount, 2, 2, maxFrames);
  const samples = gathered(args, argCount, frames, inputs, inputCount);
  check(samples.count >= 16, "there are too few samples to fit a response");
  const tile = newTile(sampleF32, channels, 256, 1);
  const curve = heap.alloc(256 << 3);
  for (let channel = 0; channel < channels; channel++) {
    debevec(samples, channel, smoothness, curve);
    if (method == 1) robertson(samples, channel, curve);
    const scale = middle / load<f64>(curve, 128 << 3);
    let least: f64 = 0;
    for (let z = 0; z < 256; z++) {
      least = max(least, min(65_536, load<f64>(curve + ((<usize>z) << 3)) * scale));
      store<f32>(tile + headerBytes + ((<usize>(z * channels + channel)) << 2), <f32>least);
    }
  }
  const table = outputs(1);
  setOutput(table, 0, tile, tileBytes(sampleF32, channels, 256, 1));
  return table;
}

/** Every sample whose frames are in the order of their exposures, thinned evenly to `maxSamples`. */
function gathered(args: i32, argCount: i32, frames: i32, inputs: i32, inputCount: i32): Samples {
  const samples = changetype<Samples>(heap.alloc(offsetof<Samples>()));
  samples.frames = frames;
  samples.exposures = heap.alloc((<usize>frames) << 3);
  for (let frame = 0; frame < frames; frame++) {
    const exposure = argument(args, argCount, 3 + frame);
    check(exposure > 1e-12 && exposure < 1e12, "an exposure is out of its range");
    store<f64>(samples.exposures + ((<usize>frame) << 3), exposure);
  }
  const record = frames * channels;
  let total: i64 = 0;
  for (let index = 0; index < inputCount; index++) {
    const bytes = inputBytes(inputs, inputCount, index);
    check(bytes % record == 0, "samples are not as long as they must be");
    total += bytes / record;
  }
  const step = <i32>((total + maxSamples - 1) / maxSamples);
  samples.count = 0;
  samples.data = heap.alloc(<usize>(maxSamples * record));
  let number = 0;
  for (let index = 0; index < inputCount; index++) {
    const from = inputAddress(inputs, inputCount, index);
    const bytes = inputBytes(inputs, inputCount, index);
    for (let offset = 0; offset < bytes; offset += record) {
      if (number++ % step != 0 || !ordered(samples, from + <usize>offset)) continue;
      memory.copy(samples.data + <usize>(samples.count * record), from + <usize>offset, <usize>record);
      samples.count++;
    }
  }
  return samples;
}

/** False for what moved: something that is darker in a longer exposure. */
function ordered(samples: Samples, record: usize): bool {
  for (let first = 0; first < samples.frames; first++) {
    for (let second = 0; second < samples.frames; second++) {
      const shorter = load<f64>(samples.exposures + ((<usize>first) << 3));
      if (!(shorter < load<f64>(samples.exposures + ((<usize>second) << 3)))) continue;
      for (let channel = 0; channel < channels; channel++) {
        const dark = <i32>load<u8>(record + <usize>(first * channels + channel));
        if (dark > <i32>load<u8>(record + <usize>(second * channels + channel)) + 3) return false;
      }
    }
  }
  return true;
}

/**
 * Chooses one spot in every cell of `size` pixels, the flattest 3 × 3 of a lattice, and takes its mean in each frame.
 *
 * Arguments: frames; size of a cell (8 … 256). Inputs: for each place the aligned tile of every frame, u8 or u16 of 3 or 4 channels.
 * Output: for each spot, frames × 3 bytes.
 */
export function responseSamples(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const frames = integer(args, argCount, 0, 2, maxFrames);
  const size = integer(args, argCount, 1, 8, 256);
  check(inputCount % frames == 0, "a tile of a frame is missing");
  const places = inputCount / frames;
  const record = frames * channels;
  const most = (256 / size + 1) * (256 / size + 1);
  const data = heap.alloc(<usize>(places * most * record));
  const tiles = heap.alloc((<usize>frames) << 2);
  let at = data;
  for (let place = 0; place < places; place++) {
    let width = 0;
    let height = 0;
    for (let frame = 0; frame < frames; frame++) {
      const tile = readTile(inputs, inputCount, place * frames + frame);
      check(tile.sample == sampleU8 || tile.sample == sampleU16, "a frame has samples of 8 or 16 bits");
      check(
        tile.channels >= channels && tile.width <= 256 && tile.height <= 256,
        "a frame has three colours",
      );
      check(
        frame == 0 || (tile.width == width && tile.height == height),
        "the frames have tiles of different sizes",
      );
      width = tile.width;
      height = tile.height;
      store<usize>(tiles + ((<usize>frame) << 2), changetype<usize>(tile));
    }
    for (let top = 0; top + size <= height; top += size) {
      for (let left = 0; left + size <= width; left += size) {
        const spot = flattest(tiles, frames, left, top, size);
        at = takeSpot(tiles, frames, spot, at);
      }
    }
  }
  const table = outputs(1);
  setOutput(table, 0, data, <i32>(at - data));
  return table;
}

/** The pixel, as y · 256 + x, around which all frames vary least. */
function flattest(tiles: usize, frames: i32, left: i32, top: i32, size: i32): i32 {
  let best = 0;
  let least: i32 = i32.MAX_VALUE;
  for (let y = top + 1; y < top + size - 1; y += 3) {
    for (let x = left + 1; x < left + size - 1; x += 3) {
      let spread = 0;
      for (let frame = 0; frame < frames; frame++) {
        const tile = changetype<Tile>(load<usize>(tiles + ((<usize>frame) << 2)));
        const middle = byteOf(tile, x, y, 1);
        spread += abs(byteOf(tile, x - 1, y, 1) - middle) + abs(byteOf(tile, x + 1, y, 1) - middle);
        spread += abs(byteOf(tile, x, y - 1, 1) - middle) + abs(byteOf(tile, x, y + 1, 1) - middle);
      }
      if (spread >= least) continue;
      least = spread;
      best = (y << 8) + x;
    }
  }
  return best;
}

function takeSpot(tiles: usize, frames: i32, spot: i32, at: usize): usize {
  const x = spot & 255;
  const y = spot >> 8;
  let to = at;
  for (let frame = 0; frame < frames; frame++) {
    const tile = changetype<Tile>(load<usize>(tiles + ((<usize>frame) << 2)));
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) sum += byteOf(tile, x + dx, y + dy, channel);
      }
      store<u8>(to++, <u8>((sum + 4) / 9));
    }
  }
  return to;
}

function byteOf(tile: Tile, x: i32, y: i32, channel: i32): i32 {
  const index = <usize>((y * tile.width + x) * tile.channels + channel);
  if (tile.sample == sampleU8) return <i32>load<u8>(tile.data + index);
  return <i32>load<u8>(tile.data + (index << 1), 1);
}
