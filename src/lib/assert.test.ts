import assert from "node:assert/strict";
import { test } from "node:test";
import { AssertionFault, assert as must, unreachable } from "./assert.ts";

test("an assertion that holds says nothing, one that does not says what must hold", () => {
  for (const held of [true, 1, "x", {}, []]) must(held, "never said");
  for (const broken of [false, 0, "", null, undefined, Number.NaN])
    assert.throws(
      () => must(broken, "the sky is up"),
      (error) => error instanceof AssertionFault && error.message === "must hold: the sky is up",
    );
});

test("a case that the types rule out stops the program and names the value", () => {
  assert.throws(() => unreachable("sideways" as never), { name: "AssertionFault", message: /"sideways"/ });
});
