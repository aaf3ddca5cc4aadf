// One frame's part of the panorama: samples by bilinear interpolation, the gain, and as the fourth channel the weight that the seams give.
import { check, integer, outputs, setOutput } from "../abi";
import {
  headerBytes,
  newTile,
  readTile,
  sampleBytes,
  sampleF32,
  sampleU16,
  sampleU8,
  Tile,
  tileBytes,
} from "../tile";
import { labelsOf, Mesh, nodesOf, noPlace, placeBits, readMesh } from "./mesh";
import { tileSide } from "./reduce";
import { nobody, unsure } from "./seams";
import { gainOf, readTone, toned, tonedColours } from "./transfer";

/** Side of the tiles that are given. */
const outSide: i32 = 256;
/** Weight beside an unsure seam: only counts where the seam's own frame has none. */
const slight: f32 = 1 / 255;

/** The rectangle of tiles that was given, put together, and where it lies in the frame. */
let source: usize = 0;
let sourceLeft: i32 = 0;
let sourceTop: i32 = 0;
let sourceWidth: i32 = 0;
let sourceHeight: i32 = 0;
let frameWidth: i32 = 0;
let frameHeight: i32 = 0;
let channels: i32 = 0;
let sample: u32 = 0;

/**
 * `panoramaWarp(frame width, frame height, side, first column, first row, columns, rows; gain table, mesh, tiles)`: the part of the mesh as tiles of 256 pixels with four
 * channels, row by row. The frame is one level, in tiles of `side`; the given rectangle of them must hold all that the part sees. Around the frame its edge is repeated.
 */
export function panoramaWarp(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  frameWidth = integer(args, argCount, 0, 1, 65_536);
  frameHeight = integer(args, argCount, 1, 1, 65_536);
  const tone = readTone(inputs, inputCount, 0);
  const mesh = readMesh(inputs, inputCount, 1);
  joinTiles(args, argCount, inputs, inputCount);
  const columns = (mesh.width + outSide - 1) / outSide;
  const rows = (mesh.height + outSide - 1) / outSide;
  const table = outputs(columns * rows);
  for (let index = 0; index < columns * rows; index++) {
    const left = (index % columns) * outSide;
    const top = (index / columns) * outSide;
    const width = min(outSide, mesh.width - left);
    const height = min(outSide, mesh.height - top);
    const tile = newTile(sample, 4, width, height);
    if (sample == sampleU8) warpTile<u8>(mesh, tone, tile + headerBytes, left, top, width, height);
    else if (sample == sampleU16) warpTile<u16>(mesh, tone, tile + headerBytes, left, top, width, height);
    else warpTile<f32>(mesh, tone, tile + headerBytes, left, top, width, height);
    setOutput(table, index, tile, tileBytes(sample, 4, width, height));
  }
  return table;
}

/** Copies the tiles into one piece, so that a sample's neighbours lie beside it. */
function joinTiles(args: i32, argCount: i32, inputs: i32, inputCount: i32): void {
  const side = tileSide(args, argCount, 2);
  const firstColumn = integer(args, argCount, 3, 0, 1024);
  const firstRow = integer(args, argCount, 4, 0, 1024);
  const columns = integer(args, argCount, 5, 1, 64);
  const rows = integer(args, argCount, 6, 1, 64);
  check(inputCount == 2 + columns * rows, "the tiles are not as many as rows times columns");
  sourceLeft = firstColumn * side;
  sourceTop = firstRow * side;
  sourceWidth = min(columns * side, frameWidth - sourceLeft);
  sourceHeight = min(rows * side, frameHeight - sourceTop);
  check(
    sourceWidth > (columns - 1) * side && sourceHeight > (rows - 1) * side,
    "the tiles are outside of their frame",
  );
  const first = readTile(inputs, inputCount, 2);
  channels = first.channels;
  sample = first.sample;
  check(channels != 2, "a frame is grey or of colour");
  const pixel = channels * sampleBytes(sample);
  check(<i64>sourceWidth * sourceHeight * pixel < 1 << 28, "a part sees too much of its frame");
  source = heap.alloc(<usize>(sourceWidth * sourceHeight * pixel + 4)); // `colours` reads a byte more than a pixel
  for (let index = 0; index < columns * rows; index++) {
    const tile = readTile(inputs, inputCount, 2 + index);
    const left = (index % columns) * side;
    const top = (index / columns) * side;
    check(
      tile.sample == sample &&
        tile.channels == channels &&
        tile.width == min(side, sourceWidth - left) &&
        tile.height == min(side, sourceHeight - top),
      "the tiles do not fit together",
    );
    for (let row = 0; row < tile.height; row++) {
      const to = source + <usize>(((top + row) * sourceWidth + left) * pixel);
      memory.copy(to, tile.data + <usize>(row * tile.width * pixel), <usize>(tile.width * pixel));
    }
  }
}

