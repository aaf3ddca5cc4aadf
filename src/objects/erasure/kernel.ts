import { assert } from "#lib/assert.ts";
import { multiply, type Matrix } from "./galois.ts";
import {
  doWhile,
  i32,
  sequence,
  v128,
  whileLoop,
  type Code,
  type FunctionDefinition,
  type Variable,
} from "./wasm-assembler.ts";
import { wasmModule, type WasmMemory } from "./wasm-instance.ts";

/** Inputs and outputs of one multiplication, together. */
export const shardsMax = 32;

/** Rows whose sums fit into the sixteen registers of x86 at once, for two vectors each. */
const rowsAtOnce = 4;
const stepBytes = 32;
/** Small enough that all inputs of a piece stay in the second cache while further rows are made of them. */
const pieceBytes = 16 * 1024;
/** Products of a coefficient with the sixteen low nibbles, then with the sixteen high ones. */
const tableBytes = 32;

const tablesBytes = (shardsMax / 2) ** 2 * tableBytes;
const sourcesAt = tablesBytes;
const targetsAt = sourcesAt + shardsMax * 4;
const scratchAt = tablesBytes + 4096;
/** The beginning of its memory belongs to the kernel. */
export const kernelBytes = scratchAt + shardsMax * pieceBytes;

type MultiplyRows = (sourcesEnd: number, tables: number, length: number) => void;

const instantiate = wasmModule<Readonly<Record<string, MultiplyRows>>>(
  Object.fromEntries(
    Array.from({ length: rowsAtOnce }, (_, index) => [rowsName(index + 1), rowsFunction(index + 1)]),
  ),
);

/** A matrix in the shape the kernel reads: rows in groups of four; in a group, for each input, the tables of its rows. */
export interface CompiledMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly tables: Uint8Array;
}

export function compileMatrix(matrix: Matrix): CompiledMatrix {
  const columns = matrix[0]?.length ?? 0;
  assert(matrix.length * columns * tableBytes <= tablesBytes, "the matrix fits the kernel's tables");
  const tables: number[] = [];
  for (let row = 0; row < matrix.length; row += rowsAtOnce) {
    const group = matrix.slice(row, row + rowsAtOnce);
    for (let column = 0; column < columns; column += 1)
      for (const coefficients of group) tables.push(...nibbleTables(coefficients[column] ?? 0));
  }
  return { rows: matrix.length, columns, tables: Uint8Array.from(tables) };
}

function nibbleTables(coefficient: number): readonly number[] {
  return Array.from({ length: tableBytes }, (_, index) =>
    multiply(coefficient, index < 16 ? index : (index - 16) << 4),
  );
}

/** Multiplies matrices over GF(2⁸) with chunks of bytes. Works in place on chunks that lie in its memory, on copies of others. */
export class Kernel {
  readonly #buffer: ArrayBuffer;
  readonly #bytes: Uint8Array;
  readonly #pointers: Uint32Array;
  readonly #multiplyRows: readonly MultiplyRows[];

  constructor(memory: WasmMemory) {
    this.#buffer = memory.buffer;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#pointers = new Uint32Array(memory.buffer, 0, scratchAt / 4);
    const exports = instantiate(memory);
    this.#multiplyRows = Array.from({ length: rowsAtOnce }, (_, index) => {
      const each = exports[rowsName(index + 1)];
      assert(each !== undefined, "each number of rows has its function");
      return each;
    });
  }

  /** Every output becomes the sum of the inputs times its row's coefficients. All have one length, and outputs overlap nothing. */
  multiply(matrix: CompiledMatrix, inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]): void {
    assert(inputs.length === matrix.columns && outputs.length === matrix.rows, "chunks fit the matrix");
    const length = outputs[0]?.length ?? 0;
    const chunks = [...inputs, ...outputs];
    assert(
      chunks.every((chunk) => chunk.length === length),
      "all chunks have one length",
    );
    this.#bytes.set(matrix.tables);
    const whole = length - (length % stepBytes);
    for (let from = 0; from < whole; from += pieceBytes)
      this.#multiplyPiece(matrix, chunks, from, Math.min(from + pieceBytes, whole), false);
    if (whole < length) this.#multiplyPiece(matrix, chunks, whole, length, true);
  }

  /** `copy`: also of chunks in our memory, because a step would touch what lies behind them. */
  #multiplyPiece(
    { rows, columns }: CompiledMatrix,
    chunks: readonly Uint8Array[],
    from: number,
    to: number,
    copy: boolean,
  ): void {
    const isInside = (chunk: Uint8Array) => !copy && chunk.buffer === this.#buffer;
    const places = chunks.map((chunk, index) =>
      isInside(chunk) ? chunk.byteOffset + from : scratchAt + index * pieceBytes,
    );
    for (const [index, chunk] of chunks.entries())
      if (index < columns && !isInside(chunk))
        this.#bytes.set(chunk.subarray(from, to), scratchAt + index * pieceBytes);
    this.#pointers.set(places.slice(0, columns), sourcesAt / 4);
    const steps = Math.ceil((to - from) / stepBytes) * stepBytes;
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const group = places.slice(columns + row, columns + row + rowsAtOnce);
      this.#pointers.set(group, targetsAt / 4);
      this.#multiplyRows[group.length - 1]?.(sourcesAt + columns * 4, row * columns * tableBytes, steps);
    }
    for (const [index, chunk] of chunks.entries()) {
      const place = scratchAt + index * pieceBytes;
      if (index >= columns && !isInside(chunk))
        chunk.set(this.#bytes.subarray(place, place + to - from), from);
    }
  }
}

