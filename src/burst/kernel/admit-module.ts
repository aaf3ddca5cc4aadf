import { checkInstructions } from "./instructions.ts";
import { ModuleFault, ModuleReader } from "./module-reader.ts";
import { webAssembly, type WasmModule } from "./web-assembly.ts";

/** A module is at most so long. */
export const maxModuleBytes = 16 * 1024 * 1024;
const pageBytes = 65_536;

/** What a module is admitted with: from the manifest, never from the module itself. */
export interface Admission {
  /** Functions that tasks may call. */
  readonly functions: readonly string[];
  /** Most memory that it may declare. */
  readonly memoryBytes: number;
}

/**
 * Compiles a module that may be a kernel (`vdc-kernel/1`), and only such a one: no imports, one memory with a maximum within its bound, the functions of the ABI
 * with their types, and no instruction whose result depends on the machine. Throws `ModuleFault` with what is wrong.
 */
export function admitModule(bytes: Uint8Array<ArrayBuffer>, admission: Admission): WasmModule {
  if (bytes.length > maxModuleBytes) throw new ModuleFault(`it has more than ${maxModuleBytes} bytes`);
  const shape = readShape(bytes);
  if (shape.imports > 0) throw new ModuleFault("it has imports; a kernel has none");
  checkMemory(shape, admission.memoryBytes);
  checkExport(shape, "allocate", "i→i");
  checkExport(shape, "failure", "→i");
  for (const name of admission.functions) checkExport(shape, name, "iiii→i");
  try {
    return new webAssembly.Module(bytes);
  } catch (error) {
    throw new ModuleFault("it does not compile", { cause: error });
  }
}

interface Shape {
  readonly types: string[];
  /** Type of each function, by its number; there are no imported ones. */
  readonly functions: number[];
  /** Most pages of each. */
  readonly memories: number[];
  readonly exports: Map<string, { readonly kind: number; readonly index: number }>;
  imports: number;
}

const exportKind = { function: 0, memory: 2 } as const;

/** Sections in the order of the specification; `tag` (exceptions) is not among them. */
const sections = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  export: 7,
  code: 10,
  dataCount: 12,
} as const;

function readShape(bytes: Uint8Array): Shape {
  const reader = new ModuleReader(bytes);
  for (const expected of [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
    if (reader.byte() !== expected) throw new ModuleFault("it is no WebAssembly module of version 1");
  const shape: Shape = { types: [], functions: [], memories: [], exports: new Map(), imports: 0 };
  while (!reader.isAtEnd) {
    const id = reader.byte();
    if (id > sections.dataCount) throw new ModuleFault(`a section ${id} is not allowed`);
    readSection(id, reader.part(), shape);
  }
  return shape;
}

function readSection(id: number, part: ModuleReader, shape: Shape): void {
  switch (id) {
    case sections.type:
      shape.types.push(...part.each(readType));
      break;
    case sections.import:
      shape.imports += part.u32();
      break;
    case sections.function:
      shape.functions.push(...part.each((each) => each.u32()));
      break;
    case sections.memory:
      shape.memories.push(...part.each(readMemory));
      break;
    case sections.export:
      part.each((each) => shape.exports.set(each.name(), { kind: each.byte(), index: each.u32() }));
      break;
    case sections.code:
      part.each((each) => readBody(each.part()));
      break;
  }
}

/** `iiii→i`: each letter a type; only `i` (i32) matters here. */
function readType(reader: ModuleReader): string {
  if (reader.byte() !== 0x60) throw new ModuleFault("a type that is no function is not allowed");
  const side = () => reader.each((each) => (each.byte() === 0x7f ? "i" : "x")).join("");
  return `${side()}→${side()}`;
}

/** Flags: 1 has a maximum, 2 is shared, 4 is of 64 bits. */
function readMemory(reader: ModuleReader): number {
  if (reader.byte() !== 1)
    throw new ModuleFault("its memory has no maximum, is shared, or is not one of 32 bits");
  reader.u32();
  return reader.u32();
}

function readBody(body: ModuleReader): void {
  body.each((locals) => {
    locals.u32();
    locals.byte();
  });
  checkInstructions(body);
}

function checkMemory({ memories, exports }: Shape, bound: number): void {
  const [pages] = memories;
  if (pages === undefined || memories.length !== 1) throw new ModuleFault("it has not exactly one memory");
  if (pages * pageBytes > bound)
    throw new ModuleFault(`its memory may grow to ${pages * pageBytes} bytes; its manifest says ${bound}`);
  if (exports.get("memory")?.kind !== exportKind.memory)
    throw new ModuleFault("it does not export its memory");
}

function checkExport({ types, functions, exports }: Shape, name: string, type: string): void {
  const found = exports.get(name);
  const actual = found?.kind === exportKind.function ? types[functions[found.index] ?? -1] : undefined;
  if (actual !== type)
    throw new ModuleFault(`it has no export ${name} of the type ${type} (i: a 32-bit integer)`);
}
