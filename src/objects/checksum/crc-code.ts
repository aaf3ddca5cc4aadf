import { assert } from "#lib/assert.ts";
import {
  doWhile,
  i32,
  i64,
  sequence,
  v128,
  whileLoop,
  type Code,
  type FunctionDefinition,
  type Variable,
} from "#objects/erasure/wasm-assembler.ts";

/** A reflected CRC whose register begins and ends with all bits turned, in the low `bytes` of a 64-bit word. */
export interface CrcKind {
  readonly bytes: 4 | 8;
  /** Reflected: the lowest power is the highest bit. */
  readonly polynomial: bigint;
}

/** Registers are passed without turning their bits, which is what makes them add up. */
export interface CrcExports {
  /** The register after the bytes `from` … `to`. */
  readonly updateSlices: (register: bigint, from: number, to: number) => bigint;
  /** The register after `lanes` runs of `laneBytes` (a multiple of 16), one after the other. `power` is x to the 8 · `laneBytes`. */
  readonly updateLanes: (register: bigint, from: number, laneBytes: number, power: bigint) => bigint;
  /** The product of two polynomials, modulo the CRC's. */
  readonly multiply: (a: bigint, b: bigint) => bigint;
}

export const lanes = 16;
/** How many bytes `updateSlices` takes at once, each through a table of its own. */
const slices = 8;

/** The code for one kind, and the tables that it expects at the beginning of its memory. */
export function crcFunctions(kind: CrcKind): {
  readonly functions: Readonly<Record<keyof CrcExports, FunctionDefinition>>;
  readonly tables: Uint8Array;
} {
  const entries = sliceTables(kind.polynomial);
  const slicesBytes = entries.length * kind.bytes;
  const nibblesAt = slicesBytes;
  const planesAt = nibblesAt + kind.bytes * 32;
  const tables = Buffer.alloc(planesAt + kind.bytes * lanes);
  for (const [index, entry] of entries.entries())
    for (let byte = 0; byte < kind.bytes; byte += 1) tables[index * kind.bytes + byte] = byteOf(entry, byte);
  for (let byte = 0; byte < kind.bytes; byte += 1)
    for (let nibble = 0; nibble < 16; nibble += 1) {
      tables[nibblesAt + byte * 32 + nibble] = byteOf(entries[nibble] ?? 0n, byte);
      tables[nibblesAt + byte * 32 + 16 + nibble] = byteOf(entries[nibble << 4] ?? 0n, byte);
    }
  return {
    functions: {
      updateSlices: updateSlices(kind),
      updateLanes: updateLanes(kind, nibblesAt, planesAt),
      multiply: multiply(kind),
    },
    tables,
  };
}

function byteOf(word: bigint, index: number): number {
  return Number((word >> BigInt(index * 8)) & 255n);
}

/** Table s gives a byte's part of the register when s bytes follow it. */
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

/** Slicing-by-8 (Kounavis, Berry: "A Systematic Approach to Building High Performance Software-Based CRC Generators", ISCC 2005), then byte by byte. */
function updateSlices({ bytes }: CrcKind): FunctionDefinition {
  const scale = bytes === 4 ? 2 : 3;
  const load = bytes === 4 ? i64.load32U : i64.load;
  /** What byte `at` of a word gives when `following` bytes come after it. */
  const lookUp = (word: Code, at: number, following: number): Code => {
    const index =
      at === 0
        ? i32.shl(i32.wrapI64(word), i32.const(scale))
        : i32.wrapI64(i64.shrU(word, i64.const(BigInt(at * 8 - scale))));
    return load(i32.and(index, i32.const(0xff << scale)), following * 256 * bytes);
  };
  return {
    parameters: ["i64", "i32", "i32"],
    result: "i64",
    body: ([register, from, to], local) => {
      assert(register && from && to, "the function has three parameters");
      const word = local("i64");
      const low = bytes === 8 ? register.get : i64.and(register.get, i64.const(0xffff_ffffn));
      const parts = Array.from({ length: slices }, (_, at) => lookUp(word.get, at, slices - 1 - at));
      const mixed = i64.xor(register.get, i64.load8U(from.get));
      return sequence(
        whileLoop(i32.leU(i32.add(from.get, i32.const(slices)), to.get), [
          word.set(i64.xor(i64.load(from.get), low)),
          register.set(sumOf(parts)),
          from.set(i32.add(from.get, i32.const(slices))),
        ]),
        whileLoop(i32.ltU(from.get, to.get), [
          register.set(i64.xor(lookUp(mixed, 0, 0), i64.shrU(low, i64.const(8n)))),
          from.set(i32.add(from.get, i32.const(1))),
        ]),
        register.get,
      );
    },
  };
}

/** As a balanced tree, so that the processor need not add one after the other. */
function sumOf(parts: readonly Code[]): Code {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const half = parts.length / 2;
  return i64.xor(sumOf(parts.slice(0, half)), sumOf(parts.slice(half)));
}

/**
 * Sixteen registers run at once, each over its own stretch of the bytes; byte i of all of them is one vector, the plane i. The step of a register by a byte
 * is linear, so it is looked up by nibbles, as products are in the erasure kernel. At the end r = (…(r₀ · power + r₁) · power + …) + r₁₅.
 */
