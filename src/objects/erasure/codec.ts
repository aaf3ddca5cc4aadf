import { assert } from "#lib/assert.ts";
import { identity, invert, multiplyMatrices, parityMatrix, type Matrix } from "./galois.ts";
import { compileMatrix, Kernel, kernelBytes, shardsMax, type CompiledMatrix } from "./kernel.ts";
import type { Slab } from "./slab.ts";
import { wasmMemory } from "./wasm-instance.ts";

/** Patterns of missing shards whose matrices are kept; 4+2 has 35 of reading and repair. */
const patternsMax = 256;

/**
 * A systematic Reed-Solomon code: shards 0 … k−1 are the data, k … k+m−1 parity; any k give all others. All chunks of a call have one length, any length.
 * Chunks of the slab are worked on in place; others are copied through the kernel's memory.
 */
export class Codec {
  readonly k: number;
  readonly m: number;
  readonly #kernel: Kernel;
  /** Row i makes shard i of the data shards. */
  readonly #rows: Matrix;
  readonly #parity: CompiledMatrix;
  readonly #patterns = new Map<string, CompiledMatrix>();

  constructor(kernel: Kernel, k: number, m: number) {
    assert(k >= 1 && m >= 0 && k + m <= shardsMax, "a code has 1 to 32 shards, at least one of data");
    this.k = k;
    this.m = m;
    this.#kernel = kernel;
    const parity = parityMatrix(k, m);
    this.#rows = [...identity(k), ...parity];
    this.#parity = compileMatrix(parity);
  }

  /** Fills the m chunks of `parity` from the k chunks of `data`. */
  encode(data: readonly Uint8Array[], parity: readonly Uint8Array[]): void {
    assert(data.length === this.k && parity.length === this.m, "there is one chunk for each shard");
    if (this.m > 0) this.#kernel.multiply(this.#parity, data, parity);
  }

  /**
   * Fills the chunks of `wanted` (by shard number, data or parity) from those of `present`: at least k, of which the k lowest numbers are used, so that
   * only as many products are made as are needed. Trusts its input: a chunk must have passed its checksum.
   */
  reconstruct(present: ReadonlyMap<number, Uint8Array>, wanted: ReadonlyMap<number, Uint8Array>): void {
    if (wanted.size === 0) return;
    const sources = [...present.keys()].toSorted((a, b) => a - b).slice(0, this.k);
    assert(sources.length === this.k, "there are at least k chunks");
    const targets = [...wanted.keys()];
    const chunkOf = (shard: number): Uint8Array => {
      const chunk = present.get(shard);
      assert(chunk, "the shard is present");
      return chunk;
    };
    this.#kernel.multiply(this.#patternMatrix(sources, targets), sources.map(chunkOf), [...wanted.values()]);
  }

  #patternMatrix(sources: readonly number[], targets: readonly number[]): CompiledMatrix {
    const name = `${sources.join()}:${targets.join()}`;
    const known = this.#patterns.get(name);
    if (known !== undefined) return known;
    const toData = invert(sources.map((shard) => this.#row(shard)));
    const made = compileMatrix(
      multiplyMatrices(
        targets.map((shard) => this.#row(shard)),
        toData,
      ),
    );
    const oldest = this.#patterns.keys().next();
    if (this.#patterns.size >= patternsMax && !oldest.done) this.#patterns.delete(oldest.value);
    this.#patterns.set(name, made);
    return made;
  }

  #row(shard: number): readonly number[] {
    const row = this.#rows[shard];
    assert(row, "the shard belongs to the code");
    return row;
  }
}

const codecs = new WeakMap<Kernel, Map<string, Codec>>();

/** The code of k data and m parity shards, made once. Without a slab its kernel has a small memory of its own, and every chunk is copied. */
export function codec(k: number, m: number, slab?: Slab): Codec {
  const kernel = slab?.kernel ?? ownKernel();
  const known = codecs.get(kernel) ?? new Map<string, Codec>();
  codecs.set(kernel, known);
  const found = known.get(`${k}+${m}`) ?? new Codec(kernel, k, m);
  known.set(`${k}+${m}`, found);
  return found;
}

let own: Kernel | undefined;

function ownKernel(): Kernel {
  own ??= new Kernel(wasmMemory(kernelBytes));
  return own;
}
