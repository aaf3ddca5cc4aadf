import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { VdcError } from "./errors.ts";
import { labelsSchema } from "./names.ts";
import { parseFieldSelector, parseLabelSelector } from "./selectors.ts";

/** What is said of it; empty when it can be read. */
const problemOf = (parse: () => unknown): string => {
  try {
    parse();
    return "";
  } catch (error) {
    assert.ok(error instanceof VdcError && error.code === "invalid");
    return error.fields[0]?.message ?? "it does not say why";
  }
};

test("a label selector takes the values that a label can have, and tells the part that holds another", () => {
  for (const good of ["a=", "a=b.c_d-e", "a==B", "a!=0", "a in (b,c)", "a notin (b)", "a in (,b)"])
    assert.equal(
      problemOf(() => parseLabelSelector(good)),
      "",
      good,
    );
  for (const part of ["a===(b", "a=b=c", "a=b c", "a=-b", "a=é", "a in (b,c d)", `a=${"x".repeat(64)}`]) {
    const problem = problemOf(() => parseLabelSelector(`first=one,${part}`));
    assert.match(problem, /in '.+': '.+' is not a label's value; .*at most 63/, part);
    assert.ok(problem.includes(part), problem);
  }
});

test("a label selector and a label agree about what a value may be", () => {
  const character = fc.constantFrom("a", "Z", "0", ".", "_", "-", "/", " ", "=", "é");
  fc.assert(
    fc.property(fc.string({ unit: character, maxLength: 66 }), (text) => {
      const value = text.trim(); // spaces around a value are not part of it
      const isLabel = labelsSchema.safeParse({ a: value }).success;
      assert.equal(problemOf(() => parseLabelSelector(`a!=${value}`)) === "", isLabel, value);
    }),
  );
});

test("a field selector takes any text of at most 1000 characters without control characters", () => {
  for (const good of ["spec.title=", "spec.title=Shop (old) = new; é", `name!=${"x".repeat(1_000)}`])
    assert.equal(
      problemOf(() => parseFieldSelector(good)),
      "",
      good,
    );
  const long = problemOf(() => parseFieldSelector(`name=${"x".repeat(1_001)}`));
  assert.match(long, /in 'name=x+…': a value has at most 1000 characters/);
  for (const control of ["\u0000", "\n", "\u001b[31m", "\u0085"]) {
    const problem = problemOf(() => parseFieldSelector(`name=a${control}b`));
    assert.match(problem, /in 'name=a.*': a value holds no control characters/);
    assert.ok(!problem.includes(control), problem);
  }
});
