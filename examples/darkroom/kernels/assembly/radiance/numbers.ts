// Tables of numbers as blobs: what the stages that analyse hand to each other.
import { check, inputAddress, inputBytes } from "../abi";
import { readTile, sampleF32, Tile } from "../tile";

/** Address of input `index`, which holds exactly `count` finite f64. */
export function readNumbers(inputs: i32, inputCount: i32, index: i32, count: i32): usize {
  const address = inputAddress(inputs, inputCount, index);
  check(
    inputBytes(inputs, inputCount, index) == count << 3,
    "a list of numbers is not as long as it must be",
  );
  for (let number = 0; number < count; number++) {
    check(
      isFinite(load<f64>(address + ((<usize>number) << 3))),
      "a list of numbers holds one that is not finite",
    );
  }
  return address;
}

/** Input `index` as a table of f32, `width` × `height` of `channels`, all finite. */
export function readTable(
  inputs: i32,
  inputCount: i32,
  index: i32,
  width: i32,
  height: i32,
  channels: i32,
): Tile {
  const tile = readTile(inputs, inputCount, index);
  check(
    tile.sample == sampleF32 && tile.width == width && tile.height == height && tile.channels == channels,
    "a table has another shape than it must have",
  );
  const count = width * height * channels;
  for (let number = 0; number < count; number++) {
    check(
      isFinite(load<f32>(tile.data + ((<usize>number) << 2))),
      "a table holds a number that is not finite",
    );
  }
  return tile;
}

/** Zeroed room. Fresh memory of an instance is zero already, but what an earlier call freed is not. */
export function zeroed(bytes: i32): usize {
  const address = heap.alloc(<usize>bytes);
  memory.fill(address, 0, <usize>bytes);
  return address;
}
