/**
 * Tile blobs, the form of image data between tasks: 16 bytes of header (u32 magic, u16 kind of the samples, u16 channels, u32 width, u32 height,
 * all little-endian), then the samples, interleaved, row by row.
 */
export interface Tile {
  readonly width: number;
  readonly height: number;
  /** 1 (grey, mask) … 4. */
  readonly channels: number;
  /** `width · height · channels` of them. */
  readonly samples: Uint8Array | Uint16Array | Float32Array;
}

export type SampleKind = "u8" | "u16" | "f32";

/** The numbers of the kinds in a header. */
export const sampleNumber: Readonly<Record<SampleKind, number>> = { u8: 1, u16: 2, f32: 3 };
const bytesOf: Readonly<Record<SampleKind, number>> = { u8: 1, u16: 2, f32: 4 };

const magic = 0x31545644;
const headerBytes = 16;
const maxSide = 65_536;

/** The bytes are no tile, or not as long as they say. */
export class TileFault extends Error {
  override readonly name = "TileFault";
}

/** Length of a tile blob in bytes. */
export function tileBytes(sample: SampleKind, channels: number, width: number, height: number): number {
  return headerBytes + width * height * channels * bytesOf[sample];
}

export function sampleKindOf(tile: Tile): SampleKind {
  if (tile.samples instanceof Uint8Array) return "u8";
  return tile.samples instanceof Uint16Array ? "u16" : "f32";
}

export function encodeTile(tile: Tile): Uint8Array<ArrayBuffer> {
  const { samples, channels, width, height } = tile;
  const kind = sampleKindOf(tile);
  const bytes = new Uint8Array(tileBytes(kind, channels, width, height));
  if (bytes.length !== headerBytes + samples.byteLength) throw new TileFault("the samples do not fill it");
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint16(4, sampleNumber[kind], true);
  view.setUint16(6, channels, true);
  view.setUint32(8, width, true);
  view.setUint32(12, height, true);
  // Every engine with WebAssembly SIMD that we know is little-endian, as the samples are.
  bytes.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), headerBytes);
  return bytes;
}

/** Checks and reads a tile blob; the samples are a copy. Throws `TileFault`. */
export function decodeTile(bytes: Uint8Array): Tile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerBytes || view.getUint32(0, true) !== magic) throw new TileFault("not a tile");
  const kind = kindOf(view.getUint16(4, true));
  const channels = view.getUint16(6, true);
  const width = view.getUint32(8, true);
  const height = view.getUint32(12, true);
  if (channels < 1 || channels > 4) throw new TileFault(`a tile cannot have ${channels} channels`);
  if (width < 1 || width > maxSide || height < 1 || height > maxSide) {
    throw new TileFault(`a tile cannot have ${width} × ${height} pixels`);
  }
  if (bytes.length !== tileBytes(kind, channels, width, height)) {
    throw new TileFault("it is not as long as it says");
  }
  const { buffer } = bytes.slice(headerBytes);
  return { width, height, channels, samples: samplesIn(kind, buffer) };
}

function kindOf(number: number): SampleKind {
  switch (number) {
    case 1:
      return "u8";
    case 2:
      return "u16";
    case 3:
      return "f32";
    default:
      throw new TileFault(`samples of kind ${number} are unknown`);
  }
}

function samplesIn(kind: SampleKind, buffer: ArrayBuffer): Tile["samples"] {
  switch (kind) {
    case "u8":
      return new Uint8Array(buffer);
    case "u16":
      return new Uint16Array(buffer);
    case "f32":
      return new Float32Array(buffer);
  }
}
