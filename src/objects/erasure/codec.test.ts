import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Codec, codec } from "./codec.ts";
import { parityMatrix } from "./galois.ts";
import { Slab } from "./slab.ts";

/** The product in GF(2⁸) as one does it with pencil and paper: the oracle, which shares nothing with the kernel. */
function product(a: number, b: number): number {
  let sum = 0;
  for (let bit = 0; bit < 8; bit += 1) if ((b >> bit) & 1) sum ^= a << bit;
  for (let bit = 14; bit >= 8; bit -= 1) if ((sum >> bit) & 1) sum ^= 0x11d << (bit - 8);
  return sum;
}

const products = Array.from({ length: 256 }, (_, a) => Array.from({ length: 256 }, (__, b) => product(a, b)));

function referenceParity(k: number, m: number, data: readonly Uint8Array[]): Uint8Array[] {
  return parityMatrix(k, m).map((row) =>
    Uint8Array.from(data[0] ?? [], (_, at) =>
      row.reduce((sum, factor, shard) => sum ^ (products[factor]?.[data[shard]?.[at] ?? 0] ?? 0), 0),
    ),
  );
}

/** Bytes that differ from shard to shard and have no short period. */
function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  let state = seed * 2654435761 + 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

function shards(count: number, length: number, seed = 1): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: count }, (_, index) => noise(length, seed + index));
}

/** All ways of choosing `size` of the numbers below `count`. */
function choices(count: number, size: number, from = 0): number[][] {
  if (size === 0) return [[]];
  return Array.from({ length: Math.max(0, count - from) }, (_, index) => from + index).flatMap((first) =>
    choices(count, size - 1, first + 1).map((rest) => [first, ...rest]),
  );
}

const layouts = [
  [1, 1],
  [1, 2],
  [2, 1],
  [2, 2],
  [3, 2],
  [4, 2],
  [6, 3],
  [8, 4],
] as const;

for (const [k, m] of layouts)
  test(`any ${m} lost shards of ${k}+${m} are rebuilt from the others`, () => {
    const data = shards(k, 97);
    const parity = shards(m, 97);
    codec(k, m).encode(data, parity);
    assert.deepEqual(parity, referenceParity(k, m, data));
    const all = [...data, ...parity];
    for (const lost of choices(k + m, m)) {
      const present = new Map([...all.entries()].filter(([shard]) => !lost.includes(shard)));
      const wanted = new Map(lost.map((shard) => [shard, new Uint8Array(97)]));
      codec(k, m).reconstruct(present, wanted);
      for (const [shard, bytes] of wanted) assert.deepEqual(bytes, all[shard], `without ${lost.join()}`);
    }
  });

test("a code of any shape gives the parity of the reference and rebuilds lost shards, in place and by copies", async () => {
  const slab = new Slab({ bufferBytes: 64 * 1024, count: 33, waitingMax: 0 });
  const lease = await slab.acquire(33, new AbortController().signal);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 24 }),
      fc.integer({ min: 1, max: 8 }),
      fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 16_000, max: 34_000 })),
      fc.integer({ min: 1, max: 1e6 }),
      fc.boolean(),
      (k, m, length, seed, inSlab) => {
        const code = codec(k, m, slab);
        const content = shards(k + m, length, seed);
        const all = content.map((bytes, shard) => {
          const buffer = lease.buffers[shard];
          if (!inSlab || buffer === undefined) return bytes;
          buffer.fill(0xee).set(bytes);
          return buffer.subarray(0, length);
        });
        code.encode(all.slice(0, k), all.slice(k));
        if (length < 200)
          assert.deepEqual(copies(all.slice(k)), referenceParity(k, m, copies(all.slice(0, k))));
        if (inSlab) assert.ok(lease.buffers.slice(0, k + m).every((buffer) => isUntouched(buffer, length)));
        const lost = new Set(Array.from({ length: m }, (_, index) => (seed * (index + 7)) % (k + m)));
        const present = new Map([...all.entries()].filter(([shard]) => !lost.has(shard)));
        const wanted = new Map([...lost].map((shard) => [shard, new Uint8Array(length)]));
        code.reconstruct(present, wanted);
        for (const [shard, bytes] of wanted)
          assert.ok(Buffer.compare(bytes, all[shard] ?? bytes.fill(0)) === 0);
      },
    ),
    { numRuns: 60 },
  );
});

function copies(chunks: readonly Uint8Array[]): Uint8Array[] {
  return chunks.map((chunk) => Uint8Array.from(chunk));
}

function isUntouched(buffer: Uint8Array, from: number): boolean {
  return buffer.subarray(from).every((byte) => byte === 0xee);
}

test("a mirror's parity is a copy and one shard more is the plain sum", () => {
  const [first, second] = shards(2, 40);
  assert.ok(first && second);
  const mirrored = new Uint8Array(40);
  codec(1, 1).encode([first], [mirrored]);
  assert.deepEqual(mirrored, first);
  const sum = new Uint8Array(40);
  codec(2, 1).encode([first, second], [sum]);
  assert.deepEqual(
    sum,
    first.map((byte, at) => byte ^ (second[at] ?? 0)),
  );
});

test("a code without parity and an empty chunk are taken", () => {
  codec(3, 0).encode(shards(3, 10), []);
  codec(2, 1).encode(shards(2, 0), shards(1, 0));
});

test("a code refuses what it could not rebuild from", () => {
  const code = codec(2, 1);
  const [a, b] = shards(2, 8);
  assert.ok(a && b);
  assert.throws(() => code.reconstruct(new Map([[0, a]]), new Map([[1, b]])), /at least k/);
  assert.throws(() => code.encode([a, b], [new Uint8Array(9)]), /one length/);
  assert.throws(() => code.encode([a], [b]), /one chunk for each shard/);
  assert.throws(() => codec(30, 3), /1 to 32 shards/);
  assert.ok(code instanceof Codec);
});
