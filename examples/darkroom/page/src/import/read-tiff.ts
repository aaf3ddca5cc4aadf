import type { DecodedPicture } from "./decode-raw.ts";

const maxPixels = 250_000_000;
const maxStrips = 100_000;
const tags = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  planar: 284,
  predictor: 317,
  tileWidth: 322,
  dngVersion: 50706,
} as const;
const plain = 1;
const deflate = new Set([8, 32_946]);
const sizes: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4 };

/** Whether the bytes begin as TIFF 6.0 does; DNG and many RAW files do too. */
export function isTiff(bytes: Uint8Array): boolean {
  const mark = String.fromCodePoint(...bytes.subarray(0, 4));
  return mark === "II*\0" || mark === "MM\0*";
}

/**
 * Reads the simple cases of TIFF 6.0: grey or RGB (more channels are left out) in 8 or 16 bits, strips, plain or deflated, with or without the horizontal predictor. Undefined for
 * everything else, such as what cameras put into TIFF's frame; throws when a file ends before what it promises.
 */
export async function readTiff(bytes: Uint8Array<ArrayBuffer>): Promise<DecodedPicture | undefined> {
  const file = new TiffFile(bytes);
  const one = (tag: number, usual: number) => file.values(tag)[0] ?? usual;
  const [width, height] = [one(tags.width, 0), one(tags.height, 0)];
  const channels = one(tags.samples, 1);
  const bits = file.values(tags.bits);
  const compression = one(tags.compression, plain);
  const photometric = one(tags.photometric, 1);
  const isSimple =
    file.values(tags.dngVersion).length === 0 &&
    file.values(tags.tileWidth).length === 0 &&
    (compression === plain || deflate.has(compression)) &&
    one(tags.planar, 1) === 1 &&
    (photometric === 1 || photometric === 2) &&
    channels >= (photometric === 2 ? 3 : 1) &&
    channels <= 5 &&
    bits.every((depth) => depth === bits[0]) &&
    (bits[0] === 8 || bits[0] === 16);
  if (!isSimple || width < 1 || height < 1 || width * height > maxPixels) return undefined;
  const depth = bits[0] === 16 ? 2 : 1;
  const stride = width * channels * depth;
  const rowsPerStrip = Math.min(height, one(tags.rowsPerStrip, height));
  const offsets = file.values(tags.stripOffsets);
  const lengths = file.values(tags.stripBytes);
  const samples = depth === 2 ? new Uint16Array(width * height * 3) : new Uint8Array(width * height * 3);
  for (let top = 0, strip = 0; top < height; top += rowsPerStrip, strip += 1) {
    const rows = Math.min(rowsPerStrip, height - top);
    const packed = file.part(offsets[strip] ?? -1, lengths[strip] ?? -1);
    const data = compression === plain ? packed : await inflate(packed, rows * stride);
    if (data.length < rows * stride) throw new Error("The TIFF file ends too early.");
    const values = depth === 2 ? file.words(data, rows * stride) : data;
    if (one(tags.predictor, 1) === 2) sumUp(values, rows, width, channels, depth === 2 ? 0xffff : 0xff);
    for (let pixel = 0; pixel < rows * width; pixel += 1)
      for (let channel = 0; channel < 3; channel += 1)
        samples[(top * width + pixel) * 3 + channel] =
          values[pixel * channels + (photometric === 2 ? channel : 0)] ?? 0;
  }
  return upright({ width, height, samples }, one(tags.orientation, 1));
}

