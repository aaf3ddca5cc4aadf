import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { safeReturnTo } from "#control/auth/return-to.ts";

describe("the address to return to", () => {
  test("is kept when it is a path of this site", () => {
    for (const path of ["/", "/projects", "/projects/shop?tab=members#top", "/a//b", "/%2F%2Fx"])
      assert.equal(safeReturnTo(path), path);
  });

  test("is the front page for everything that a browser might take for another site", () => {
    const evil = [
      "//evil.example",
      "/\\evil.example",
      "\\\\evil.example",
      "/\t/evil.example",
      "/\n/evil.example",
      "https://evil.example",
      "javascript:alert(1)",
      "/.//evil.example",
      "/a/..//evil.example",
      "/..//evil.example",
      "/%2e//evil.example",
      " //evil.example",
      "",
      "projects",
      `/${"x".repeat(600)}`,
    ];
    for (const text of evil) assert.equal(safeReturnTo(text), "/", JSON.stringify(text));
  });

  test("never leaves the site, whatever is asked for", () => {
    const piece = fc.constantFrom("/", "\\", ".", "..", "evil.example", ":", "@", "?", "#", "%2f", "\t", "a");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const base = "https://vdc.test";
        assert.equal(new URL(safeReturnTo(pieces.join("")), base).origin, base);
      }),
      { numRuns: 2000 },
    );
  });
});
