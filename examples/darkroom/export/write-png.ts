import {
  ascii,
  concatenate,
  RowCount,
  type Band,
  type Deflate,
  type PictureSize,
  type Sink,
} from "./bytes.ts";

/**
 * Writes PNG (W3C, third edition) of RGB in 8 or 16 bits with an XMP packet in `iTXt`. The samples' type chooses the depth.
 * `deflateBands` turns the stream of filtered rows into zlib data: one stream over all bands.
 */
export async function writePng(
  size: PictureSize,
  depth: 8 | 16,
  bands: AsyncIterable<Band<Uint8Array | Uint16Array>>,
  options: { readonly xmp?: Uint8Array; readonly deflateBands: DeflateBands },
  sink: Sink,
): Promise<void> {
  const count = new RowCount(size);
  await sink(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a));
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, size.width);
  view.setUint32(4, size.height);
  header.set([depth, 2, 0, 0, 0], 8);
  await sink(chunk("IHDR", header));
  await sink(chunk("sRGB", Uint8Array.of(0)));
  if (options.xmp !== undefined) {
    await sink(chunk("iTXt", concatenate([ascii("XML:com.adobe.xmp\0\0\0\0\0"), options.xmp])));
  }
  const filtered = filteredRows(size.width, depth, bands, count);
  for await (const piece of options.deflateBands(filtered)) await sink(chunk("IDAT", piece));
  count.end();
  await sink(chunk("IEND", new Uint8Array()));
}

/** One zlib stream over pieces: node:zlib's transform in Node, a CompressionStream in a browser. */
export type DeflateBands = (pieces: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** One zlib stream by the platform's CompressionStream, which Node and browsers both have. */
export const deflateBands: DeflateBands = async function* (pieces) {
  const stream = new CompressionStream("deflate");
  const reader = stream.readable.getReader();
  const writer = stream.writable.getWriter();
  const writing = (async () => {
    try {
      for await (const piece of pieces) await writer.write(new Uint8Array(piece));
      await writer.close();
    } catch (error) {
      await writer.abort(error);
      throw error;
    }
  })();
  // The reader sees the same failure; this one is awaited at the end.
  writing.catch(() => undefined);
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  await writing;
};

/** zlib data of one piece, by the same stream. */
export const deflate: Deflate = async (bytes) => {
  const parts: Uint8Array[] = [];
  const once = async function* () {
    yield bytes;
  };
  for await (const part of deflateBands(once())) parts.push(part);
  return concatenate(parts);
};

/** Rows with PNG's filter "Sub" (2 would need the row above, which may lie in another band). */
async function* filteredRows(
  width: number,
  depth: 8 | 16,
  bands: AsyncIterable<Band<Uint8Array | Uint16Array>>,
  count: RowCount,
): AsyncGenerator<Uint8Array> {
  const step = depth === 8 ? 3 : 6;
  for await (const band of bands) {
    count.take(band);
    const raw = depth === 8 ? Uint8Array.from(band.samples) : bigEndian(band.samples);
    const rowBytes = width * step;
    const rows = new Uint8Array(band.rows * (rowBytes + 1));
    for (let y = 0; y < band.rows; y++) {
      const from = y * rowBytes;
      const to = y * (rowBytes + 1);
      rows[to] = 1;
      for (let x = 0; x < rowBytes; x++) {
        const left = x < step ? 0 : (raw[from + x - step] ?? 0);
        rows[to + 1 + x] = (raw[from + x] ?? 0) - left;
      }
    }
    yield rows;
  }
}

function bigEndian(samples: Uint8Array | Uint16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2);
  for (let index = 0; index < samples.length; index++) {
    const value = samples[index] ?? 0;
    bytes[index * 2] = value >> 8;
    bytes[index * 2 + 1] = value & 255;
  }
  return bytes;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(ascii(type), 4);
  bytes.set(data, 8);
  let crc = 0xffffffff;
  for (let at = 4; at < 8 + data.length; at++)
    crc = (table[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0) ^ (crc >>> 8);
  view.setUint32(8 + data.length, ~crc >>> 0);
  return bytes;
}
