import { assert } from "#lib/assert.ts";
import { VdcError } from "#api/errors.ts";
import { Kernel, kernelBytes } from "./kernel.ts";
import { memoryMaxBytes, wasmMemory, wasmPageBytes, type WasmMemory } from "./wasm-instance.ts";

const machinePageBytes = 4096;

/** Buffers taken together. Given back by `release` or at the end of `using`, whichever comes first. */
export interface SlabLease extends Disposable {
  readonly buffers: readonly Uint8Array<ArrayBuffer>[];
  release(): void;
}

interface Waiter {
  readonly count: number;
  readonly give: (lease: SlabLease) => void;
}

/**
 * A bounded pool of buffers of one size in the memory of an erasure kernel: what is read from a socket or a disk into one is coded and written without a copy.
 * Buffers begin at pages of the machine, so that O_DIRECT takes them. They hold what their last user left.
 */
export class Slab {
  readonly kernel: Kernel;
  readonly bufferBytes: number;
  readonly #memory: WasmMemory;
  readonly #total: number;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  readonly #line = new Set<Waiter>();
  readonly #waitingMax: number;

  /** `bufferBytes` is rounded up to pages of 4 KiB. More than `waitingMax` waiting acquirers are refused. */
  constructor(options: {
    readonly bufferBytes: number;
    readonly count: number;
    readonly waitingMax: number;
  }) {
    this.bufferBytes = Math.ceil(options.bufferBytes / machinePageBytes) * machinePageBytes;
    this.#total = options.count;
    this.#waitingMax = options.waitingMax;
    const begin = Math.ceil(kernelBytes / wasmPageBytes) * wasmPageBytes;
    const size = begin + this.bufferBytes * options.count;
    assert(this.bufferBytes > 0 && options.count > 0, "a slab has buffers");
    assert(size <= memoryMaxBytes, "a slab is smaller than 4 GiB");
    this.#memory = wasmMemory(size);
    this.kernel = new Kernel(this.#memory);
    for (let index = options.count - 1; index >= 0; index -= 1)
      this.#free.push(
        new Uint8Array(this.#memory.buffer, begin + index * this.bufferBytes, this.bufferBytes),
      );
  }

  get free(): number {
    return this.#free.length;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /**
   * `count` buffers at once, in the order of asking: whoever needs several never holds some while it waits for others. Throws VdcError `busy` when too
   * many wait already, and the signal's reason when it is aborted first.
   */
  async acquire(count: number, signal: AbortSignal): Promise<SlabLease> {
    assert(count > 0 && count <= this.#total, "the slab can ever give so many");
    signal.throwIfAborted();
    if (this.#line.size === 0 && this.#free.length >= count) return this.#lease(count);
    if (this.#line.size >= this.#waitingMax) throw new VdcError("busy", "no buffer is free");
    return await new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#line.delete(waiter);
        reject(signal.reason);
        // It may have stood before others that need less.
        this.#serve();
      };
      const waiter: Waiter = {
        count,
        give: (lease) => {
          signal.removeEventListener("abort", onAbort);
          resolve(lease);
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#line.add(waiter);
    });
  }

  #serve(): void {
    for (const waiter of this.#line) {
      if (this.#free.length < waiter.count) return;
      this.#line.delete(waiter);
      waiter.give(this.#lease(waiter.count));
    }
  }

  #lease(count: number): SlabLease {
    const buffers = this.#free.splice(-count);
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      this.#free.push(...buffers);
      this.#serve();
    };
    return { buffers, release, [Symbol.dispose]: release };
  }
}
