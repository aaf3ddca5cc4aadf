import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { canonicalJson, isJsonObject, jsonDepth, ownMember, type Json, type JsonObject } from "./json.ts";

const anyJson = (): fc.Arbitrary<Json> => fc.jsonValue({ maxDepth: 5 });

/** The same value with the members of every object in the opposite order. */
function turned(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => turned(item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, turned(member ?? null)]),
  );
}

function naiveDepth(value: Json): number {
  if (value === null || typeof value !== "object") return 0;
  const inside = Object.values(value) as readonly Json[]; // the members of JSON are JSON
  return 1 + inside.reduce<number>((deepest, item) => Math.max(deepest, naiveDepth(item)), 0);
}

describe("canonical JSON", () => {
  test("does not depend on the order in which members were written", () => {
    fc.assert(
      fc.property(anyJson(), (value) => assert.equal(canonicalJson(turned(value)), canonicalJson(value))),
    );
  });

  test("reads back as the value it was made of, and then gives the same text", () => {
    fc.assert(
      fc.property(anyJson(), (value) => {
        const text = canonicalJson(value);
        const back = JSON.parse(text) as Json; // written by ourselves
        // Through JSON both, as -0 has no text of its own.
        assert.deepEqual(back, JSON.parse(JSON.stringify(value)));
        assert.equal(canonicalJson(back), text);
      }),
    );
  });

  test("gives two values the same text when they are equal, and only then", () => {
    const few = fc.jsonValue({ maxDepth: 2, stringUnit: fc.constantFrom("a", "b") }) as fc.Arbitrary<Json>; // JSON by its documentation
    fc.assert(
      fc.property(few, few, (one, other) => {
        const equal = isDeepStrictEqual(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)));
        assert.equal(canonicalJson(one) === canonicalJson(other), equal);
      }),
      { numRuns: 500 },
    );
  });

  test("sorts members, has no white space, keeps lists in order and leaves undefined members out", () => {
    const value: JsonObject = { b: [3, 1, { z: null, y: "ü\n" }], a: undefined, B: {}, "": false };
    assert.equal(canonicalJson(value), '{"":false,"B":{},"b":[3,1,{"y":"ü\\n","z":null}]}');
  });

  test("takes a member called __proto__ as one like any other", () => {
    const value = JSON.parse('{"b":1,"__proto__":{"a":2}}') as Json; // JSON.parse defines it as an own member
    assert.equal(canonicalJson(value), '{"__proto__":{"a":2},"b":1}');
  });
});

describe("the depth of a JSON text", () => {
  test("is that of its value", () => {
    fc.assert(
      fc.property(anyJson(), fc.constantFrom(undefined, 2), (value, indent) => {
        assert.equal(jsonDepth(JSON.stringify(value, undefined, indent)), naiveDepth(value));
      }),
    );
  });

  test("does not count brackets inside strings, also behind escaped quotes and backslashes", () => {
    const awkward = fc.string({ unit: fc.constantFrom("[", "{", "]", "}", '"', "\\", "u", "a") });
    fc.assert(
      fc.property(awkward, awkward, (key, text) => {
        assert.equal(jsonDepth(JSON.stringify([{ [key]: text }])), 2);
      }),
    );
  });

  test("is counted in a text that is too deep for a recursive reader, closed or not", () => {
    assert.equal(jsonDepth("[".repeat(100_000)), 100_000);
    assert.equal(jsonDepth(`${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`), 50_000);
    assert.equal(jsonDepth('["never closed [['), 1);
    assert.equal(jsonDepth(""), 0);
  });
});

test("a JSON object is neither a list nor null", () => {
  for (const value of [{}, { a: 1 }]) assert.equal(isJsonObject(value), true);
  for (const value of [[], null, "x", 1, false, undefined]) assert.equal(isJsonObject(value), false);
});

test("a member is an object's own: what every object inherits is none", () => {
  const names = ["constructor", "toString", "__proto__", "hasOwnProperty"];
  for (const name of names) {
    assert.equal(ownMember<Json>({}, name), undefined);
    assert.equal(ownMember<Json>(JSON.parse(`{"${name}":1}`) as { [key: string]: Json }, name), 1); // as it is written here
  }
});
