import assert from "node:assert/strict";
import { inflateSync } from "node:zlib";

/** Reads what Darkroom writes of OpenEXR 2.0: scan lines of half B, G, R, by ZIP or plain. Written after the format's own text, not after our writer. */
export function readOpenExr(file: Buffer): {
  readonly width: number;
  readonly height: number;
  /** RGB, row by row. */
  readonly samples: Float32Array;
  /** The attribute `xmp`. */
  readonly xmp: string;
} {
  assert.equal(file.readUInt32LE(0), 20_000_630);
  const attributes = new Map<string, Buffer>();
  let at = 8;
  const word = () => {
    const end = file.indexOf(0, at);
    const text = file.toString("latin1", at, end);
    at = end + 1;
    return text;
  };
  for (let name = word(); name !== ""; name = word()) {
    word();
    const length = file.readInt32LE(at);
    attributes.set(name, file.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  const window = attributes.get("dataWindow") ?? assert.fail("no data window");
  const width = window.readInt32LE(8) - window.readInt32LE(0) + 1;
  const height = window.readInt32LE(12) - window.readInt32LE(4) + 1;
  const rowsPerChunk = attributes.get("compression")?.[0] === 3 ? 16 : 1;
  const samples = new Float32Array(width * height * 3);
  for (let top = 0; top < height; top += rowsPerChunk) {
    const chunk = Number(file.readBigUInt64LE(at + (top / rowsPerChunk) * 8));
    assert.equal(file.readInt32LE(chunk), top);
    const rows = Math.min(rowsPerChunk, height - top);
    const length = file.readInt32LE(chunk + 4);
    const packed = file.subarray(chunk + 8, chunk + 8 + length);
    const bytes = length === rows * width * 6 ? packed : joined(inflateSync(packed));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let row = 0; row < rows; row += 1)
      for (let plane = 0; plane < 3; plane += 1)
        for (let x = 0; x < width; x += 1)
          samples[((top + row) * width + x) * 3 + 2 - plane] = view.getFloat16(
            ((row * 3 + plane) * width + x) * 2,
            true,
          );
  }
  return { width, height, samples, xmp: attributes.get("xmp")?.toString() ?? "" };
}

/** ZIP's preparation undone: differences summed up, then low and high bytes brought together. */
function joined(bytes: Buffer): Buffer {
  for (let index = 1; index < bytes.length; index += 1)
    bytes[index] = (bytes[index - 1] ?? 0) + (bytes[index] ?? 0) - 128;
  const half = (bytes.length + 1) >> 1;
  return Buffer.from(
    bytes.map((_, index) => bytes[(index & 1) === 0 ? index >> 1 : half + (index >> 1)] ?? 0),
  );
}
