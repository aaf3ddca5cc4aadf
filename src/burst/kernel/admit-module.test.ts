import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { admitModule } from "#burst/kernel/admit-module.ts";
import { callKernel, KernelTrap } from "#burst/kernel/call-kernel.ts";
import { ModuleFault } from "#burst/kernel/module-reader.ts";
import { constant, outputTable, tinyWasm, type TinyModule } from "#test/support/tiny-wasm.ts";

const admission = { functions: ["run"], memoryBytes: 16 * 65_536 };
const zero = constant(0);
const drop = 0x1a;
const vector = [...zero, 0xfd, 0x11]; // i32x4.splat
const threeVectors = [...vector, ...vector, ...vector];

function admit(parts: TinyModule): object {
  return admitModule(tinyWasm(parts), admission);
}

describe("the admission of a kernel's module", () => {
  it("takes a module without imports that speaks the ABI, with plain SIMD", () => {
    const splatAndAdd = [...zero, 0xfd, 0x11, ...zero, 0xfd, 0x11, 0xfd, 0xae, 0x01, drop];
    assert.deepEqual(callKernel(admit({ run: [...splatAndAdd, ...zero] }), "run", [], []), []);
  });

  const refused: readonly (readonly [what: string, parts: TinyModule, why: RegExp])[] = [
    ["an import", { run: zero, imports: true }, /imports/],
    ["a memory without a maximum", { run: zero, memory: [1] }, /no maximum/],
    ["a shared memory", { run: zero, memoryFlags: 3 }, /shared/],
    ["a memory above its manifest's bound", { run: zero, memory: [1, 17] }, /its manifest says/],
    ["a function that is missing", { run: zero, name: "walk" }, /no export run/],
    [
      "relaxed SIMD",
      {
        run: [...threeVectors, 0xfd, 0x85, 0x02, drop, ...zero],
      },
      /relaxed SIMD/,
    ],
    ["an atomic load", { run: [...zero, 0xfe, 0x10, 2, 0] }, /0xfe is not allowed/],
    ["a tail call", { run: [0x12, 2] }, /0x12 is not allowed/],
    ["an exception", { run: [0x08, 0] }, /0x8 is not allowed/],
    ["garbage collection", { run: [...zero, 0xfb, 0x1c] }, /0xfb is not allowed/],
    ["code that does not fit together", { run: [] }, /does not compile/],
  ];
  for (const [what, parts, why] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => admit(parts),
        (error) => error instanceof ModuleFault && why.test(error.message),
      );
    });
  }

  it("refuses relaxed SIMD whose number is written longer than it must be", () => {
    const padded = [...threeVectors, 0xfd, 0x85, 0x82, 0x00, drop, ...zero];
    assert.throws(() => admit({ run: padded }), /relaxed SIMD/);
  });

  it("answers any bytes with an admission or a fault, and nothing else", () => {
    const whole = tinyWasm({ run: zero });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(whole.length),
        (changes, length) => {
          const bytes = whole.slice(0, Math.max(length, 1));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          try {
            admitModule(bytes, admission);
          } catch (error) {
            assert.ok(error instanceof ModuleFault, String(error));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("a hostile kernel", () => {
  const call = (parts: TinyModule, memoryBytes?: number) =>
    callKernel(admit(parts), "run", [], [], memoryBytes);
  const trapped = (kind: string, why: RegExp) => (error: unknown) =>
    error instanceof KernelTrap && error.kind === kind && why.test(error.message);

  it("gets nothing by an answer outside its memory", () => {
    for (const address of [-1, 16 * 65_536, 2 ** 31 - 1])
      assert.throws(() => call({ run: constant(address) }), trapped("trap", /./));
  });

  it("gets nothing by a table that points outside its memory", () => {
    for (const entry of [
      { address: 65_536, length: 1 },
      { address: 0, length: 65_537 },
      { address: 0xffff_fff0, length: 0x20 },
    ])
      assert.throws(() => call({ run: constant(1024), data: outputTable([entry]) }), trapped("trap", /./));
  });

  it("cannot fill our memory by naming its own again and again", () => {
    const entry = { address: 0, length: 60_000 };
    assert.throws(
      () => call({ run: constant(1024), data: outputTable([entry, entry]) }),
      trapped("trap", /larger than its memory/),
    );
    const many = [...outputTable([]).fill(0xff)];
    assert.throws(() => call({ run: constant(1024), data: many }), trapped("trap", /too many outputs/));
  });

  it("is stopped by its declared maximum, and by the bound of its task", () => {
    const grow = [...constant(15), 0x40, 0, drop];
    assert.deepEqual(call({ run: [...grow, ...zero] }), []);
    assert.throws(() => call({ run: [...grow, ...zero] }, 4 * 65_536), trapped("memory", /may use 262144/));
    assert.throws(() => call({ run: [...grow, 0x00] }, 16 * 65_536), trapped("memory", /./));
  });

  it("keeps nothing for the next call", () => {
    const count = [...zero, ...zero, 0x28, 2, 0, ...constant(1), 0x6a, 0x36, 2, 0]; // memory[0] += 1
    const trapOnSecond = [...zero, 0x28, 2, 0, 0x04, 0x40, 0x00, 0x0b];
    const module = admit({ run: [...trapOnSecond, ...count, ...constant(1024)] });
    for (let time = 0; time < 3; time += 1) assert.deepEqual(callKernel(module, "run", [], []), []);
  });

  it("traps by a failure text that points nowhere without more than its trap", () => {
    assert.throws(() => call({ run: [0x00], failure: constant(-4) }), trapped("trap", /unreachable/));
  });

  it("traps when its start traps", () => {
    assert.throws(() => call({ run: zero, start: [0x00] }), trapped("trap", /unreachable/));
  });
});
