import assert from "node:assert/strict";
import { test } from "node:test";
import { roleAtLeast, roles } from "./access.ts";

test("a role does all that weaker ones do, and nobody's role does nothing", () => {
  const table = {
    viewer: { viewer: true, operator: false, admin: false },
    operator: { viewer: true, operator: true, admin: false },
    admin: { viewer: true, operator: true, admin: true },
  };
  for (const have of roles)
    for (const need of roles) assert.equal(roleAtLeast(have, need), table[have][need], `${have} for ${need}`);
  for (const need of roles) assert.equal(roleAtLeast(undefined, need), false);
});