function warpTile<T>(
  mesh: Mesh,
  tone: usize,
  target: usize,
  left: i32,
  top: i32,
  width: i32,
  height: i32,
): void {
  const step = mesh.step;
  const shift = 2 * <i64>ctz(step);
  const pixel = <usize>channels * sizeof<T>();
  let at = target;
  for (let y = top; y < top + height; y++) {
    const row = y / step;
    const down = <i64>(y % step);
    for (let cell = left / step; cell * step < left + width; cell++) {
      const node = nodesOf(mesh) + ((<usize>(row * mesh.columns + cell)) << 3);
      const under = node + ((<usize>mesh.columns) << 3);
      const last = min((cell + 1) * step, left + width);
      if (
        load<i32>(node) == noPlace ||
        load<i32>(node, 8) == noPlace ||
        load<i32>(under) == noPlace ||
        load<i32>(under, 8) == noPlace
      ) {
        const bytes = <usize>((last - cell * step) * 4 * <i32>sizeof<T>());
        memory.fill(at, 0, bytes);
        at += bytes;
        continue;
      }
      const up = <i64>step - down;
      const x0 = <i64>load<i32>(node) * up + <i64>load<i32>(under) * down;
      const x1 = <i64>load<i32>(node, 8) * up + <i64>load<i32>(under, 8) * down;
      const y0 = <i64>load<i32>(node, 4) * up + <i64>load<i32>(under, 4) * down;
      const y1 = <i64>load<i32>(node, 12) * up + <i64>load<i32>(under, 12) * down;
      const owned = isOwned(mesh, cell * step, last, y);
      let placeX = x0 * <i64>step;
      let placeY = y0 * <i64>step;
      for (let x = cell * step; x < last; x++) {
        const inside = findPlace(<i32>(placeX >> shift), <i32>(placeY >> shift), pixel);
        const weight: f32 = owned ? <f32>1 : weightAt(mesh, x, y);
        if (sizeof<T>() == 1 && channels >= 3) warpBytes(tone, at, inside, weight);
        else warpPixel<T>(tone, at, inside, weight);
        at += 4 * sizeof<T>();
        placeX += x1 - x0;
        placeY += y1 - y0;
      }
    }
  }
}

/** What `findPlace` found: the pixel up and left of a place in the frame, how far away its neighbours lie, and the shares of these. */
let place: usize = 0;
let beside: usize = 0;
let below: usize = 0;
let fx: f32 = 0;
let fy: f32 = 0;

