import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Gather } from "./gather.ts";

test("what is taken from a gathering is what was pushed, in order, however it is cut", () => {
  const pieces = fc.array(fc.integer({ min: 0, max: 9_000 }), { maxLength: 30 });
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(20_000), { maxLength: 20 }), (sizes, takes) => {
      const gather = new Gather();
      const all: Buffer[] = [];
      const taken: Uint8Array[] = [];
      for (const [index, size] of sizes.entries()) {
        const piece = Buffer.alloc(size, index + 1);
        all.push(piece);
        gather.push(piece);
        const take = takes[index];
        if (take !== undefined && take <= gather.size) taken.push(gather.take(take).contiguous());
      }
      const rest = gather.take(gather.size);
      const cut = Math.floor(rest.size / 3);
      taken.push(rest.slice(0, cut).contiguous(), rest.slice(cut, rest.size).contiguous());
      assert.deepEqual(Buffer.concat(taken), Buffer.concat(all));
      assert.equal(gather.size, 0);
    }),
  );
});

test("a sender of single bytes does not make a gathering keep a buffer for each", () => {
  const gather = new Gather();
  for (let count = 0; count < 200_000; count += 1) gather.push(Buffer.from([count & 255]));
  assert.ok(gather.take(200_000).list.length < 10);
});
