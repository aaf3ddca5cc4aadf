import type { BlobPlace } from "#objects/records.ts";

/** What one entry costs besides its bytes. */
const entryBytes = 512;

/**
 * Verified bytes of small objects that were read lately, the least recently used given up first. Nothing in it can be out of date: what lies at a place of the journal
 * never changes, and every reader brings the place, fresh from the catalog's row. An object that was deleted or written over has no row that names the old place.
 */
export class BlobCache {
  readonly #maxBytes: number;
  /** By place, checksum included; in the order of their last use. */
  readonly #blobs = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Never more than `maxBytes`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that belong to all their readers: nobody may change them. */
  get(place: BlobPlace): Uint8Array | undefined {
    const name = nameOf(place);
    const blob = this.#blobs.get(name);
    if (blob === undefined) return undefined;
    this.#blobs.delete(name);
    this.#blobs.set(name, blob);
    return blob;
  }

  /** Keeps what was read from `place` and verified. */
  put(place: BlobPlace, blob: Uint8Array): void {
    const name = nameOf(place);
    if (blob.length + entryBytes > this.#maxBytes || this.#blobs.has(name)) return;
    this.#blobs.set(name, blob);
    this.#bytes += blob.length + entryBytes;
    for (const [oldest, { length }] of this.#blobs) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#blobs.delete(oldest);
      this.#bytes -= length + entryBytes;
    }
  }
}

function nameOf({ segment, offset, length, crc }: BlobPlace): string {
  return `${segment}/${offset}/${length}/${crc}`;
}