/** Answers whether the frame reaches the place; outside of it the nearest pixel is found. */
function findPlace(placeX: i32, placeY: i32, pixel: usize): bool {
  const half = 1 << (placeBits - 1);
  const inside =
    placeX >= -half &&
    placeY >= -half &&
    placeX <= (frameWidth << placeBits) - half &&
    placeY <= (frameHeight << placeBits) - half;
  const clampedX = min(max(placeX, 0), (frameWidth - 1) << placeBits) - (sourceLeft << placeBits);
  const clampedY = min(max(placeY, 0), (frameHeight - 1) << placeBits) - (sourceTop << placeBits);
  const farX = (sourceWidth - 1) << placeBits;
  const farY = (sourceHeight - 1) << placeBits;
  check(
    !inside || (clampedX >= 0 && clampedY >= 0 && clampedX <= farX && clampedY <= farY),
    "a part sees what it was not given",
  );
  const sx = min(max(clampedX, 0), farX);
  const sy = min(max(clampedY, 0), farY);
  const column = sx >> placeBits;
  const row = sy >> placeBits;
  place = source + <usize>(row * sourceWidth + column) * pixel;
  beside = column + 1 < sourceWidth ? pixel : 0;
  below = row + 1 < sourceHeight ? <usize>sourceWidth * pixel : 0;
  const mask = (1 << placeBits) - 1;
  fx = <f32>(sx & mask) * <f32>(1.0 / 1024.0);
  fy = <f32>(sy & mask) * <f32>(1.0 / 1024.0);
  return inside;
}

/** Three channels of bytes, all at once; the same operations in the same order as one by one. */
function warpBytes(tone: usize, at: usize, inside: bool, weight: f32): void {
  const right = f32x4.splat(fx);
  const left = f32x4.splat(1 - fx);
  const upper = between(place, place + beside, left, right);
  const lower = between(place + below, place + below + beside, left, right);
  let value = f32x4.add(f32x4.mul(upper, f32x4.splat(1 - fy)), f32x4.mul(lower, f32x4.splat(fy)));
  const scale = f32x4.splat(255);
  if (gainOf(tone) != 1) value = f32x4.mul(tonedColours(tone, f32x4.div(value, scale)), scale);
  const rounded = f32x4.add(f32x4.min(value, scale), f32x4.splat(0.5));
  const whole = i32x4.replace_lane(
    i32x4.trunc_sat_f32x4_u(rounded),
    3,
    inside ? <i32>(weight * 255 + 0.5) : 0,
  );
  const narrow = i16x8.narrow_i32x4_s(whole, whole);
  v128.store_lane<u32>(at, i8x16.narrow_i16x8_u(narrow, narrow), 0);
}

function between(one: usize, other: usize, left: v128, right: v128): v128 {
  return f32x4.add(f32x4.mul(colours(one), left), f32x4.mul(colours(other), right));
}

/** Three bytes, and one that is not used. */
function colours(address: usize): v128 {
  const words = i16x8.extend_low_i8x16_u(v128.load32_zero(address));
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(words));
}

/** 1 for every pixel from x to `last` - 1 when the seams give all labels around them to the mesh's frame; labels are looked at once for all. */
function isOwned(mesh: Mesh, x: i32, last: i32, y: i32): bool {
  const from = <i32>min(max(mesh.labelX + <f64>x * mesh.labelScale, 0), <f64>(mesh.labelColumns - 1));
  const to = <i32>min(max(mesh.labelX + <f64>(last - 1) * mesh.labelScale, 0), <f64>(mesh.labelColumns - 1));
  const row = <i32>min(max(mesh.labelY + <f64>y * mesh.labelScale, 0), <f64>(mesh.labelRows - 1));
  const columns = min(to + 1, mesh.labelColumns - 1) - from;
  const rows = min(row + 1, mesh.labelRows - 1) - row;
  for (let down = 0; down <= rows; down++) {
    const labels = labelsOf(mesh) + <usize>((row + down) * mesh.labelColumns + from);
    for (let column = 0; column <= columns; column++) {
      if (load<u8>(labels + column) != <u8>mesh.camera) return false;
    }
  }
  return true;
}