function updateLanes(kind: CrcKind, nibblesAt: number, planesAt: number): FunctionDefinition {
  return {
    parameters: ["i64", "i32", "i32", "i64"],
    result: "i64",
    body: ([register, from, laneBytes, power], local) => {
      assert(register && from && laneBytes && power, "the function has four parameters");
      const planes = Array.from({ length: kind.bytes }, () => local("v128"));
      const [row, end] = [local("i32"), local("i32")];
      const transposed = transpose(row, laneBytes, local);
      const step = stepOf(planes, nibblesAt, local);
      return sequence(
        ...planes.map((plane, index) => plane.set(firstLane(register.get, index))),
        end.set(i32.add(from.get, laneBytes.get)),
        row.set(from.get),
        doWhile(
          [
            transposed.code,
            ...transposed.columns.map((column) => step(column.get)),
            from.set(i32.add(from.get, i32.const(16))),
            row.set(from.get),
          ],
          i32.ltU(from.get, end.get),
        ),
        ...planes.map((plane, index) => v128.store(i32.const(planesAt + index * lanes), 0, plane.get)),
        sumOfLanes(kind, planesAt, power, register, local),
      );
    },
  };
}

type LocalMaker = Parameters<FunctionDefinition["body"]>[1];

/** A plane whose first lane is a byte of the register, and whose others are 0. */
function firstLane(register: Code, byte: number): Code {
  return v128.withByte(v128.constBytes(0), 0, i32.wrapI64(i64.shrU(register, i64.const(BigInt(byte * 8)))));
}

/** All planes after one byte for each lane. */
function stepOf(planes: readonly Variable[], nibblesAt: number, local: LocalMaker): (bytes: Code) => Code {
  const [low, high] = [local("v128"), local("v128")];
  const [lowest] = planes;
  assert(lowest, "a register has bytes");
  return (bytes) =>
    sequence(
      high.set(v128.xor(lowest.get, bytes)),
      low.set(v128.and(high.get, v128.constBytes(0x0f))),
      high.set(v128.shrBytesU(high.get, i32.const(4))),
      ...planes.map((plane, index) => {
        const place = i32.const(nibblesAt + index * 32);
        const change = v128.xor(
          v128.relaxedSwizzle(v128.load(place), low.get),
          v128.relaxedSwizzle(v128.load(place, 16), high.get),
        );
        const above = planes[index + 1];
        return plane.set(above === undefined ? change : v128.xor(above.get, change));
      }),
    );
}

/**
 * Loads sixteen bytes of every lane and turns them, so that column t holds byte t of all lanes. Interleaving the bytes of rows i and i + 8 moves one bit of
 * the row's number into the place within the row; four times moves all four.
 */
function transpose(row: Variable, laneBytes: Variable, local: LocalMaker) {
  const interleave = (half: 0 | 8) =>
    Array.from({ length: 16 }, (_, index) => half + (index >> 1) + (index & 1) * 16);
  let columns = Array.from({ length: lanes }, () => local("v128"));
  const parts = columns.flatMap((column) => [
    column.set(v128.load(row.get)),
    row.set(i32.add(row.get, laneBytes.get)),
  ]);
  for (let round = 0; round < 4; round += 1) {
    const before = columns;
    columns = before.map((_, index) => {
      const column = local("v128");
      const [a, b] = [before[index >> 1], before[(index >> 1) + 8]];
      assert(a && b, "there are sixteen rows");
      parts.push(column.set(v128.shuffle(a.get, b.get, interleave(index % 2 === 0 ? 0 : 8))));
      return column;
    });
  }
  return { code: sequence(...parts), columns };
}

/** Leaves the register on the stack. */
function sumOfLanes(
  kind: CrcKind,
  planesAt: number,
  power: Variable,
  register: Variable,
  local: LocalMaker,
): Code {
  const lane = local("i32");
  const word = Array.from({ length: kind.bytes }, (_, byte) =>
    i64.shl(i64.load8U(lane.get, planesAt + byte * lanes), i64.const(BigInt(byte * 8))),
  );
  const product = productOf(kind, register, power, local);
  return sequence(
    register.set(i64.const(0n)),
    lane.set(i32.const(0)),
    doWhile(
      [
        product.code,
        register.set(i64.xor(product.value.get, sumOf(word))),
        lane.set(i32.add(lane.get, i32.const(1))),
      ],
      i32.ltU(lane.get, i32.const(lanes)),
    ),
    register.get,
  );
}

function multiply(kind: CrcKind): FunctionDefinition {
  return {
    parameters: ["i64", "i64"],
    result: "i64",
    body: ([a, b], local) => {
      assert(a && b, "the function has two parameters");
      const { code, value } = productOf(kind, a, b, local);
      return sequence(code, value.get);
    },
  };
}

/** For each power in a, from the lowest, adds b times that power. Branches on no data. */
function productOf({ bytes, polynomial }: CrcKind, a: Variable, b: Variable, local: LocalMaker) {
  const [value, multiple, bit] = [local("i64"), local("i64"), local("i64")];
  const allWhenSet = i64.sub(i64.extendI32U(i64.eqz(i64.and(a.get, bit.get))), i64.const(1n));
  const allWhenOdd = i64.sub(i64.const(0n), i64.and(multiple.get, i64.const(1n)));
  const code = sequence(
    value.set(i64.const(0n)),
    multiple.set(b.get),
    bit.set(i64.const(1n << BigInt(bytes * 8 - 1))),
    doWhile(
      [
        value.set(i64.xor(value.get, i64.and(multiple.get, allWhenSet))),
        multiple.set(
          i64.xor(i64.shrU(multiple.get, i64.const(1n)), i64.and(i64.const(polynomial), allWhenOdd)),
        ),
        bit.set(i64.shrU(bit.get, i64.const(1n))),
      ],
      i64.ne(bit.get, i64.const(0n)),
    ),
  );
  return { code, value };
}
