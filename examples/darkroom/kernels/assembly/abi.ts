// The kernel's side of `vdc-kernel/1` (src/burst/kernel/call-kernel.ts). Every entry exports these three with
// `export { allocate, failure } from "./abi"`; `memory` is exported by the compiler.

/** Where the text of a failure lies, as {address, length}; the pair itself has a fixed place. */
const failurePair = memory.data(8);
let failed = false;

export function allocate(bytes: i32): i32 {
  if (bytes < 0) fail("a negative number of bytes was asked for");
  return <i32>heap.alloc(<usize>bytes);
}

export function failure(): i32 {
  return failed ? <i32>failurePair : 0;
}

/** Keeps the reason for the caller, then traps: nothing after it runs. */
export function fail(reason: string): void {
  const text = String.UTF8.encode(reason);
  store<u32>(failurePair, <u32>changetype<usize>(text));
  store<u32>(failurePair, <u32>text.byteLength, 4);
  failed = true;
  unreachable();
}

export function check(holds: bool, reason: string): void {
  if (!holds) fail(reason);
}

/** Argument `index`, as it was given. */
export function argument(args: i32, count: i32, index: i32): f64 {
  check(index >= 0 && index < count, "an argument is missing");
  return load<f64>(<usize>args + ((<usize>index) << 3));
}

/** Argument `index` as a whole number from `low` to `high`. */
export function integer(args: i32, count: i32, index: i32, low: i32, high: i32): i32 {
  const value = argument(args, count, index);
  check(
    value >= <f64>low && value <= <f64>high && Math.floor(value) == value,
    "an argument is out of its range",
  );
  return <i32>value;
}

/** Address of input `index`. */
export function inputAddress(inputs: i32, count: i32, index: i32): usize {
  check(index >= 0 && index < count, "an input is missing");
  return <usize>load<u32>(<usize>inputs + ((<usize>index) << 3));
}

/** Bytes of input `index`. */
export function inputBytes(inputs: i32, count: i32, index: i32): i32 {
  check(index >= 0 && index < count, "an input is missing");
  return <i32>load<u32>(<usize>inputs + ((<usize>index) << 3), 4);
}

/** Room for a table of `count` outputs; fill it with `setOutput` and answer its address. */
export function outputs(count: i32): i32 {
  const table = heap.alloc(4 + ((<usize>count) << 3));
  store<u32>(table, <u32>count);
  return <i32>table;
}

export function setOutput(table: i32, index: i32, address: usize, bytes: i32): void {
  store<u32>(<usize>table + 4 + ((<usize>index) << 3), <u32>address);
  store<u32>(<usize>table + 8 + ((<usize>index) << 3), <u32>bytes);
}
