/** Sizes are rounded up to this, so that runs of nearly the same size share buffers. */
const unitBytes = 64 * 1024;

/**
 * Memory of reads that is used again. Left to the collector, the bytes of large bodies alone would begin a full collection several times a second. Only who knows that nobody looks at a buffer,
 * and that no call to a drive may still write into it, gives it back; what is not given back is the collector's.
 */
export class RunBuffers {
  readonly #maxBytes: number;
  /** By their size. */
  readonly #free = new Map<number, ArrayBuffer[]>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that wait to be used again; never more than `maxBytes`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Holds what its last user left. */
  take(bytes: number): Uint8Array {
    const size = Math.ceil(bytes / unitBytes) * unitBytes;
    const known = this.#free.get(size)?.pop();
    if (known !== undefined) this.#bytes -= size;
    return new Uint8Array(known ?? Buffer.allocUnsafeSlow(size).buffer, 0, bytes);
  }

  /** Of `take`; once. */
  give({ buffer }: Uint8Array): void {
    const size = buffer.byteLength;
    if (!(buffer instanceof ArrayBuffer) || this.#bytes + size > this.#maxBytes) return;
    const same = this.#free.get(size) ?? [];
    same.push(buffer);
    this.#free.set(size, same);
    this.#bytes += size;
  }
}
