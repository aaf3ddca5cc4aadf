import assert from "node:assert/strict";
import { test } from "node:test";
import { providerFailure } from "#console/lib/provider-failure.ts";

test("a sign-in that failed at a provider is told by its code, and text from the address is never shown", () => {
  assert.equal(providerFailure(null), undefined);
  assert.match(providerFailure("sign-in-failed") ?? "", /not accepted here.*ask an owner/);
  assert.match(providerFailure("unavailable") ?? "", /does not answer/);
  for (const odd of ["Call 555 for help", "constructor"])
    assert.match(providerFailure(odd) ?? "", /^The sign-in with the provider failed\./);
});
