import { ModuleFault, type ModuleReader } from "./module-reader.ts";

/**
 * Passes the instructions of one function body. Only those of WebAssembly 2.0 are known (numeric, memory, tables, 128-bit SIMD): every other is refused by being
 * unknown, among them relaxed SIMD, whose results depend on the machine, atomics, exceptions, tail calls and garbage collection.
 */
export function checkInstructions(body: ModuleReader): void {
  while (!body.isAtEnd) checkInstruction(body);
}

function checkInstruction(body: ModuleReader): void {
  const code = body.byte();
  if (code === 0xfc) return checkBulk(body);
  if (code === 0xfd) return checkVector(body);
  if (code >= 0x45 && code <= 0xc4) return; // comparisons, arithmetic, conversions
  if (code >= 0x28 && code <= 0x3e) return skipPlace(body);
  const skip = immediates.get(code);
  if (skip === undefined) throw new ModuleFault(`the instruction 0x${code.toString(16)} is not allowed`);
  skip(body);
}

type Skip = (body: ModuleReader) => void;
const nothing: Skip = () => undefined;
const index: Skip = (body) => body.skipNumber(32);
const twoIndexes: Skip = (body) => (index(body), index(body));
const type: Skip = (body) => body.skipNumber(33);

/** What follows each instruction that has no range of its own. */
const immediates: ReadonlyMap<number, Skip> = new Map<number, Skip>([
  [0x00, nothing], // unreachable
  [0x01, nothing], // nop
  [0x02, type], // block
  [0x03, type], // loop
  [0x04, type], // if
  [0x05, nothing], // else
  [0x0b, nothing], // end
  [0x0c, index], // br
  [0x0d, index], // br_if
  [0x0e, (body) => (body.each(index), index(body))], // br_table
  [0x0f, nothing], // return
  [0x10, index], // call
  [0x11, twoIndexes], // call_indirect
  [0x1a, nothing], // drop
  [0x1b, nothing], // select
  [0x1c, (body) => void body.each((each) => each.byte())], // select with types
  [0x20, index], // local.get
  [0x21, index], // local.set
  [0x22, index], // local.tee
  [0x23, index], // global.get
  [0x24, index], // global.set
  [0x25, index], // table.get
  [0x26, index], // table.set
  [0x3f, index], // memory.size
  [0x40, index], // memory.grow
  [0x41, (body) => body.skipNumber(32)], // i32.const
  [0x42, (body) => body.skipNumber(64)], // i64.const
  [0x43, (body) => body.skip(4)], // f32.const
  [0x44, (body) => body.skip(8)], // f64.const
  [0xd0, type], // ref.null
  [0xd1, nothing], // ref.is_null
  [0xd2, index], // ref.func
]);

/** Alignment and offset. Bit 6 of the alignment would name another memory. */
function skipPlace(body: ModuleReader): void {
  if (body.u32() >= 0x40) throw new ModuleFault("a second memory is not allowed");
  body.skipNumber(32);
}

function checkBulk(body: ModuleReader): void {
  const code = body.u32();
  if (code <= 7) return; // saturating conversions
  if (code === 8 || code === 10 || code === 12 || code === 14) return twoIndexes(body);
  if (code <= 17) return index(body);
  throw new ModuleFault(`the instruction 0xfc ${code} is not allowed`);
}

function checkVector(body: ModuleReader): void {
  const code = body.u32();
  if (code > 0xff)
    throw new ModuleFault(`relaxed SIMD (0xfd ${code}) is not allowed: its results depend on the machine`);
  if (code <= 11 || code === 92 || code === 93) return skipPlace(body);
  if (code === 12 || code === 13) return body.skip(16);
  if (code >= 21 && code <= 34) return body.skip(1);
  if (code < 84 || code > 91) return;
  skipPlace(body);
  body.skip(1);
}