/** Turned and mirrored as tag 274 says, which EXIF took over: 2 mirrors, 3 turns by 180°, 4 flips, 5 transposes, 6 turns by 90°, 7 transverses, 8 turns by 270°. */
function upright(picture: DecodedPicture, orientation: number): DecodedPicture {
  if (orientation < 2 || orientation > 8) return picture;
  const { width, height, samples } = picture;
  const isLying = orientation >= 5;
  const isFromRight = [2, 3, 7, 8].includes(orientation);
  const isFromBelow = [3, 4, 6, 7].includes(orientation);
  const size = isLying ? { width: height, height: width } : { width, height };
  const turned =
    samples instanceof Uint16Array ? new Uint16Array(samples.length) : new Uint8Array(samples.length);
  for (let y = 0; y < size.height; y += 1)
    for (let x = 0; x < size.width; x += 1) {
      const [column, row] = isLying ? [y, x] : [x, y];
      const fromX = isFromRight ? width - 1 - column : column;
      const fromY = isFromBelow ? height - 1 - row : row;
      for (let channel = 0; channel < 3; channel += 1)
        turned[(y * size.width + x) * 3 + channel] = samples[(fromY * width + fromX) * 3 + channel] ?? 0;
    }
  return { ...size, samples: turned };
}

/** The first directory of a TIFF, with every offset checked. */
class TiffFile {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #isLittle: boolean;
  readonly #fields = new Map<number, readonly number[]>();

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#isLittle = bytes[0] === 0x49;
    const at = this.#view.getUint32(4, this.#isLittle);
    if (at + 2 > bytes.length) throw new Error("The TIFF file ends too early.");
    const count = this.#view.getUint16(at, this.#isLittle);
    for (let index = 0; index < count; index += 1) this.#readField(at + 2 + index * 12);
  }

  values(tag: number): readonly number[] {
    return this.#fields.get(tag) ?? [];
  }

  part(at: number, length: number): Uint8Array<ArrayBuffer> {
    if (at < 0 || length < 0 || at + length > this.#bytes.length)
      throw new Error("The TIFF file ends too early.");
    return this.#bytes.subarray(at, at + length);
  }

  words(data: Uint8Array, bytes: number): Uint16Array {
    const view = new DataView(data.buffer, data.byteOffset, bytes);
    return Uint16Array.from({ length: bytes / 2 }, (_, index) => view.getUint16(index * 2, this.#isLittle));
  }

  #readField(at: number): void {
    if (at + 12 > this.#bytes.length) throw new Error("The TIFF file ends too early.");
    const type = this.#view.getUint16(at + 2, this.#isLittle);
    const count = this.#view.getUint32(at + 4, this.#isLittle);
    const size = sizes[type];
    if (size === undefined || count > maxStrips) return;
    const from = count * size <= 4 ? at + 8 : this.#view.getUint32(at + 8, this.#isLittle);
    if (from + count * size > this.#bytes.length) return;
    const value = (index: number) => {
      if (size === 1) return this.#view.getUint8(from + index);
      if (size === 2) return this.#view.getUint16(from + index * 2, this.#isLittle);
      return this.#view.getUint32(from + index * 4, this.#isLittle);
    };
    this.#fields.set(
      this.#view.getUint16(at, this.#isLittle),
      Array.from({ length: count }, (_, index) => value(index)),
    );
  }
}

/** TIFF's horizontal differencing, undone in place. */
function sumUp(
  values: Uint8Array | Uint16Array,
  rows: number,
  width: number,
  channels: number,
  mask: number,
): void {
  const stride = width * channels;
  for (let row = 0; row < rows; row += 1)
    for (let at = row * stride + channels; at < (row + 1) * stride; at += 1)
      values[at] = ((values[at] ?? 0) + (values[at - channels] ?? 0)) & mask;
}

/** At most `maxBytes`: what would be longer is cut, so that a bomb stays small. */
async function inflate(packed: Uint8Array<ArrayBuffer>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const data = new Uint8Array(maxBytes);
  let length = 0;
  while (length < maxBytes) {
    const { done, value } = await reader.read();
    if (done) break;
    const fitting = value.subarray(0, maxBytes - length);
    data.set(fitting, length);
    length += fitting.length;
  }
  await reader.cancel();
  return data.subarray(0, length);
}
