/**
 * A small assembler of WebAssembly (core specification 2.0, chapter 5 "Binary Format"; relaxed SIMD of 3.0). Instructions are trees of calls, each giving
 * its bytes in stack order: `i32.add(a, b)` is the code of a, that of b, then the operator. Only what our kernels use is here.
 */
export type Code = readonly number[];
export type ValueType = "i32" | "i64" | "v128";

/** A parameter or local variable of a function. */
export interface Variable {
  readonly get: Code;
  readonly set: (value: Code) => Code;
}

export interface FunctionDefinition {
  readonly parameters: readonly ValueType[];
  readonly result?: ValueType;
  /** Gets the parameters and a maker of further local variables; gives the body, which leaves the result on the stack. */
  readonly body: (parameters: readonly Variable[], local: (type: ValueType) => Variable) => Code;
}

const typeCodes = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;
const magicAndVersion = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] as const;
const emptyBlock = 0x40;
const end = 0x0b;

/** The bytes of a module that imports `env.memory` and exports functions by their names. */
export function assembleModule(named: Readonly<Record<string, FunctionDefinition>>): Uint8Array<ArrayBuffer> {
  const functions = Object.values(named);
  const indices = functions.map((_, index) => index);
  const types = functions.map(({ parameters, result }) => [
    0x60,
    ...vector(parameters.map((type) => [typeCodes[type]])),
    ...vector(result === undefined ? [] : [[typeCodes[result]]]),
  ]);
  const memory = [...text("env"), ...text("memory"), 0x02, 0x00, ...unsigned(1)];
  const exports = Object.keys(named).map((name, index) => [...text(name), 0x00, ...unsigned(index)]);
  return Uint8Array.from([
    ...magicAndVersion,
    ...section(1, vector(types)),
    ...section(2, vector([memory])),
    ...section(3, vector(indices.map(unsigned))),
    ...section(7, vector(exports)),
    ...section(10, vector(functions.map(assembleFunction))),
  ]);
}

function assembleFunction({ parameters, body }: FunctionDefinition): Code {
  const locals: ValueType[] = [];
  const variable = (index: number): Variable => ({
    get: [0x20, ...unsigned(index)],
    set: (value) => [...value, 0x21, ...unsigned(index)],
  });
  const code = body(
    parameters.map((_, index) => variable(index)),
    (type) => variable(parameters.length + locals.push(type) - 1),
  );
  const declared = vector(locals.map((type) => [...unsigned(1), typeCodes[type]]));
  const all = [...declared, ...code, end];
  return [...unsigned(all.length), ...all];
}

const prefix =
  (...opcode: Code) =>
  (...operands: readonly Code[]): Code => [...operands.flat(), ...opcode];

/** A load or store; `offset` in bytes is added to the address. Alignment is only a hint: 0 says nothing. */
const access =
  (...opcode: Code) =>
  (address: Code, offset = 0, value: Code = []): Code => [
    ...address,
    ...value,
    ...opcode,
    0,
    ...unsigned(offset),
  ];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(BigInt(value | 0))],
  load: access(0x28),
  load8U: access(0x2d),
  store: access(0x36),
  ltU: prefix(0x49),
  leU: prefix(0x4d),
  add: prefix(0x6a),
  sub: prefix(0x6b),
  and: prefix(0x71),
  or: prefix(0x72),
  xor: prefix(0x73),
  shl: prefix(0x74),
  shrU: prefix(0x76),
  rotl: prefix(0x77),
  wrapI64: prefix(0xa7),
};

export const i64 = {
  const: (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))],
  load: access(0x29),
  load8U: access(0x31),
  load32U: access(0x35),
  eqz: prefix(0x50),
  ne: prefix(0x52),
  sub: prefix(0x7d),
  and: prefix(0x83),
  xor: prefix(0x85),
  shl: prefix(0x86),
  shrU: prefix(0x88),
  extendI32U: prefix(0xad),
};

export const v128 = {
  load: access(0xfd, 0x00),
  store: access(0xfd, 0x0b),
  /** Sixteen times the same byte. */
  constBytes: (byte: number): Code => [0xfd, 0x0c, ...Array.from({ length: 16 }, () => byte)],
  /** The first operand with the low byte of an i32 at a place. */
  withByte: (bytes: Code, place: number, value: Code): Code => [...bytes, ...value, 0xfd, 0x17, place],
  /** Sixteen of the 32 bytes of both operands, by index. */
  shuffle: (a: Code, b: Code, lanes: Code): Code => [...a, ...b, 0xfd, 0x0d, ...lanes],
  /** Four times the same 32 bits. */
  constWords: (word: number): Code => [0xfd, 0x0c, ...[0, 0, 0, 0].flatMap(() => littleEndian(word))],
  not: prefix(0xfd, 0x4d),
  and: prefix(0xfd, 0x4e),
  or: prefix(0xfd, 0x50),
  xor: prefix(0xfd, 0x51),
  addWords: prefix(0xfd, 0xae, 0x01),
  /** Each 32-bit word of the first operand shifted by the second (an i32). */
  shlWords: prefix(0xfd, 0xab, 0x01),
  shrWordsU: prefix(0xfd, 0xad, 0x01),
  /** Each byte of the first operand shifted right by the second (an i32). */
  shrBytesU: prefix(0xfd, 0x6d),
  /** Bytes of the first operand, picked by those of the second: these must be below 16, where every machine gives the same. */
  relaxedSwizzle: prefix(0xfd, 0x80, 0x02),
};

/** Runs `body`, and again while `condition` (an i32) is not 0. */
export function doWhile(body: readonly Code[], condition: Code): Code {
  return [0x03, emptyBlock, ...body.flat(), ...condition, 0x0d, 0, end];
}

/** Runs `body` while `condition` (an i32) is not 0, perhaps never. */
export function whileLoop(condition: Code, body: readonly Code[]): Code {
  return [0x03, emptyBlock, ...condition, 0x04, emptyBlock, ...body.flat(), 0x0c, 1, end, end];
}

export function sequence(...parts: readonly Code[]): Code {
  return parts.flat();
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): Code {
  const bytes = Buffer.from(value, "utf8");
  return [...unsigned(bytes.length), ...bytes];
}

function littleEndian(word: number): Code {
  return [0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff);
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: bigint): Code {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  const isLast = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
