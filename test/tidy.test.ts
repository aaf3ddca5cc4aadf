import assert from "node:assert/strict";
import { test } from "node:test";
import { rules } from "#test/tidy/rules.ts";
import { violationText } from "#test/tidy/source.ts";
import { readTree } from "#test/tidy/tree.ts";

const files = readTree(new URL("..", import.meta.url).pathname);

test("tidy reads the whole tree", () => {
  for (const path of ["src/lib/clock.ts", "test/tidy.test.ts", "package.json", "README.md"])
    assert.ok(
      files.some((file) => file.path === path),
      `${path} is not among the ${files.length} files read`,
    );
});

for (const [sentence, rule] of Object.entries(rules)) {
  test(sentence, () => {
    const violations = rule(files);
    assert.equal(violations.length, 0, `\n${violations.map(violationText).join("\n")}\n`);
  });
}
