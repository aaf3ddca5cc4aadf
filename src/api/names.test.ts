import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { labelsSchema, maxLabels, nameSchema, userNameSchema } from "./names.ts";

const fits = (schema: typeof nameSchema, name: unknown) => schema.safeParse(name).success;

/** RFC 1123 section 2.1 with RFC 1035's length, by characters and not by a pattern; lower case only. */
function isLabel(text: string, inner: string): boolean {
  const ends = "abcdefghijklmnopqrstuvwxyz0123456789";
  return (
    text.length >= 1 &&
    text.length <= 63 &&
    [text.charAt(0), text.charAt(text.length - 1)].every((end) => ends.includes(end)) &&
    Array.from(text).every((letter) => ends.includes(letter) || inner.includes(letter))
  );
}

test("a name is an RFC 1123 label, and a user's may have dots and underscores inside", () => {
  const letters = fc.constantFrom("a", "z", "0", "9", "-", ".", "_", "A", "/", " ", "é");
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 6 }), (text) => {
      assert.equal(fits(nameSchema, text), isLabel(text, "-"));
      assert.equal(fits(userNameSchema, text), isLabel(text, "-._"));
    }),
    { numRuns: 1000 },
  );
});

test("a name has 1 to 63 characters", () => {
  for (const length of [1, 2, 62, 63]) assert.ok(fits(nameSchema, "a".repeat(length)));
  for (const length of [0, 64, 100_000]) assert.ok(!fits(nameSchema, "a".repeat(length)));
});

test("letters that only look like a name's letters are refused, and so is what hides at its end", () => {
  const lookAlikes = [
    "аdmin",
    "ａdmin",
    "admın",
    "admin\u200b",
    "admin\n",
    "\nadmin",
    "admin\0",
    "adm\u0131n",
    "１",
  ];
  for (const name of [...lookAlikes, "..", ".", "a/b", "a\\b", "%2e", "a\r"]) {
    assert.ok(!fits(nameSchema, name), JSON.stringify(name));
    assert.ok(!fits(userNameSchema, name), JSON.stringify(name));
  }
});

test("labels are short, and no more of them than their limit", () => {
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, "v"]));
  const taken = (labels: unknown) => labelsSchema.safeParse(labels).success;
  assert.ok(taken(many(maxLabels)) && !taken(many(maxLabels + 1)));
  assert.ok(taken({ "example.org/part": "", a: "A.b_c-d", constructor: "x" }));
  for (const wrong of [
    { "": "v" },
    { "-a": "v" },
    { a: " " },
    { a: "x".repeat(64) },
    { a: 1 },
    { "a=b": "v" },
  ])
    assert.ok(!taken(wrong), JSON.stringify(wrong));
});

test("a label called __proto__ does not become the labels' prototype", () => {
  const parsed = labelsSchema.safeParse(JSON.parse('{"__proto__":"x","a":"b"}'));
  assert.equal(Object.getPrototypeOf(parsed.data ?? {}), Object.prototype);
  assert.equal(({} as { a?: unknown }).a, undefined); // nothing that every object inherits was written to
});
