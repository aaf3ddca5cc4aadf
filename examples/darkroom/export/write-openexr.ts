import {
  ascii,
  concatenate,
  RowCount,
  type Band,
  type Deflate,
  type PictureSize,
  type Sink,
} from "./bytes.ts";

export interface ExrOptions {
  readonly samples: "half" | "float";
  /** With it the file is compressed by ZIP (16 rows a chunk); without it, it is not. */
  readonly deflate?: Deflate;
  /** An XMP packet, kept in the attribute `xmp` as OpenEXR's tools do. */
  readonly xmp?: Uint8Array;
}

/**
 * Writes OpenEXR 2.0: scan lines in rising order, channels B, G, R. Chunks are written as bands come; their table of offsets
 * stands before them, so `patch` writes it at the end (at the position that it is given).
 */
export async function writeOpenExr(
  size: PictureSize,
  bands: AsyncIterable<Band<Float32Array>>,
  options: ExrOptions,
  sink: Sink,
  patch: (position: number, bytes: Uint8Array) => Promise<void> | void,
): Promise<void> {
  const count = new RowCount(size);
  const head = header(size, options);
  const rowsPerChunk = options.deflate === undefined ? 1 : 16;
  const offsets = new BigUint64Array(Math.ceil(size.height / rowsPerChunk));
  await sink(head);
  await sink(new Uint8Array(offsets.byteLength));
  let at = head.length + offsets.byteLength;
  let top = 0;
  const emit = async (rows: Float32Array) => {
    const chunk = await encodeChunk(top, rows, size.width, options);
    offsets[Math.floor(top / rowsPerChunk)] = BigInt(at);
    at += chunk.length;
    top += rows.length / (size.width * 3);
    await sink(chunk);
  };
  // Bands need not be multiples of a chunk: what is left of one waits for the next.
  let left = new Float32Array();
  for await (const band of bands) {
    count.take(band);
    const rows = joined(left, band.samples);
    const chunkSamples = rowsPerChunk * size.width * 3;
    let used = 0;
    for (; used + chunkSamples <= rows.length; used += chunkSamples)
      await emit(rows.subarray(used, used + chunkSamples));
    left = rows.slice(used);
  }
  if (left.length > 0) await emit(left);
  count.end();
  const table = new DataView(new ArrayBuffer(offsets.byteLength));
  offsets.forEach((offset, index) => table.setBigUint64(index * 8, offset, true));
  await patch(head.length, new Uint8Array(table.buffer));
}

function header(size: PictureSize, options: ExrOptions): Uint8Array {
  const channel = (name: string) =>
    concatenate([ascii(`${name}\0`), int32(options.samples === "half" ? 1 : 2, 0, 1, 1)]);
  const window = int32(0, 0, size.width - 1, size.height - 1);
  const parts = [
    Uint8Array.of(0x76, 0x2f, 0x31, 0x01, 2, 0, 0, 0),
    attribute(
      "channels",
      "chlist",
      concatenate([channel("B"), channel("G"), channel("R"), new Uint8Array(1)]),
    ),
    attribute("compression", "compression", Uint8Array.of(options.deflate === undefined ? 0 : 3)),
    attribute("dataWindow", "box2i", window),
    attribute("displayWindow", "box2i", window),
    attribute("lineOrder", "lineOrder", Uint8Array.of(0)),
    attribute("pixelAspectRatio", "float", float32(1)),
    attribute("screenWindowCenter", "v2f", float32(0, 0)),
    attribute("screenWindowWidth", "float", float32(1)),
  ];
  if (options.xmp !== undefined) parts.push(attribute("xmp", "string", options.xmp));
  return concatenate([...parts, new Uint8Array(1)]);
}

function attribute(name: string, type: string, value: Uint8Array): Uint8Array {
  return concatenate([ascii(`${name}\0${type}\0`), int32(value.length), value]);
}

function int32(...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => view.setInt32(index * 4, value, true));
  return new Uint8Array(view.buffer);
}

function float32(...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => view.setFloat32(index * 4, value, true));
  return new Uint8Array(view.buffer);
}

function joined(a: Float32Array, b: Float32Array): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

/** One chunk: its first row, its length, and its rows with their channels one after the other. */
async function encodeChunk(
  top: number,
  rows: Float32Array,
  width: number,
  options: ExrOptions,
): Promise<Uint8Array> {
  const sampleBytes = options.samples === "half" ? 2 : 4;
  const count = rows.length / (width * 3);
  const view = new DataView(new ArrayBuffer(rows.length * sampleBytes));
  let to = 0;
  for (let y = 0; y < count; y++) {
    for (const channel of [2, 1, 0]) {
      for (let x = 0; x < width; x++) {
        const value = rows[(y * width + x) * 3 + channel] ?? 0;
        // More than a half can hold would become infinite, which viewers show as holes.
        if (sampleBytes === 2) view.setFloat16(to, Math.max(-65_504, Math.min(65_504, value)), true);
        else view.setFloat32(to, value, true);
        to += sampleBytes;
      }
    }
  }
  const raw = new Uint8Array(view.buffer);
  const packed = options.deflate === undefined ? raw : await options.deflate(predicted(raw));
  // A chunk that would grow is kept as it is; readers tell by its length.
  const data = packed.length < raw.length ? packed : raw;
  return concatenate([int32(top, data.length), data]);
}

/** ZIP's preparation in OpenEXR: low and high bytes apart, then differences to the byte before, offset by 128. */
function predicted(raw: Uint8Array): Uint8Array {
  const half = (raw.length + 1) >> 1;
  const split = new Uint8Array(raw.length);
  for (let index = 0; index < raw.length; index++) {
    split[(index & 1) === 0 ? index >> 1 : half + (index >> 1)] = raw[index] ?? 0;
  }
  const result = new Uint8Array(raw.length);
  for (let index = 0; index < raw.length; index++) {
    result[index] = index === 0 ? (split[0] ?? 0) : (split[index] ?? 0) - (split[index - 1] ?? 0) + 128;
  }
  return result;
}
