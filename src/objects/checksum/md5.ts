import { Gather } from "#objects/data/gather.ts";
import { wasmMemory, wasmModule } from "#objects/erasure/wasm-instance.ts";
import { blockBytes, initialState, lanes, md5Functions, type Md5Exports } from "./md5-code.ts";

/** Bytes of one message in one run. */
const runBytes = 64 * 1024;
/** From one lane to the next. No multiple of 4 KiB: four such streams would share a few lines of the cache. */
const laneStride = runBytes + 17 * blockBytes;
/** So much of one message may wait for others to be run beside it: what is read from one connection before others have their turn. */
const waitingMaxBytes = 2 * 1024 * 1024;
const stateBytes = 16 * lanes;
const lengthBytes = 8;

/**
 * MD5 of messages that come piece by piece, up to four side by side: bytes wait until four messages have a run of them, or one has too many. What a message then takes is about 2.5
 * times less than alone; alone it takes what OpenSSL's does and an eighth more.
 */
class Md5Kernel {
  readonly #exports: Md5Exports;
  readonly #bytes: Uint8Array;
  readonly #words: DataView;
  /** Messages that have a run; less than four, so that one that nobody goes on with is no leak. */
  readonly #ready = new Set<Md5Stream>();

  constructor() {
    const memory = wasmMemory(stateBytes + lanes * laneStride);
    this.#exports = wasmModule<Md5Exports>(md5Functions(laneStride))(memory);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new DataView(memory.buffer);
  }

  /** More of a message is there. */
  received(message: Md5Stream): void {
    if (message.waiting < runBytes) return;
    this.#ready.add(message);
    if (this.#ready.size >= lanes) this.run(message, runBytes);
    else if (message.waiting > waitingMaxBytes) this.run(message, waitingMaxBytes);
  }

  /** Runs a message until less than `least` bytes of it wait, with what others have in the other lanes. */
  run(message: Md5Stream, least: number): void {
    this.#ready.delete(message);
    // Bounded: each turn takes at least a block.
    while (message.waiting >= least) {
      const beside = [...this.#ready.values().take(lanes - 1)];
      const size = Math.min(message.waiting, runBytes);
      this.#compress([message, ...beside], size - (size % blockBytes));
      for (const other of beside) if (other.waiting < runBytes) this.#ready.delete(other);
    }
    if (message.waiting >= runBytes) this.#ready.add(message);
  }

  #compress(messages: readonly Md5Stream[], size: number): void {
    for (const [lane, message] of messages.entries()) {
      const at = stateBytes + lane * laneStride;
      message.takeTo(this.#bytes.subarray(at, at + size));
    }
    const isAlone = messages.length === 1;
    const place = (lane: number, word: number) => (isAlone ? word : word * lanes + lane) * 4;
    for (const [lane, { state }] of messages.entries())
      for (const [word, value] of state.entries()) this.#words.setUint32(place(lane, word), value, true);
    const compress = isAlone ? this.#exports.compress : this.#exports.compressLanes;
    compress(0, stateBytes, size / blockBytes);
    for (const [lane, { state }] of messages.entries())
      for (const word of state.keys()) state[word] = this.#words.getUint32(place(lane, word), true);
  }
}

let made: Md5Kernel | undefined;

/** One message. */
export class Md5Stream {
  /** The kernel's: A to D after all blocks that were run. */
  readonly state = Uint32Array.from(initialState);
  readonly #kernel = (made ??= new Md5Kernel());
  readonly #gather = new Gather();
  #size = 0;

  get waiting(): number {
    return this.#gather.size;
  }

  /** Keeps the bytes for a while: they must not be changed. */
  update(bytes: Uint8Array): void {
    this.#size += bytes.length;
    this.#gather.push(bytes);
    this.#kernel.received(this);
  }

  /** For the kernel: the next bytes, as many as fit. */
  takeTo(into: Uint8Array): void {
    this.#gather.take(into.length).copyTo(into);
  }

  digest(): Buffer {
    this.#kernel.run(this, blockBytes);
    const rest = this.#gather.size;
    const last = Buffer.alloc(rest + 1 + lengthBytes > blockBytes ? 2 * blockBytes : blockBytes);
    this.#gather.take(rest).copyTo(last);
    last[rest] = 0x80;
    last.writeBigUInt64LE(BigInt(this.#size) * 8n, last.length - lengthBytes);
    this.#gather.push(last);
    this.#kernel.run(this, blockBytes);
    const digest = Buffer.alloc(this.state.byteLength);
    for (const [word, value] of this.state.entries()) digest.writeUInt32LE(value, word * 4);
    return digest;
  }
}
