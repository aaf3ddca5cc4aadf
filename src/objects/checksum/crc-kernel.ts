import { assert } from "#lib/assert.ts";
import {
  doWhile,
  i32,
  i64,
  whileLoop,
  type Code,
  type FunctionDefinition,
} from "#objects/erasure/wasm-assembler.ts";
import { wasmMemory, wasmModule } from "#objects/erasure/wasm-instance.ts";

/** A reflected CRC whose register begins and ends with all bits turned, in the low `bytes` of a 64-bit word. */
export interface CrcKind {
  readonly bytes: 4 | 8;
  /** Reflected: the lowest power is the highest bit. */
  readonly polynomial: bigint;
}

/** ISO-HDLC's (zlib, Ethernet), Castagnoli's (RFC 3720) and that of the NVM Express specification. */
export const crcKinds = {
  CRC32: { bytes: 4, polynomial: 0xedb8_8320n },
  CRC32C: { bytes: 4, polynomial: 0x82f6_3b78n },
  CRC64NVME: { bytes: 8, polynomial: 0x9a6c_9329_ac4b_c9b5n },
} as const satisfies Readonly<Record<string, CrcKind>>;

/** How many bytes are taken at once, each through a table of its own ("slicing-by-16"). */
const slices = 16;
const pieceBytes = 16 * 1024;
const scratchAt = slices * 256 * 8;

interface Exports {
  readonly update4: (register: bigint, from: number, to: number) => bigint;
  readonly update8: (register: bigint, from: number, to: number) => bigint;
  readonly multiply: (a: bigint, b: bigint, polynomial: bigint, one: bigint) => bigint;
}

const instantiate = wasmModule<Exports>({
  update4: updateFunction(4),
  update8: updateFunction(8),
  multiply: multiplyFunction(),
});

export class CrcKernel {
  readonly #kind: CrcKind;
  readonly #exports: Exports;
  readonly #bytes: Uint8Array;
  readonly #update: Exports["update4"];

  constructor(kind: CrcKind) {
    const memory = wasmMemory(scratchAt + pieceBytes);
    this.#kind = kind;
    this.#exports = instantiate(memory);
    this.#update = kind.bytes === 4 ? this.#exports.update4 : this.#exports.update8;
    this.#bytes = new Uint8Array(memory.buffer);
    const entries = new DataView(memory.buffer);
    for (const [index, value] of sliceTables(kind.polynomial).entries())
      if (kind.bytes === 4) entries.setUint32(index * 4, Number(value), true);
      else entries.setBigUint64(index * 8, value, true);
  }

  /** The CRC of what `crc` covers followed by `bytes`; that of nothing is 0. */
  update(crc: bigint, bytes: Uint8Array): bigint {
    let register = ~crc;
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      const piece = bytes.subarray(from, from + pieceBytes);
      this.#bytes.set(piece, scratchAt);
      register = this.#update(register, scratchAt, scratchAt + piece.length);
    }
    return BigInt.asUintN(this.#kind.bytes * 8, ~register);
  }

  /** The product of two polynomials, modulo the CRC's. */
  multiply(a: bigint, b: bigint): bigint {
    return BigInt.asUintN(64, this.#exports.multiply(a, b, this.#kind.polynomial, this.one));
  }

  /** The polynomial 1. */
  get one(): bigint {
    return 1n << BigInt(this.#kind.bytes * 8 - 1);
  }
}

/** Table s gives a byte's part of the CRC when s bytes follow it. */
function sliceTables(polynomial: bigint): readonly bigint[] {
  const tables = Array.from({ length: 256 }, (_, byte) => {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) value = (value >> 1n) ^ (value & 1n ? polynomial : 0n);
    return value;
  });
  for (let index = 256; index < slices * 256; index += 1) {
    const before = tables[index - 256];
    assert(before !== undefined, "the table before is complete");
    tables.push((before >> 8n) ^ (tables[Number(before & 255n)] ?? 0n));
  }
  return tables;
}

/** `updateN(register, from, to)`: entries of N bytes in the tables, which lie at 0. */
function updateFunction(entryBytes: 4 | 8): FunctionDefinition {
  const scale = entryBytes === 4 ? 2 : 3;
  const load = entryBytes === 4 ? i64.load32U : i64.load;
  const mask = i32.const(0xff << scale);
  /** What byte `at` of a word gives when `following` bytes come after it. */
  const lookUp = (word: Code, at: number, following: number): Code => {
    const index =
      at === 0
        ? i32.shl(i32.wrapI64(word), i32.const(scale))
        : i32.wrapI64(i64.shrU(word, i64.const(BigInt(at * 8 - scale))));
    return load(i32.and(index, mask), following * 256 * entryBytes);
  };
  return {
    parameters: ["i64", "i32", "i32"],
    result: "i64",
    body: ([register, from, to], local) => {
      assert(register && from && to, "the function has three parameters");
      const words = [local("i64"), local("i64")];
      const mixed = words.map((word, index) =>
        word.set(
          index === 0
            ? i64.xor(i64.load(from.get), lowBits(register.get, entryBytes))
            : i64.load(from.get, index * 8),
        ),
      );
      const parts = words.flatMap((word, index) =>
        Array.from({ length: 8 }, (_, at) => lookUp(word.get, at, slices - 1 - index * 8 - at)),
      );
      const first = i64.xor(register.get, i64.extendI32U(i32.load8U(from.get)));
      const shifted = i64.shrU(lowBits(register.get, entryBytes), i64.const(8n));
      return [
        ...whileLoop(i32.leU(i32.add(from.get, i32.const(slices)), to.get), [
          ...mixed,
          register.set(sumOf(parts)),
          from.set(i32.add(from.get, i32.const(slices))),
        ]),
        ...whileLoop(i32.ltU(from.get, to.get), [
          register.set(i64.xor(lookUp(first, 0, 0), shifted)),
          from.set(i32.add(from.get, i32.const(1))),
        ]),
        ...register.get,
      ];
    },
  };
}

function lowBits(word: Code, bytes: 4 | 8): Code {
  return bytes === 8 ? word : i64.and(word, i64.const(0xffff_ffffn));
}

/** As a balanced tree, so that the processor need not add one after the other. */
function sumOf(parts: readonly Code[]): Code {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const half = parts.length / 2;
  return i64.xor(sumOf(parts.slice(0, half)), sumOf(parts.slice(half)));
}

/** `multiply(a, b, polynomial, one)`: for each power in a, from the lowest, adds b times that power. Branches on no data. */
function multiplyFunction(): FunctionDefinition {
  return {
    parameters: ["i64", "i64", "i64", "i64"],
    result: "i64",
    body: ([a, b, polynomial, one], local) => {
      assert(a && b && polynomial && one, "the function has four parameters");
      const product = local("i64");
      const allWhenSet = i64.sub(i64.extendI32U(i64.eqz(i64.and(a.get, one.get))), i64.const(1n));
      const allWhenOdd = i64.sub(i64.const(0n), i64.and(b.get, i64.const(1n)));
      return [
        ...doWhile(
          [
            product.set(i64.xor(product.get, i64.and(b.get, allWhenSet))),
            b.set(i64.xor(i64.shrU(b.get, i64.const(1n)), i64.and(polynomial.get, allWhenOdd))),
            one.set(i64.shrU(one.get, i64.const(1n))),
          ],
          i64.ne(one.get, i64.const(0n)),
        ),
        ...product.get,
      ];
    },
  };
}
