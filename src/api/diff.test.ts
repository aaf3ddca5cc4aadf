import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalJson, isJsonObject, type Json } from "#lib/json.ts";
import { diffJson, type FieldChange } from "./diff.ts";

/** JSON whose keys need no escaping in a path; some are names that every object inherits. */
const { value: anyJson } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Json>(null, true, false, 0, 1, 2.5, "", "a", "b"),
    fc.dictionary(fc.constantFrom("a", "b", "toString", "constructor", "__proto__"), tie("value")),
    fc.array(tie("value"), { maxLength: 3 }),
  ),
}));

/** `a.b[1].c` in its pieces. */
function pieces(path: string): readonly (string | number)[] {
  return (path.match(/[^.[\]]+|\[\d+\]/g) ?? []).map((part) =>
    part.startsWith("[") ? Number(part.slice(1, -1)) : part,
  );
}

/** What a reader does who carries a change out by hand. */
function applied(
  before: Json | undefined,
  path: readonly (string | number)[],
  change: FieldChange,
): Json | undefined {
  const [first, ...rest] = path;
  if (first === undefined) {
    assert.deepEqual(before, change.op === "add" ? undefined : change.before);
    return change.op === "remove" ? undefined : change.after;
  }
  if (typeof first === "number") {
    const items: (Json | undefined)[] = Array.isArray(before) ? [...before] : assert.fail("no list there");
    items[first] = applied(items[first], rest, change);
    return items as Json[]; // removed places are at the end, and cut off when all is done
  }
  const members = new Map(isJsonObject(before) ? Object.entries(before) : assert.fail("no object there"));
  members.set(first, applied(members.get(first), rest, change));
  return Object.fromEntries(members);
}

function withoutGaps(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) {
    const items = (value as readonly (Json | undefined)[]).filter((item) => item !== undefined); // removed places are undefined
    return items.map((item) => withoutGaps(item) ?? null);
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutGaps(member)]));
}

test("who carries a diff out on the value before has the value after", () => {
  fc.assert(
    fc.property(anyJson, anyJson, (before, after) => {
      let value: Json | undefined = before;
      for (const change of diffJson(before, after)) value = applied(value, pieces(change.path), change);
      assert.equal(canonicalJson(withoutGaps(value) ?? null), canonicalJson(after));
    }),
  );
});

test("a value does not differ from itself, and different ones do", () => {
  fc.assert(
    fc.property(anyJson, anyJson, (one, other) => {
      assert.deepEqual(diffJson(one, structuredClone(one)), []);
      assert.equal(diffJson(one, other).length === 0, canonicalJson(one) === canonicalJson(other));
    }),
  );
});

test("changes come in the order of their keys, with paths as people write them", () => {
  const before = { spec: { title: "Shop", members: [{ user: "ada" }, { user: "bob" }], old: 1 } };
  const after = { spec: { title: "Store", members: [{ user: "ada", role: "admin" }], fresh: [] } };
  assert.deepEqual(diffJson(before, after), [
    { op: "add", path: "spec.fresh", after: [] },
    { op: "add", path: "spec.members[0].role", after: "admin" },
    { op: "remove", path: "spec.members[1]", before: { user: "bob" } },
    { op: "remove", path: "spec.old", before: 1 },
    { op: "replace", path: "spec.title", before: "Shop", after: "Store" },
  ]);
});

test("a member that is undefined is absent, one that is null is there", () => {
  assert.deepEqual(diffJson({ a: undefined }, {}), []);
  assert.deepEqual(diffJson(undefined, undefined), []);
  assert.deepEqual(diffJson({ a: undefined }, { a: null }), [{ op: "add", path: "a", after: null }]);
  assert.deepEqual(diffJson({ a: null }, { a: {} }), [{ op: "replace", path: "a", before: null, after: {} }]);
});

test("a list and an object, empty or not, are not the same", () => {
  assert.deepEqual(diffJson({ a: [] }, { a: {} }), [{ op: "replace", path: "a", before: [], after: {} }]);
});

test("a label with the name of something that every object inherits is added like any other", () => {
  assert.deepEqual(diffJson({ labels: {} }, { labels: { constructor: "x" } }), [
    { op: "add", path: "labels.constructor", after: "x" },
  ]);
});
