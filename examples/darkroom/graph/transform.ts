/**
 * Where the pixel (x, y) of the reference frame lies in another: (a·x + b·y + e, c·x + d·y + f), in pixels, the centre of the first pixel being
 * (0, 0).
 */
export interface Transform {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
  /** Least correlation on the way from the reference, 0 … 1; 0 when the frame could not be registered and stays as it is. */
  readonly quality: number;
}

/** Numbers (f64) of each frame in the result of the registration. */
export const transformNumbers = 7;

export const identity: Transform = { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0, quality: 1 };

/** Reads the result of `alignGraph`. Throws RangeError when the bytes are none. */
export function readTransforms(bytes: Uint8Array): Transform[] {
  if (bytes.length % (transformNumbers * 8) !== 0) throw new RangeError("these are no transforms");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / (transformNumbers * 8) }, (_, frame) => {
    const at = (index: number): number => view.getFloat64((frame * transformNumbers + index) * 8, true);
    return { a: at(0), b: at(1), c: at(2), d: at(3), e: at(4), f: at(5), quality: at(6) };
  });
}

export function isIdentity({ a, b, c, d, e, f }: Transform): boolean {
  return a === 1 && b === 0 && c === 0 && d === 1 && e === 0 && f === 0;
}

/** The same for frames that are `scale` times smaller, made by averaging blocks of so many pixels. */
export function scaledTransform(transform: Transform, scale: number): Transform {
  const { a, b, c, d, e, f } = transform;
  // The first pixel of the smaller frame lies at the middle of its block.
  const half = (scale - 1) / 2;
  return {
    ...transform,
    e: (a * half + b * half + e - half) / scale,
    f: (c * half + d * half + f - half) / scale,
  };
}

/** The opposite of `scaledTransform`: for frames that are `scale` times larger. */
export function fullTransform(transform: Transform, scale: number): Transform {
  const { a, b, c, d, e, f } = transform;
  const half = (scale - 1) / 2;
  return {
    ...transform,
    e: e * scale - a * half - b * half + half,
    f: f * scale - c * half - d * half + half,
  };
}
