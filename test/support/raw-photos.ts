// Photographs as cameras and developers write them, made of numbers that a test knows: TIFF of 16 bits, and DNG with a Bayer mosaic.

export interface Shot {
  readonly width: number;
  readonly height: number;
  /** RGB in 16 bits, row by row. */
  readonly samples: Uint16Array;
  readonly exposureSeconds: readonly [numerator: number, denominator: number];
  /** Local time, `2026:06:21 19:42:10`. */
  readonly takenAt: string;
  /** EXIF, 1 … 8. */
  readonly orientation?: number;
}

type Field = readonly [tag: number, type: keyof typeof sizes, values: readonly number[] | string];

const sizes = { byte: 1, ascii: 1, short: 2, long: 4, rational: 8, signedRational: 8 } as const;
const numbers = { byte: 1, ascii: 2, short: 3, long: 4, rational: 5, signedRational: 10 } as const;
const headBytes = 8;

/** A TIFF 6.0 file of RGB in 16 bits, plain, in one strip. */
export function tiffPhoto(shot: Shot): Buffer {
  return fileOf(shot, littleEndian(shot.samples), [
    [258, "short", [16, 16, 16]],
    [262, "short", [2]],
    [277, "short", [3]],
  ]);
}

/**
 * A DNG 1.4 file (Adobe, 2012): an RGGB mosaic of a camera whose colours are those of linear sRGB, so that LibRaw's development is the transfer of sRGB and nothing else where colours
 * do not change.
 */
export function dngPhoto(shot: Shot): Buffer {
  const { width, height, samples } = shot;
  const mosaic = Uint16Array.from({ length: width * height }, (_, pixel) => {
    const channel = ((Math.floor(pixel / width) & 1) + (pixel & 1)) as 0 | 1 | 2; // widths are even
    return samples[pixel * 3 + channel] ?? 0;
  });
  const million = (values: readonly number[]) => values.flatMap((value) => [Math.round(value * 1e6), 1e6]);
  return fileOf(shot, littleEndian(mosaic), [
    [258, "short", [16]],
    [262, "short", [32_803]],
    [277, "short", [1]],
    [33_421, "short", [2, 2]],
    [33_422, "byte", [0, 1, 1, 2]],
    [50_706, "byte", [1, 4, 0, 0]],
    [50_707, "byte", [1, 1, 0, 0]],
    [50_708, "ascii", "Darkroom Test"],
    [50_717, "long", [65_535]],
    // From XYZ to linear sRGB (IEC 61966-2-1), for D65.
    [
      50_721,
      "signedRational",
      million([3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.204, 1.057]),
    ],
    [50_728, "rational", million([1, 1, 1])],
    [50_778, "short", [21]],
  ]);
}

function fileOf(shot: Shot, pixels: Uint8Array, own: readonly Field[]): Buffer {
  const exifAt = headBytes + pixels.length;
  const exif = directory(exifAt, [
    [33_434, "rational", shot.exposureSeconds],
    [33_437, "rational", [8, 1]],
    [34_855, "short", [100]],
    [36_867, "ascii", shot.takenAt],
  ]);
  const mainAt = exifAt + exif.length;
  const fields: readonly Field[] = [
    [254, "long", [0]],
    [256, "long", [shot.width]],
    [257, "long", [shot.height]],
    [259, "short", [1]],
    [271, "ascii", "Darkroom"],
    [272, "ascii", "Test"],
    [273, "long", [headBytes]],
    [274, "short", [shot.orientation ?? 1]],
    [278, "long", [shot.height]],
    [279, "long", [pixels.length]],
    [284, "short", [1]],
    [34_665, "long", [exifAt]],
    ...own,
  ];
  const head = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(mainAt, 4);
  return Buffer.concat([head, pixels, exif, directory(mainAt, fields)]);
}

/** A directory that lies at `at`, its fields sorted by tag, as TIFF wants it; what is longer than four bytes follows it. */
function directory(at: number, fields: readonly Field[]): Buffer {
  const table = Buffer.alloc(2 + fields.length * 12 + 4);
  table.writeUInt16LE(fields.length);
  const far: Buffer[] = [];
  let next = at + table.length;
  for (const [index, [tag, type, values]] of fields.toSorted(([a], [b]) => a - b).entries()) {
    const data = typeof values === "string" ? Buffer.from(`${values}\0`) : packed(type, values);
    const entry = 2 + index * 12;
    table.writeUInt16LE(tag, entry);
    table.writeUInt16LE(numbers[type], entry + 2);
    table.writeUInt32LE(data.length / sizes[type], entry + 4);
    if (data.length <= 4) {
      data.copy(table, entry + 8);
      continue;
    }
    table.writeUInt32LE(next, entry + 8);
    const even = Buffer.concat([data, Buffer.alloc(data.length & 1)]);
    far.push(even);
    next += even.length;
  }
  return Buffer.concat([table, ...far]);
}

function packed(type: Field[1], values: readonly number[]): Buffer {
  const each = type === "byte" ? 1 : type === "short" ? 2 : 4;
  const bytes = Buffer.alloc(values.length * each);
  for (const [index, value] of values.entries()) write(bytes, index * each, each, value);
  return bytes;
}

function write(bytes: Buffer, at: number, each: number, value: number): void {
  if (each === 1) bytes.writeUInt8(value, at);
  else if (each === 2) bytes.writeUInt16LE(value, at);
  else if (value < 0) bytes.writeInt32LE(value, at);
  else bytes.writeUInt32LE(value, at);
}

function littleEndian(samples: Uint16Array): Uint8Array {
  const bytes = Buffer.alloc(samples.length * 2);
  for (const [index, value] of samples.entries()) bytes.writeUInt16LE(value, index * 2);
  return bytes;
}
