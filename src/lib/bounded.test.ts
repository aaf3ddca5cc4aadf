import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { BoundedCache, Ring } from "./bounded.ts";

type Step =
  | { readonly do: "get" | "set" | "delete"; readonly key: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "clear" };

/** The same promises kept by a list from the least to the most recently used. */
class NaiveCache {
  entries: { readonly key: number; readonly value: number; readonly until: number }[] = [];

  get(key: number, now: number): number | undefined {
    const entry = this.entries.find((each) => each.key === key);
    this.delete(key);
    if (entry === undefined || entry.until <= now) return undefined;
    this.entries.push(entry);
    return entry.value;
  }

  set(key: number, value: number, until: number, maxEntries: number): void {
    this.delete(key);
    this.entries.push({ key, value, until });
    this.entries = this.entries.slice(-maxEntries);
  }

  delete(key: number): void {
    this.entries = this.entries.filter((each) => each.key !== key);
  }
}

describe("the bounded cache", () => {
  test("forgets what was used longest ago, and a reading is a use", () => {
    const cache = new BoundedCache<string, number>({ maxEntries: 2, ttlMs: 1000, monotonic: () => 0 });
    cache.set("a", 1);
    cache.set("b", 2);
    assert.equal(cache.get("a"), 1);
    cache.set("c", 3);
    assert.deepEqual([cache.get("a"), cache.get("b"), cache.get("c"), cache.size], [1, undefined, 3, 2]);
  });

  test("forgets an entry when its time is over, which a reading does not lengthen and a writing does", () => {
    let now = 0;
    const cache = new BoundedCache<string, number>({ maxEntries: 9, ttlMs: 100, monotonic: () => now });
    cache.set("read", 1);
    cache.set("written", 1);
    now = 99;
    cache.set("written", 2);
    assert.deepEqual([cache.get("read"), cache.get("written")], [1, 2]);
    now = 100;
    assert.deepEqual([cache.get("read"), cache.get("written"), cache.size], [undefined, 2, 1]);
    now = 199;
    assert.equal(cache.get("written"), undefined);
  });

  test("does as a naive list does, and never holds more than its limit", () => {
    const key = fc.nat(5);
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ do: fc.constantFrom("get", "set", "set", "delete"), key }),
      fc.record({ do: fc.constant("wait"), ms: fc.nat(60) }),
      { weight: 1, arbitrary: fc.record({ do: fc.constant("clear") }) },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (maxEntries, steps) => {
        let now = 0;
        const ttlMs = 100;
        const cache = new BoundedCache<number, number>({ maxEntries, ttlMs, monotonic: () => now });
        const naive = new NaiveCache();
        for (const [value, each] of steps.entries()) {
          if (each.do === "wait") now += each.ms;
          else if (each.do === "clear") {
            cache.clear();
            naive.entries = [];
          } else if (each.do === "get") assert.equal(cache.get(each.key), naive.get(each.key, now));
          else if (each.do === "delete") {
            cache.delete(each.key);
            naive.delete(each.key);
          } else {
            cache.set(each.key, value);
            naive.set(each.key, value, now + ttlMs, maxEntries);
          }
          assert.equal(cache.size, naive.entries.length);
          assert.ok(cache.size <= maxEntries);
        }
      }),
    );
  });

  test("keeps a value that is itself undefined or false from being confused with another's", () => {
    const cache = new BoundedCache<string, boolean>({ maxEntries: 1, ttlMs: 1, monotonic: () => 0 });
    cache.set("no", false);
    assert.equal(cache.get("no"), false);
    cache.delete("no");
    assert.equal(cache.get("no"), undefined);
  });

  test("cannot be made with room for nothing", () => {
    assert.throws(
      () => new BoundedCache({ maxEntries: 0, ttlMs: 1, monotonic: () => 0 }),
      /at least one entry/,
    );
  });
});

describe("the ring", () => {
  test("holds the last values, oldest first, after any number of pushes", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.nat(), { maxLength: 50 }),
        (capacity, values) => {
          const ring = new Ring<number>(capacity);
          for (const [at, value] of values.entries()) {
            ring.push(value);
            assert.deepEqual(ring.values(), values.slice(0, at + 1).slice(-capacity));
            assert.equal(ring.last, value);
          }
        },
      ),
    );
  });

  test("gives its values as they were: later pushes do not change them", () => {
    const ring = new Ring<string>(2);
    assert.equal(ring.last, undefined);
    ring.push("a");
    const before = ring.values();
    ring.push("b");
    ring.push("c");
    assert.deepEqual([before, ring.values()], [["a"], ["b", "c"]]);
  });

  test("cannot be made without room", () => {
    assert.throws(() => new Ring(0), /at least one value/);
  });
});
