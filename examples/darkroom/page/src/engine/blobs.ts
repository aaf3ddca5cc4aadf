import { sha256 } from "./sha256.ts";

/**
 * Blobs of this page by their hash, in memory, with a bound: what was used longest ago leaves first, unless somebody holds it. What a graph reads is held while it runs, so that a
 * run never loses its own inputs.
 */
export class Blobs {
  readonly #bytes = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #held = new Map<string, number>();
  readonly #maxBytes: number;
  #size = 0;

  constructor(maxBytes = 1024 ** 3) {
    this.#maxBytes = maxBytes;
  }

  get(hash: string): Uint8Array<ArrayBuffer> | undefined {
    const found = this.#bytes.get(hash);
    if (found === undefined) return undefined;
    this.#bytes.delete(hash);
    this.#bytes.set(hash, found);
    return found;
  }

  async add(bytes: Uint8Array<ArrayBuffer>): Promise<{ readonly blob: string; readonly bytes: number }> {
    const blob = await sha256(bytes);
    this.put(blob, bytes);
    return { blob, bytes: bytes.length };
  }

  /** For bytes whose hash is known and was verified. */
  put(hash: string, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#bytes.has(hash)) return;
    this.#bytes.set(hash, bytes);
    this.#size += bytes.length;
    this.#evict();
  }

  hold(hash: string): void {
    this.#held.set(hash, (this.#held.get(hash) ?? 0) + 1);
  }

  release(hash: string): void {
    const count = (this.#held.get(hash) ?? 0) - 1;
    if (count > 0) this.#held.set(hash, count);
    else this.#held.delete(hash);
    this.#evict();
  }

  #evict(): void {
    if (this.#size <= this.#maxBytes) return;
    for (const [hash, bytes] of this.#bytes) {
      if (this.#held.has(hash)) continue;
      this.#bytes.delete(hash);
      this.#size -= bytes.length;
      if (this.#size <= this.#maxBytes) return;
    }
  }
}
