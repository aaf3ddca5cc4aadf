import { RowCount, type Band, type Deflate, type PictureSize, type Sink } from "./bytes.ts";

/** No classic TIFF is longer: its offsets have 32 bits. */
const maxBytes = 0xffff_ffff;
const [byteType, shortType, longType] = [1, 3, 4];

/**
 * Writes a little-endian TIFF 6.0 of RGB in 16 bits, one strip for each band, deflated when `deflate` is given, and an XMP
 * packet in tag 700. The directory comes last, so bands are written as they come; `patch` then sets the first 8 bytes anew.
 */
export async function writeTiff(
  size: PictureSize,
  bands: AsyncIterable<Band<Uint16Array>>,
  options: { readonly xmp?: Uint8Array; readonly deflate?: Deflate },
  sink: Sink,
  patch: (head: Uint8Array) => Promise<void> | void,
): Promise<void> {
  const count = new RowCount(size);
  const offsets: number[] = [];
  const lengths: number[] = [];
  let rowsPerStrip = 0;
  let at = 8;
  await sink(head(0));
  for await (const band of bands) {
    count.take(band);
    if (offsets.length > 0 && band.rows > rowsPerStrip)
      throw new RangeError("bands of a TIFF have equal heights");
    rowsPerStrip = Math.max(rowsPerStrip, band.rows);
    const raw = littleEndian(band.samples);
    const strip = options.deflate === undefined ? raw : await options.deflate(raw);
    offsets.push(at);
    lengths.push(strip.length);
    at += strip.length;
    if (at > maxBytes) throw new RangeError("the picture is too large for a TIFF; choose OpenEXR or PNG");
    await sink(strip);
  }
  count.end();
  const even = at + (at & 1);
  if (even > at) await sink(new Uint8Array(1));
  const compression = options.deflate === undefined ? 1 : 8;
  const fields: [tag: number, type: number, values: Uint8Array | readonly number[]][] = [
    [256, longType, [size.width]],
    [257, longType, [size.height]],
    [258, shortType, [16, 16, 16]],
    [259, shortType, [compression]],
    [262, shortType, [2]],
    [273, longType, offsets],
    [274, shortType, [1]],
    [277, shortType, [3]],
    [278, longType, [rowsPerStrip]],
    [279, longType, lengths],
    [284, shortType, [1]],
  ];
  if (options.xmp !== undefined) fields.push([700, byteType, options.xmp]);
  await sink(directory(fields, even));
  await patch(head(even));
}

function head(directoryAt: number): Uint8Array {
  const bytes = Uint8Array.of(0x49, 0x49, 42, 0, 0, 0, 0, 0);
  new DataView(bytes.buffer).setUint32(4, directoryAt, true);
  return bytes;
}

function directory(
  fields: readonly [number, number, Uint8Array | readonly number[]][],
  at: number,
): Uint8Array {
  const table = 2 + fields.length * 12 + 4;
  const size = (type: number) => (type === byteType ? 1 : type === shortType ? 2 : 4);
  const outside = fields.map(([, type, values]) => {
    const bytes = values.length * size(type);
    return bytes > 4 ? bytes + (bytes & 1) : 0;
  });
  const bytes = new Uint8Array(table + outside.reduce((sum, length) => sum + length, 0));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, fields.length, true);
  let next = table;
  fields.forEach(([tag, type, values], index) => {
    const entry = 2 + index * 12;
    view.setUint16(entry, tag, true);
    view.setUint16(entry + 2, type, true);
    view.setUint32(entry + 4, values.length, true);
    const far = (outside[index] ?? 0) > 0;
    if (far) view.setUint32(entry + 8, at + next, true);
    let to = far ? next : entry + 8;
    for (const value of values) {
      if (type === byteType) view.setUint8(to, value);
      else if (type === shortType) view.setUint16(to, value, true);
      else view.setUint32(to, value, true);
      to += size(type);
    }
    next += outside[index] ?? 0;
  });
  return bytes;
}

function littleEndian(samples: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2);
  for (let index = 0; index < samples.length; index++) {
    const value = samples[index] ?? 0;
    bytes[index * 2] = value & 255;
    bytes[index * 2 + 1] = value >> 8;
  }
  return bytes;
}
