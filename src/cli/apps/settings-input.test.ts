import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "#cli/usage-error.ts";
import { readHosts, readSettings } from "./settings-input.ts";

const settings = {
  title: { type: "string", secret: false },
  items: { type: "integer", secret: false },
  ratio: { type: "number", secret: false },
  comments: { type: "boolean", secret: false },
  adminPassword: { type: "string", secret: true },
} as const;

test("values of settings have the types that the package says, and what it does not know stays text", () => {
  assert.deepEqual(
    readSettings(["title=A = B", "items=12", "ratio=0.5", "comments=false", "other=7", "empty="], settings),
    { title: "A = B", items: 12, ratio: 0.5, comments: false, other: "7", empty: "" },
  );
  assert.deepEqual(readSettings(["__proto__=x", "constructor=y"], settings), {
    ["__proto__"]: "x",
    constructor: "y",
  });
});

const wrong: readonly [word: string, message: RegExp][] = [
  ["items=1.5", /'items' takes a whole number, not '1\.5'/],
  ["items=", /'items' takes a whole number/],
  ["items=0x", /'items' takes a whole number/],
  ["ratio=many", /'ratio' takes a number/],
  ["ratio=Infinity", /'ratio' takes a number/],
  ["comments=yes", /'comments' takes true or false/],
  ["title", /--set takes KEY=VALUE/],
  ["=x", /--set takes KEY=VALUE/],
  ["adminPassword=hunter2", /is a secret: others could read it/],
];
for (const [word, message] of wrong)
  test(`the setting ${word} is refused with what would be right`, () => {
    assert.throws(
      () => readSettings([word], settings),
      (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, message);
        assert.doesNotMatch(`${error.message}${error.hint ?? ""}`, /hunter2/);
        return true;
      },
    );
  });

test("a setting that is given twice is refused", () => {
  assert.throws(() => readSettings(["title=a", "title=b"], settings), /given twice/);
});

test("hosts belong to routes, and a host alone to the only route there is", () => {
  assert.deepEqual(
    readHosts(["web=a.example.org", "web=b.example.org", "api=c.example.org"], ["web", "api"]),
    {
      web: ["a.example.org", "b.example.org"],
      api: ["c.example.org"],
    },
  );
  assert.deepEqual(readHosts(["a.example.org"], ["web"]), { web: ["a.example.org"] });
  assert.throws(() => readHosts(["a.example.org"], ["web", "api"]), /which route 'a\.example\.org' is for/);
});