function rowsName(rows: number): string {
  return `multiply${rows}`;
}

/**
 * `multiplyN(sourcesEnd, tables, length)`: makes N outputs, whose addresses are at `targetsAt`, from the inputs whose addresses lie from `sourcesAt` up to
 * `sourcesEnd`. A product is the sum of two table look-ups, of the low and of the high nibble, sixteen bytes at a time (Plank, Greenan, Miller:
 * "Screaming Fast Galois Field Arithmetic Using Intel SIMD Instructions", FAST 2013). Sums stay in registers over all inputs and are written once.
 */
function rowsFunction(rows: number): FunctionDefinition {
  return {
    parameters: ["i32", "i32", "i32"],
    body: ([sourcesEnd, tables, length], local) => {
      assert(sourcesEnd && tables && length, "the function has three parameters");
      const [offset, source, table, address] = [local("i32"), local("i32"), local("i32"), local("i32")];
      const sums = Array.from({ length: rows }, () => [local("v128"), local("v128")]);
      const nibbles = [0, 1].map(() => ({ low: local("v128"), high: local("v128") }));
      const zero = v128.constBytes(0);
      return whileLoop(i32.ltU(offset.get, length.get), [
        ...sums.flat().map((sum) => sum.set(zero)),
        source.set(i32.const(sourcesAt)),
        table.set(tables.get),
        doWhile(
          [
            address.set(i32.add(i32.load(source.get), offset.get)),
            ...nibbles.map(({ low, high }, at) => splitNibbles(v128.load(address.get, at * 16), low, high)),
            ...sums.flatMap((pair, row) =>
              pair.map((sum, at) => addProduct(sum, nibbles[at], table.get, row * tableBytes)),
            ),
            table.set(i32.add(table.get, i32.const(rows * tableBytes))),
            source.set(i32.add(source.get, i32.const(4))),
          ],
          i32.ltU(source.get, sourcesEnd.get),
        ),
        ...sums.flatMap((pair, row) => [
          address.set(i32.add(i32.load(i32.const(targetsAt + row * 4)), offset.get)),
          ...pair.map((sum, at) => v128.store(address.get, at * 16, sum.get)),
        ]),
        offset.set(i32.add(offset.get, i32.const(stepBytes))),
      ]);
    },
  };
}

function splitNibbles(value: Code, low: Variable, high: Variable): Code {
  return sequence(
    high.set(value),
    low.set(v128.and(high.get, v128.constBytes(0x0f))),
    high.set(v128.shrBytesU(high.get, i32.const(4))),
  );
}

function addProduct(
  sum: Variable,
  nibbles: { readonly low: Variable; readonly high: Variable } | undefined,
  table: Code,
  at: number,
): Code {
  assert(nibbles, "each vector has its nibbles");
  const low = v128.relaxedSwizzle(v128.load(table, at), nibbles.low.get);
  const high = v128.relaxedSwizzle(v128.load(table, at + 16), nibbles.high.get);
  return sum.set(v128.xor(sum.get, v128.xor(low, high)));
}
