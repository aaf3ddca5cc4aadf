/** A WebAssembly module by hand, for what compilers do not make: hostile and broken kernels. */
export interface TinyModule {
  /** Instructions of `run(args, argCount, inputs, inputCount): i32`, without the final `end`. */
  readonly run: readonly number[];
  /** Minimum and maximum pages; [minimum] has no maximum. */
  readonly memory?: readonly number[];
  /** Flags of the memory: 1 has a maximum, 2 shared. */
  readonly memoryFlags?: number;
  /** Imports a function `env.f` of the type of `run`. */
  readonly imports?: boolean;
  /** Instructions of `failure(): i32`. */
  readonly failure?: readonly number[];
  readonly name?: string;
  /** Bytes that lie at address 1024. */
  readonly data?: readonly number[];
  /** Instructions that run when it is instantiated. */
  readonly start?: readonly number[];
}

/** What every module of version 1 begins with. */
const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** Exports `memory`, a bumping `allocate` from 4096 on, `failure`, and `run`. */
export function tinyWasm(parts: TinyModule): Uint8Array<ArrayBuffer> {
  const { memory = [1, 16], imports = false, failure = [0x41, 0], name = "run", data = [], start } = parts;
  const flags = parts.memoryFlags ?? (memory.length > 1 ? 1 : 0);
  const first = imports ? 1 : 0;
  const allocate = [0x23, 0, 0x23, 0, 0x20, 0, 0x6a, 0x24, 0];
  const bodies = [allocate, failure, parts.run, ...(start === undefined ? [] : [start])];
  return Uint8Array.from([
    ...header,
    ...section(1, vector([type(1, 1), type(0, 1), type(4, 1), type(0, 0)])),
    ...(imports ? section(2, vector([[...text("env"), ...text("f"), 0, 2]])) : []),
    ...section(3, vector([[0], [1], [2], ...(start === undefined ? [] : [[3]])])),
    ...section(5, vector([[flags, ...memory.flatMap(leb)]])),
    ...section(6, vector([[0x7f, 1, 0x41, ...signed(4096), 0x0b]])),
    ...section(
      7,
      vector([
        [...text("memory"), 2, 0],
        [...text("allocate"), 0, first],
        [...text("failure"), 0, first + 1],
        [...text(name), 0, first + 2],
      ]),
    ),
    ...(start === undefined ? [] : section(8, [first + 3])),
    ...section(10, vector(bodies.map((body) => sized([0, ...body, 0x0b])))),
    ...(data.length === 0 ? [] : section(11, vector([[0, 0x41, ...signed(1024), 0x0b, ...sized(data)]]))),
  ]);
}

/** `i32.const value`. */
export function constant(value: number): number[] {
  return [0x41, ...signed(value)];
}

/** A table of outputs, as bytes at address 1024: `{address, length}` of each. */
export function outputTable(
  outputs: readonly { readonly address: number; readonly length: number }[],
): number[] {
  return [outputs.length, ...outputs.flatMap(({ address, length }) => [address, length])].flatMap((value) => [
    value & 0xff,
    (value >>> 8) & 0xff,
    (value >>> 16) & 0xff,
    value >>> 24,
  ]);
}

function type(parameters: number, results: number): number[] {
  return [
    0x60,
    ...vector(Array.from({ length: parameters }, () => [0x7f])),
    ...vector(Array.from({ length: results }, () => [0x7f])),
  ];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...sized(content)];
}

function sized(content: readonly number[]): number[] {
  return [...leb(content.length), ...content];
}

function text(value: string): number[] {
  return sized([...new TextEncoder().encode(value)]);
}

function vector(elements: readonly (readonly number[])[]): number[] {
  return [...leb(elements.length), ...elements.flat()];
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

function signed(value: number): number[] {
  const isLast = value >= -64 && value < 64;
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
