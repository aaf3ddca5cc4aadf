/** Blobs by their hash, at most so many bytes; the one that was not used for longest goes first. */
export class BlobCache {
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(hash: string): Uint8Array | undefined {
    const blob = this.#blobs.get(hash);
    if (blob === undefined) return undefined;
    this.#blobs.delete(hash);
    this.#blobs.set(hash, blob);
    return blob;
  }

  set(hash: string, blob: Uint8Array): void {
    if (blob.length > this.#maxBytes || this.#blobs.has(hash)) return;
    this.#blobs.set(hash, blob);
    this.#bytes += blob.length;
    for (const [oldest, { length }] of this.#blobs) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#blobs.delete(oldest);
      this.#bytes -= length;
    }
  }

  /** Hashes of what it holds, newest last. */
  hashes(): string[] {
    return [...this.#blobs.keys()];
  }
}
