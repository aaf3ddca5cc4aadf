import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { doWhile, i32, i64, v128, whileLoop, type Code, type FunctionDefinition } from "./wasm-assembler.ts";
import { wasmMemory, wasmModule, wasmPageBytes } from "./wasm-instance.ts";

function instance<Exports>(functions: Readonly<Record<keyof Exports & string, FunctionDefinition>>) {
  const memory = wasmMemory(wasmPageBytes);
  return { exports: wasmModule<Exports>(functions)(memory), bytes: new Uint8Array(memory.buffer) };
}

test("an assembled module gives back constants of any sign and size", () => {
  const constant = (code: Code, result: "i32" | "i64") =>
    instance<{ value: () => number | bigint }>({
      value: {
        parameters: [],
        result,
        body: () => code,
      },
    }).exports.value();
  fc.assert(fc.property(fc.integer(), (value) => constant(i32.const(value), "i32") === value));
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      (value) => constant(i64.const(value), "i64") === value,
    ),
  );
  for (const edge of [0, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31)])
    assert.equal(constant(i32.const(edge), "i32"), edge);
});

test("an assembled module computes with words as JavaScript does", () => {
  const operators = {
    add: (a: number, b: number) => (a + b) | 0,
    sub: (a: number, b: number) => (a - b) | 0,
    and: (a: number, b: number) => a & b,
    xor: (a: number, b: number) => a ^ b,
    shl: (a: number, b: number) => a << b,
    shrU: (a: number, b: number) => (a >>> b) | 0,
    ltU: (a: number, b: number) => Number(a >>> 0 < b >>> 0),
    leU: (a: number, b: number) => Number(a >>> 0 <= b >>> 0),
  } as const;
  // The names above are keys of i32.
  for (const name of Object.keys(operators) as (keyof typeof operators)[]) {
    const { exports } = instance<{ run: (a: number, b: number) => number }>({
      run: {
        parameters: ["i32", "i32"],
        result: "i32",
        body: ([a, b]) => i32[name](a?.get ?? [], b?.get ?? []),
      },
    });
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => exports.run(a, b) === operators[name](a, b)),
      { numRuns: 50 },
    );
  }
});

test("an assembled loop runs as often as its condition says, and perhaps never", () => {
  const { exports } = instance<{ whilst: (n: number) => number; until: (n: number) => number }>({
    whilst: {
      parameters: ["i32"],
      result: "i32",
      body: ([limit], local) => {
        const count = local("i32");
        return [
          ...whileLoop(i32.ltU(count.get, limit?.get ?? []), [count.set(i32.add(count.get, i32.const(1)))]),
          ...count.get,
        ];
      },
    },
    until: {
      parameters: ["i32"],
      result: "i32",
      body: ([limit], local) => {
        const count = local("i32");
        return [
          ...doWhile([count.set(i32.add(count.get, i32.const(1)))], i32.ltU(count.get, limit?.get ?? [])),
          ...count.get,
        ];
      },
    },
  });
  assert.deepEqual([0, 1, 1000].map(exports.whilst), [0, 1, 1000]);
  assert.deepEqual([0, 1, 1000].map(exports.until), [1, 1, 1000]);
});

test("an assembled module loads, picks and stores sixteen bytes at once", () => {
  const { exports, bytes } = instance<{ pick: (from: number, to: number) => void }>({
    pick: {
      parameters: ["i32", "i32"],
      body: ([from, to]) => {
        const indices = v128.shrBytesU(v128.load(from?.get ?? [], 16), i32.const(4));
        return v128.store(to?.get ?? [], 200, v128.relaxedSwizzle(v128.load(from?.get ?? []), indices));
      },
    },
  });
  const values = Array.from({ length: 16 }, (_, index) => index * 3 + 1);
  bytes.set(values, 100);
  bytes.set(
    Array.from({ length: 16 }, (_, index) => (15 - index) * 16 + 5),
    116,
  );
  exports.pick(100, 300);
  assert.deepEqual([...bytes.subarray(500, 516)], values.toReversed());
});
