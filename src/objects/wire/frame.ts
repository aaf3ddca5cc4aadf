/**
 * A frame of the catalog's socket: length of the header and length of the blob, 4 bytes each, little endian; the header, JSON in UTF-8; the blob, bytes as
 * they are. Small objects travel as blobs, so that no byte of a client's body is ever encoded in text.
 */
export interface Frame {
  readonly header: unknown;
  readonly blob?: Uint8Array;
}

export const frameLimits = {
  /** The longest honest header is a page of 1,000 versions that have thousands of parts each. */
  headerMaxBytes: 256 * 1024 * 1024,
  /** An inline object with what sealing adds to it. */
  blobMaxBytes: 1024 * 1024,
} as const;

/** The other side speaks something else: nothing more of it can be understood. */
export class FrameFault extends Error {
  override readonly name = "FrameFault";
}

const prefixBytes = 8;

/** Pieces to be written one after the other; the blob is not copied. Throws `FrameFault` when a limit is passed: the reader would. */
export function encodeFrame(header: unknown, blob?: Uint8Array): readonly Uint8Array[] {
  const text = JSON.stringify(header);
  const headerBytes = Buffer.byteLength(text);
  check(headerBytes, blob?.length ?? 0);
  const head = Buffer.allocUnsafe(prefixBytes + headerBytes);
  head.writeUInt32LE(headerBytes, 0);
  head.writeUInt32LE(blob?.length ?? 0, 4);
  head.write(text, prefixBytes, "utf8");
  return blob === undefined || blob.length === 0 ? [head] : [head, blob];
}

/** Cuts a stream of bytes into frames. What it holds is bounded by the limits of one frame and one chunk. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes without which nothing can be said. */
  #needed = prefixBytes;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next whole frame; undefined while bytes of it are missing. An empty blob is none. Throws `FrameFault`. */
  next(): Frame | undefined {
    if (this.#length < this.#needed) return undefined;
    const bytes = this.#joined();
    const headerBytes = bytes.readUInt32LE(0);
    const blobBytes = bytes.readUInt32LE(4);
    check(headerBytes, blobBytes);
    const blobAt = prefixBytes + headerBytes;
    const end = blobAt + blobBytes;
    if (bytes.length < end) {
      this.#needed = end; // so that the pieces of a long frame are joined once
      return undefined;
    }
    this.#needed = prefixBytes;
    this.#length -= end;
    this.#chunks = this.#length === 0 ? [] : [bytes.subarray(end)];
    const header = parse(bytes.toString("utf8", prefixBytes, blobAt));
    return blobBytes === 0 ? { header } : { header, blob: bytes.subarray(blobAt, end) };
  }

  #joined(): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && this.#chunks.length === 1) return first;
    const whole = Buffer.concat(this.#chunks, this.#length);
    this.#chunks = [whole];
    return whole;
  }
}

function check(headerBytes: number, blobBytes: number): void {
  if (headerBytes > frameLimits.headerMaxBytes || blobBytes > frameLimits.blobMaxBytes)
    throw new FrameFault("a frame is larger than is allowed");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FrameFault("a frame's header is not JSON", { cause: error });
  }
}
