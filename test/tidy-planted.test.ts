import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { planted, type Planted } from "#test/tidy/planted.ts";
import { rules } from "#test/tidy/rules.ts";
import { fileSizeRule, functionSizeRule, ratchetRule } from "#test/tidy/size-rules.ts";
import { source, violationText, type Source } from "#test/tidy/source.ts";
import { readTree } from "#test/tidy/tree.ts";

const ownManifest = JSON.stringify({
  imports: { "#console/*": "./console/src/*", "#test/*": "./test/*", "#*": "./src/*" },
});

test("every rule of the tidy test has violations planted against it", () => {
  const unproved = Object.keys(rules).filter(
    (sentence) => !planted.some((each) => each.sentence === sentence),
  );
  assert.deepEqual(unproved, [], "a rule that was never seen to fail proves nothing");
});

for (const each of planted) {
  test(`tidy finds ${each.what}`, () => {
    const rule = rules[each.sentence];
    assert.ok(rule, `there is a rule '${each.sentence}'`);
    const found = rule(treeOf(each)).map(violationText);
    assert.equal(found.length, each.at.length, `found: ${found.join("; ")}`);
    for (const place of each.at)
      assert.ok(
        found.some((text) => text.startsWith(`${place}: [`) && each.says.test(text)),
        `${place} with ${each.says} among: ${found.join("; ")}`,
      );
  });
}

test("a ratchet holds a long file at its size, refuses growth and asks to be lowered", () => {
  const held = { "src/lib/long.ts": 700 };
  const at = (lines: number) =>
    fileSizeRule(
      [source("src/lib/long.ts", "export const x = 1;\n".repeat(1) + "\n".repeat(lines - 1))],
      held,
    );
  assert.deepEqual(at(700), []);
  assert.match(at(701)[0]?.message ?? "", /only shrinks/);
  assert.match(at(650)[0]?.message ?? "", /lower the ratchet to 650/);
  assert.match(at(600)[0]?.message ?? "", /take 'src\/lib\/long.ts' out/);
});

test("a ratchet holds a long function by its name, and one for nothing is found", () => {
  const files = [source("src/lib/a.ts", `export function long() {\n${"  step();\n".repeat(78)}}\n`)];
  assert.deepEqual(functionSizeRule(files, { "src/lib/a.ts#long": 80 }), []);
  assert.match(functionSizeRule(files, { "src/lib/a.ts#long": 79 })[0]?.message ?? "", /was 79/);
  assert.match(ratchetRule(files, { "src/lib/a.ts#gone": 80 })[0]?.message ?? "", /#gone' is gone/);
});

test("violations in a real folder are found at their file and line", () => {
  const root = mkdtempSync(join(tmpdir(), "vdc-tidy-"));
  try {
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    write("package.json", ownManifest);
    write("src/lib/late.ts", "// Sleeps.\nexport const wait = () => setTimeout(() => undefined, 5);\n");
    write("console/dist/built.ts", "export default setTimeout;\n");
    const files = readTree(root);
    assert.deepEqual(
      files.map((file) => file.path),
      ["package.json", "src/lib/late.ts"],
    );
    const found = rules["time, chance and the machine are reached only through ports"]?.(files) ?? [];
    assert.deepEqual(
      found.map(violationText).map((text) => text.split("; ")[0]),
      ["src/lib/late.ts:2: [banned-calls] setTimeout is not used here"],
    );
  } finally {
    rmSync(root, { recursive: true });
  }
});

function treeOf(each: Planted): readonly Source[] {
  const files = { "package.json": ownManifest, ...each.files };
  return Object.entries(files).map(([path, text]) => source(path, text));
}
