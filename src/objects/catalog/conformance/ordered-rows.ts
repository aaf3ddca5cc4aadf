import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Index, PlacedMutation, Row } from "../index-contract.ts";

/** An empty index. */
export type OpenIndex = () => Index | Promise<Index>;

const bytes = (text: string) => Buffer.from(text);
const put = (key: string, value: string, segment = 1): PlacedMutation => ({
  type: "put",
  key: bytes(key),
  value: bytes(value),
  segment,
});

/** What every index does, as tests. */
export function indexConformance(name: string, open: OpenIndex): void {
  describe(`the index of ${name}`, () => {
    test("a row is read as it was put, with the place of its bytes", async () => {
      const index = await open();
      const place = { segment: 3, offset: 2 ** 40, length: 70_000, crc: 0xffff_fffe };
      index.apply(7, [{ ...put("b", "two", 4), place } as PlacedMutation, put("a", "")]);
      assert.equal(index.applied, 7);
      assert.deepEqual(plain(index.get(bytes("b"))), { key: "b", value: "two", place, segment: 3 });
      assert.deepEqual(plain(index.get(bytes("a"))), { key: "a", value: "", segment: 1 });
      assert.equal(index.get(bytes("c")), undefined);
      index.close();
    });

    test("a batch that fails leaves nothing and the sequence as it was", async () => {
      const index = await open();
      index.apply(1, [put("a", "one")]);
      // Not a mutation that could come from a journal: it stands for any failure in the middle of a batch.
      const broken = {
        type: "put",
        key: undefined,
        value: undefined,
        segment: 1,
      } as unknown as PlacedMutation;
      assert.throws(() => index.apply(2, [put("a", "two"), broken]));
      assert.equal(index.applied, 1);
      assert.equal(plain(index.get(bytes("a")))?.value, "one");
      index.close();
    });

    test("scans inside each other do not disturb one another, also when they stop early", async () => {
      const index = await open();
      index.apply(
        1,
        ["a", "b", "c"].map((key) => put(key, key)),
      );
      const seen: string[] = [];
      for (const outer of index.scan(bytes("a"), bytes("z")))
        for (const inner of index.scan(bytes("b"), bytes("z"), "descending")) {
          seen.push(`${plain(outer)?.key}${plain(inner)?.key}`);
          break;
        }
      assert.deepEqual(seen, ["ac", "bc", "cc"]);
      assert.deepEqual(keysOf(index.scan(bytes("b"), bytes("c"))), ["b"]);
      index.close();
    });

    test("rows of a segment are found until they are put again elsewhere", async () => {
      const index = await open();
      index.apply(1, [put("a", "1", 1), put("b", "2", 1), put("c", "3", 2)]);
      assert.deepEqual(
        index.rowsInSegment(1, 10).map((row) => plain(row)?.key),
        ["a", "b"],
      );
      assert.equal(index.rowsInSegment(1, 1).length, 1);
      index.apply(2, [put("a", "1", 3), { type: "remove", key: bytes("b"), segment: 3 }]);
      assert.deepEqual(index.rowsInSegment(1, 10), []);
      index.close();
    });

    test("heads are the key's rest and the value's first line, in order and no more than asked for", async () => {
      const index = await open();
      index.apply(1, [
        put("xxä\0b", "first\nsecond"),
        put("xxa", "no line"),
        put("xxc", ""),
        put("y", "other"),
      ]);
      assert.deepEqual(index.heads(bytes("xx"), bytes("xy"), 2, 10), [
        ["a", "no line"],
        ["c", ""],
        ["ä\0b", "first"],
      ]);
      assert.equal(index.heads(bytes("xx"), bytes("xy"), 2, 2).length, 2);
      index.close();
    });

    test("a cleared index is empty and knows nothing of the journal", async () => {
      const index = await open();
      index.apply(9, [put("a", "1")]);
      index.clear();
      assert.equal(index.applied, 0);
      assert.deepEqual(keysOf(index.scan(bytes(""), bytes("z"))), []);
      index.close();
    });

    test("thousands of rows that come and go out of order stay in order", async () => {
      const index = await open();
      const nameOf = (at: number) => String((at * 7919) % 10_007).padStart(5, "0");
      const all = Array.from({ length: 10_000 }, (_, at) => nameOf(at));
      index.apply(
        1,
        all.map((key) => put(key, key)),
      );
      const gone = all.filter((_, at) => at % 3 > 0);
      index.apply(
        2,
        gone.map((key) => ({ type: "remove", key: bytes(key), segment: 1 })),
      );
      const left = all.filter((_, at) => at % 3 === 0).toSorted();
      assert.deepEqual(keysOf(index.scan(bytes(""), bytes("z"))), left);
      assert.deepEqual(
        keysOf(index.scan(bytes("03"), bytes("05"), "descending")),
        left.filter((key) => key >= "03" && key < "05").toReversed(),
      );
      index.close();
    });

    test("any history of batches leaves the rows of a plain map, in the order of their bytes", async () => {
      await fc.assert(
        fc.asyncProperty(
          histories,
          fc.uint8Array({ maxLength: 3 }),
          fc.uint8Array({ maxLength: 3 }),
          async (batches, a, b) => {
            const index = await open();
            const model = new Map<string, string>();
            for (const [at, batch] of batches.entries()) {
              index.apply(at + 1, batch);
              for (const mutation of batch) applyToModel(model, mutation);
            }
            const [from, to] = Buffer.compare(a, b) <= 0 ? [a, b] : [b, a];
            const expected = [...model].filter(([key]) => key >= hex(from) && key < hex(to)).toSorted(byKey);
            assert.deepEqual(hexRows(index.scan(from, to)), expected);
            assert.deepEqual(hexRows(index.scan(from, to, "descending")), expected.toReversed());
            for (const [key, value] of model)
              assert.equal(hex(index.get(Buffer.from(key, "hex"))?.value ?? bytes("none")), value);
            index.close();
          },
        ),
        { numRuns: 60 },
      );
    });
  });
}

// Few and short keys of the bytes that order is easily wrong for, so that histories meet themselves.
const keys = fc
  .array(fc.constantFrom(0x00, 0x01, 0x7f, 0x80, 0xff), { minLength: 1, maxLength: 3 })
  .map((values) => Uint8Array.from(values));
const mutations: fc.Arbitrary<PlacedMutation> = fc.oneof(
  fc.record({
    type: fc.constant("put" as const),
    key: keys,
    value: fc.uint8Array({ maxLength: 4 }),
    segment: fc.nat(5),
  }),
  fc.record({ type: fc.constant("remove" as const), key: keys, segment: fc.nat(5) }),
);
const histories = fc.array(fc.array(mutations, { maxLength: 40 }), { maxLength: 6 });

function applyToModel(model: Map<string, string>, mutation: PlacedMutation): void {
  if (mutation.type === "remove") model.delete(hex(mutation.key));
  else model.set(hex(mutation.key), hex(mutation.value));
}
function hexRows(rows: Iterable<Row>): readonly (readonly [string, string])[] {
  return Array.from(rows, ({ key, value }) => [hex(key), hex(value)] as const);
}
function byKey([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}
function hex(value: Uint8Array): string {
  return Buffer.from(value).toString("hex");
}
function keysOf(rows: Iterable<Row>): readonly string[] {
  return Array.from(rows, ({ key }) => Buffer.from(key).toString());
}
function plain(row: Row | undefined) {
  return row && { ...row, key: Buffer.from(row.key).toString(), value: Buffer.from(row.value).toString() };
}