function warpPixel<T>(tone: usize, at: usize, inside: bool, weight: f32): void {
  for (let channel: usize = 0; channel < 3; channel++) {
    const from = place + (channels == 1 ? 0 : channel * sizeof<T>());
    const upper = <f32>load<T>(from) * (1 - fx) + <f32>load<T>(from + beside) * fx;
    const lower = <f32>load<T>(from + below) * (1 - fx) + <f32>load<T>(from + below + beside) * fx;
    storeSample<T>(at + channel * sizeof<T>(), upper * (1 - fy) + lower * fy, tone);
  }
  storeWeight<T>(at + 3 * sizeof<T>(), inside ? weight : 0);
}

function storeSample<T>(at: usize, value: f32, tone: usize): void {
  if (isFloat<T>()) {
    store<T>(at, <T>(value * gainOf(tone)));
    return;
  }
  const scale: f32 = sizeof<T>() == 1 ? 255 : 65_535;
  const adjusted = gainOf(tone) == 1 ? value : toned(tone, value / scale) * scale;
  store<T>(at, <T>(min(adjusted, scale) + 0.5));
}

function storeWeight<T>(at: usize, weight: f32): void {
  const scale: f32 = isFloat<T>() ? 1 : sizeof<T>() == 1 ? 255 : 65_535;
  if (isFloat<T>()) store<T>(at, <T>weight);
  else store<T>(at, <T>(weight * scale + 0.5));
}

/** 1 where the mesh's frame has most of the four labels around the pixel, weighed bilinearly; else 0, or `slight` beside an unsure label. */
function weightAt(mesh: Mesh, x: i32, y: i32): f32 {
  const lx = min(max(mesh.labelX + <f64>x * mesh.labelScale, 0), <f64>(mesh.labelColumns - 1));
  const ly = min(max(mesh.labelY + <f64>y * mesh.labelScale, 0), <f64>(mesh.labelRows - 1));
  const column = <i32>lx;
  const row = <i32>ly;
  const beside: usize = column + 1 < mesh.labelColumns ? 1 : 0;
  const below = row + 1 < mesh.labelRows ? <usize>mesh.labelColumns : 0;
  const place = labelsOf(mesh) + <usize>(row * mesh.labelColumns + column);
  const a = load<u8>(place);
  const b = load<u8>(place + beside);
  const c = load<u8>(place + below);
  const d = load<u8>(place + below + beside);
  const own = <u8>mesh.camera;
  if (a == own && b == own && c == own && d == own) return 1;
  const fx = lx - <f64>column;
  const fy = ly - <f64>row;
  const wa = (1 - fx) * (1 - fy);
  const wb = fx * (1 - fy);
  const wc = (1 - fx) * fy;
  const wd = fx * fy;
  const mine = share(own, a, b, c, d, wa, wb, wc, wd);
  const known = ~unsure;
  // Among equals the smaller label wins, so exactly one frame has the pixel.
  if (
    mine > 0 &&
    wins(own, mine, a & known, share(a & known, a, b, c, d, wa, wb, wc, wd)) &&
    wins(own, mine, b & known, share(b & known, a, b, c, d, wa, wb, wc, wd)) &&
    wins(own, mine, c & known, share(c & known, a, b, c, d, wa, wb, wc, wd)) &&
    wins(own, mine, d & known, share(d & known, a, b, c, d, wa, wb, wc, wd))
  ) {
    return 1;
  }
  return ((a | b | c | d) & unsure) != 0 ? slight : 0;
}

function share(own: u8, a: u8, b: u8, c: u8, d: u8, wa: f64, wb: f64, wc: f64, wd: f64): f64 {
  const known = ~unsure;
  return (
    ((a & known) == own ? wa : 0) +
    ((b & known) == own ? wb : 0) +
    ((c & known) == own ? wc : 0) +
    ((d & known) == own ? wd : 0)
  );
}

function wins(own: u8, mine: f64, other: u8, theirs: f64): bool {
  return other == own || other == nobody || mine > theirs || (mine == theirs && own < other);
}
