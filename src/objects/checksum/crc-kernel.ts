import { assert } from "#lib/assert.ts";
import { wasmMemory, wasmModule } from "#objects/erasure/wasm-instance.ts";
import { crcFunctions, lanes, type CrcExports, type CrcKind } from "./crc-code.ts";

/** ISO-HDLC's (zlib, Ethernet), Castagnoli's (RFC 3720) and that of the NVM Express specification. */
export const crcKinds = {
  CRC32: { bytes: 4, polynomial: 0xedb8_8320n },
  CRC32C: { bytes: 4, polynomial: 0x82f6_3b78n },
  CRC64NVME: { bytes: 8, polynomial: 0x9a6c_9329_ac4b_c9b5n },
} as const satisfies Readonly<Record<string, CrcKind>>;

/** Bytes of one lane when sixteen are run at once; what is left goes by slices. Never a multiple of 4 KiB: sixteen such streams would share a few lines of the cache. */
const laneSizes = [4080, 1008] as const;
const pieceBytes = 64 * 1024;

export class CrcKernel {
  readonly #kind: CrcKind;
  readonly #exports: CrcExports;
  readonly #bytes: Uint8Array;
  readonly #scratchAt: number;
  readonly #lanePowers: readonly bigint[];
  /** Parts of an upload have one size but for the last. */
  #lastPower = { bytes: -1, power: 0n };

  constructor(kind: CrcKind) {
    const { functions, tables } = crcFunctions(kind);
    const memory = wasmMemory(tables.length + pieceBytes);
    this.#kind = kind;
    this.#exports = wasmModule<CrcExports>(functions)(memory);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#bytes.set(tables);
    this.#scratchAt = tables.length;
    this.#lanePowers = laneSizes.map((size) => this.#bytesPower(size));
  }

  /** The CRC of what `crc` covers followed by `bytes`; that of nothing is 0. */
  update(crc: bigint, bytes: Uint8Array): bigint {
    let register = ~crc;
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      const piece = bytes.subarray(from, from + pieceBytes);
      this.#bytes.set(piece, this.#scratchAt);
      register = this.#updatePiece(register, this.#scratchAt, this.#scratchAt + piece.length);
    }
    return BigInt.asUintN(this.#kind.bytes * 8, ~register);
  }

  #updatePiece(before: bigint, begin: number, end: number): bigint {
    let register = before;
    let from = begin;
    for (const [index, size] of laneSizes.entries())
      for (; end - from >= size * lanes; from += size * lanes)
        register = this.#exports.updateLanes(register, from, size, this.#lanePowers[index] ?? 0n);
    return this.#exports.updateSlices(register, from, end);
  }

  /** The CRC of bytes whose beginning has `first`, and whose last `secondBytes` bytes have `second`. */
  combine(first: bigint, second: bigint, secondBytes: number): bigint {
    if (this.#lastPower.bytes !== secondBytes)
      this.#lastPower = { bytes: secondBytes, power: this.#bytesPower(secondBytes) };
    return this.#multiply(first, this.#lastPower.power) ^ second;
  }

  /** x to the power of 8 · `bytes`: what that many following zero bytes do to a register. By squaring: at most 2 · 53 products. */
  #bytesPower(bytes: number): bigint {
    assert(Number.isSafeInteger(bytes) && bytes >= 0, "a length is a natural number");
    let power = 1n << BigInt(this.#kind.bytes * 8 - 1);
    let square = power >> 8n;
    for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) power = this.#multiply(power, square);
      square = this.#multiply(square, square);
    }
    return power;
  }

  #multiply(a: bigint, b: bigint): bigint {
    return BigInt.asUintN(64, this.#exports.multiply(a, b));
  }
}
