/** What a camera notes about a shot. */
export interface Shot {
  readonly make: string;
  readonly model: string;
  /** Local time, `2026-06-21T19:42:10.250`. */
  readonly time: string;
  /** Seconds, as a fraction of whole numbers. */
  readonly exposure: Fraction;
  readonly aperture: Fraction;
  readonly iso: number;
  /** Millimetres, and what they would be on 36 × 24 mm. */
  readonly focalLength: Fraction;
  readonly focalLength35: number;
  /** Steps away from the metered exposure. */
  readonly bias: Fraction;
  readonly width: number;
  readonly height: number;
}

export type Fraction = readonly [numerator: number, denominator: number];

interface Field {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly data: Uint8Array;
}

const [asciiType, shortType, longType, rationalType, undefinedType, signedRationalType] = [2, 3, 4, 5, 7, 10];

/** The APP1 segment (marker included) with EXIF 2.32 in a little-endian TIFF; its fields are sorted by tag, as TIFF wants. */
export function exifSegment(shot: Shot): Uint8Array {
  const date = shot.time.slice(0, 19).replaceAll("-", ":").replace("T", " ");
  const exif = [
    fractionField(0x829a, rationalType, shot.exposure),
    fractionField(0x829d, rationalType, shot.aperture),
    shortField(0x8827, shot.iso),
    { tag: 0x9000, type: undefinedType, count: 4, data: new TextEncoder().encode("0232") },
    textField(0x9003, date),
    fractionField(0x9204, signedRationalType, shot.bias),
    fractionField(0x920a, rationalType, shot.focalLength),
    textField(0x9291, shot.time.slice(20)),
    shortField(0xa001, 1),
    longField(0xa002, shot.width),
    longField(0xa003, shot.height),
    shortField(0xa405, shot.focalLength35),
  ];
  const main = (pointer: number) => [
    textField(0x010f, shot.make),
    textField(0x0110, shot.model),
    shortField(0x0112, 1),
    textField(0x0132, date),
    longField(0x8769, pointer),
  ];
  const exifAt = 8 + directory(main(0), 8).length;
  const tiff = concatenate([
    Uint8Array.of(0x49, 0x49, 42, 0, 8, 0, 0, 0),
    directory(main(exifAt), 8),
    directory(exif, exifAt),
  ]);
  const length = tiff.length + 8;
  return concatenate([
    Uint8Array.of(0xff, 0xe1, length >> 8, length & 255),
    new TextEncoder().encode("Exif\0\0"),
    tiff,
  ]);
}

/** A directory of fields that lies at `at` in the TIFF; values of more than 4 bytes follow it. */
function directory(fields: readonly Field[], at: number): Uint8Array {
  const head = new Uint8Array(2 + fields.length * 12 + 4);
  const view = new DataView(head.buffer);
  view.setUint16(0, fields.length, true);
  const values: Uint8Array[] = [];
  let next = at + head.length;
  fields.forEach((field, index) => {
    const entry = 2 + index * 12;
    view.setUint16(entry, field.tag, true);
    view.setUint16(entry + 2, field.type, true);
    view.setUint32(entry + 4, field.count, true);
    if (field.data.length <= 4) {
      head.set(field.data, entry + 8);
      return;
    }
    view.setUint32(entry + 8, next, true);
    const even = new Uint8Array(field.data.length + (field.data.length & 1));
    even.set(field.data);
    values.push(even);
    next += even.length;
  });
  return concatenate([head, ...values]);
}

function textField(tag: number, text: string): Field {
  const data = new TextEncoder().encode(`${text}\0`);
  return { tag, type: asciiType, count: data.length, data };
}

function shortField(tag: number, value: number): Field {
  return { tag, type: shortType, count: 1, data: Uint8Array.of(value & 255, value >> 8) };
}

function longField(tag: number, value: number): Field {
  return { tag, type: longType, count: 1, data: new Uint8Array(Uint32Array.of(value).buffer) };
}

function fractionField(tag: number, type: number, value: Fraction): Field {
  return { tag, type, count: 1, data: new Uint8Array(Int32Array.of(...value).buffer) };
}

/** Puts segments behind a JPEG's first marker and its JFIF segment. */
export function withSegments(jpeg: Uint8Array, segments: readonly Uint8Array[]): Uint8Array {
  const isJfif = jpeg[2] === 0xff && jpeg[3] === 0xe0;
  const at = isJfif ? 4 + (((jpeg[4] ?? 0) << 8) | (jpeg[5] ?? 0)) : 2;
  return concatenate([jpeg.subarray(0, at), ...segments, jpeg.subarray(at)]);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
