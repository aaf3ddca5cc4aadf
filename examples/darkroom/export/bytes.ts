/** Writes of a file, in order; a writer gives its bytes band by band, so a whole file never lies in memory. */
export type Sink = (bytes: Uint8Array) => Promise<void> | void;

/** zlib's DEFLATE of one piece (RFC 1950), by node:zlib or the browser's CompressionStream. */
export type Deflate = (bytes: Uint8Array) => Promise<Uint8Array>;

/** Rows of a picture from top to bottom: interleaved RGB. */
export interface Band<Samples> {
  readonly rows: number;
  readonly samples: Samples;
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Fails with words when bands do not make up the picture: a file with rows missing would look whole. */
export class RowCount {
  #seen = 0;
  readonly #size: PictureSize;

  constructor(size: PictureSize) {
    if (
      !Number.isInteger(size.width) ||
      !Number.isInteger(size.height) ||
      size.width < 1 ||
      size.height < 1
    ) {
      throw new RangeError("a picture to be written has no size");
    }
    this.#size = size;
  }

  take(band: { readonly rows: number; readonly samples: { readonly length: number } }): void {
    this.#seen += band.rows;
    if (band.samples.length !== band.rows * this.#size.width * 3 || this.#seen > this.#size.height) {
      throw new RangeError("a band does not fit the picture");
    }
  }

  end(): void {
    if (this.#seen !== this.#size.height) throw new RangeError("the picture lacks rows");
  }
}
