import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { VdcError, type FieldError } from "./errors.ts";
import { labelsSchema } from "./names.ts";
import { parseInput } from "./validate.ts";

const schema = z.strictObject({
  title: z.string().max(5).default(""),
  members: z.array(z.strictObject({ user: z.string(), role: z.enum(["viewer", "admin"]) })).default([]),
  quotas: z.strictObject({ instances: z.int().optional() }).nullable().default({}),
  parts: z.record(z.string(), z.strictObject({ size: z.int() })).optional(),
});

function refusal(input: unknown, wanted: z.ZodType = schema, at?: string): VdcError {
  try {
    parseInput(wanted, input, "the project", at);
  } catch (error) {
    if (error instanceof VdcError) return error;
    throw error;
  }
  return assert.fail("it was taken");
}

function fieldsOf(input: unknown, at?: string): readonly FieldError[] {
  return refusal(input, schema, at).fields;
}

test("input that fits comes back parsed, with its defaults", () => {
  assert.deepEqual(parseInput(schema, { title: "Shop" }, "the project"), {
    title: "Shop",
    members: [],
    quotas: {},
  });
});

test("an unknown key is an error that names the nearest known one, at any depth and through every wrapper", () => {
  const cases: readonly (readonly [unknown, string, string])[] = [
    [{ titel: "x" }, "titel", "title"],
    [{ quotas: { instance: 1 } }, "quotas.instance", "instances"],
    [{ members: [{ user: "ada", role: "admin", rolle: 1 }] }, "members[0].rolle", "role"],
    [{ parts: { left: { size: 1, sise: 1 } } }, "parts.left.sise", "size"],
  ];
  for (const [input, path, meant] of cases)
    assert.deepEqual(fieldsOf(input), [{ path, message: `unknown field; did you mean '${meant}'?` }]);
});

test("an unknown key that is like no other is told with the known ones", () => {
  assert.deepEqual(fieldsOf({ colour: "red" }), [
    { path: "colour", message: "unknown field; known are title, members, quotas, parts" },
  ]);
});

test("every wrong field is named by its path, under the place the input was found at", () => {
  const input = {
    title: "too long",
    members: [
      { user: "ada", role: "admin" },
      { user: 1, role: "king" },
    ],
  };
  assert.deepEqual(
    fieldsOf(input, "spec").map((field) => field.path),
    ["spec.title", "spec.members[1].user", "spec.members[1].role"],
  );
});

test("the detail tells what is wrong and the first of its fields", () => {
  const error = refusal({ quotas: { instances: 1.5 } });
  assert.equal(error.code, "invalid");
  assert.match(error.message, /^the project is not valid: quotas\.instances: .+\.$/);
  assert.match(refusal("a text").message, /^the project is not valid: [^:]+: .+\.$/);
  assert.deepEqual(
    fieldsOf(null).map((field) => field.path),
    [""],
  );
});

test("a record's wrong key is told by what is wrong with the key", () => {
  const [field] = refusal({ "no spaces": "x" }, labelsSchema, "labels").fields;
  assert.equal(field?.path, "labels.no spaces");
  assert.match(field.message, /label's key/);
});

test("however much is wrong, at most fifty fields are named", () => {
  const members = Array.from({ length: 1000 }, () => ({ user: 1, role: 1 }));
  assert.equal(fieldsOf({ members }).length, 50);
  const unknown = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`k${at}`, at]));
  assert.equal(fieldsOf(unknown).length, 50);
});

test("keys that mean something to JavaScript are unknown like any other, and reach no prototype", () => {
  for (const key of ["__proto__", "constructor", "prototype", "toString"]) {
    const hostile: unknown = JSON.parse(`{"${key}":{"polluted":true},"quotas":{"${key}":{"polluted":true}}}`);
    assert.deepEqual(
      fieldsOf(hostile)
        .map((field) => field.path)
        .toSorted(),
      [key, `quotas.${key}`].toSorted(),
    );
  }
  assert.equal(({} as { polluted?: unknown }).polluted, undefined); // nothing that every object inherits was written to
});

test("an endless key is not given back whole", () => {
  const error = refusal({ ["k".repeat(1_000_000)]: 1 });
  assert.ok(JSON.stringify([error.message, error.fields]).length < 1000);
});
