import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { kindRegistry, kinds } from "#api/kinds.ts";
import { VdcError } from "#api/errors.ts";
import { readDocuments } from "#cli/input/documents.ts";
import { yamlText } from "#cli/output/structured.ts";
import { widgetKind } from "#test/support/widget-kind.ts";

const registry = kindRegistry([...kinds.values(), widgetKind]);
const read = (text: string, project?: string) =>
  readDocuments([{ name: "a.yaml", text }], { kinds: registry, project, for: "apply" });

async function refusalOf(text: string, project?: string): Promise<string> {
  try {
    await read(text, project);
  } catch (error) {
    if (error instanceof VdcError)
      return [error.message, ...error.fields.map((one) => `${one.path}: ${one.message}`)].join("\n");
    throw error;
  }
  return "no refusal";
}

test("several documents of YAML and JSON are read, empty ones left out", async () => {
  const wanted = await read(
    '---\nkind: project\nname: a\nspec: {}\n---\n---\n{"kind":"project","name":"b","spec":{"title":"B"}}\n',
  );
  assert.deepEqual(
    wanted.map((one) => [one.key.name, one.origin, one.spec]),
    [
      ["a", "a.yaml:2", {}],
      ["b", "a.yaml:7", { title: "B" }],
    ],
  );
});

test("a project may come from the words, and one in the document wins", async () => {
  const [one] = await read("kind: widget\nname: a\nspec: {}\n", "shop");
  assert.deepEqual(one?.key, { kind: "widget", project: "shop", name: "a" });
  const [other] = await read("kind: widget\nproject: mall\nname: a\nspec: {}\n", "shop");
  assert.equal(other?.key.project, "mall");
});

test("every wrong field is named with its line and what was meant", async () => {
  const text = [
    "kind: project",
    "name: Not a name",
    "labls: {}",
    "spec:",
    "  titel: x",
    "  members:",
    "    - user: ada",
    "      role: boss",
    "---",
    "kind: projekt",
    "name: b",
    "---",
    "kind: widget",
    "name: lamp",
    "---",
    "just text",
  ].join("\n");
  const refusal = await refusalOf(text);
  for (const line of [
    "a.yaml:2: name: use 1 to 63 of",
    "a.yaml:3: labls: unknown field; did you mean 'labels'?",
    "a.yaml:5: spec.titel: unknown field; did you mean 'title'?",
    "a.yaml:8: spec.members[0].role: ",
    "a.yaml:10: kind: no kind is called 'projekt'; did you mean 'project'?",
    "a.yaml:13: project: ",
    "a.yaml:16: a document is a mapping",
  ])
    assert.ok(refusal.includes(line), `${line}\nis not in\n${refusal}`);
});

test("text that is not YAML is refused with its line", async () => {
  assert.match(
    await refusalOf("kind: project\nname: a\nname: b\nspec: {}\n"),
    /a\.yaml:3: a key is there twice/,
  );
  assert.match(await refusalOf("kind: project\n\tname: a\n"), /a\.yaml:2/);
  assert.match(await refusalOf("{"), /is not YAML or JSON/);
});

test("the same resource twice is refused, and so is nothing at all", async () => {
  const one = "kind: project\nname: a\nspec: {}\n";
  assert.match(await refusalOf(`${one}---\n${one}`), /a\.yaml:5: name: project\/a is in a\.yaml:1 too/);
  assert.match(await refusalOf("# nothing\n"), /no documents/);
});

test("deep nesting and bombs of aliases are refused, not run", async () => {
  assert.match(await refusalOf(`${"[".repeat(10_000)}${"]".repeat(10_000)}`), /nests deeper/);
  assert.match(
    await refusalOf(Array.from({ length: 5000 }, (_, at) => `${" ".repeat(at)}a:`).join("\n")),
    /nests deeper/,
  );
  const bomb = [
    "a: &a [x,x,x,x,x,x,x,x,x]",
    ..."bcdefgh".split("").map(
      (name, at) =>
        `${name}: &${name} [${Array(9)
          .fill(`*${"abcdefg"[at] ?? ""}`)
          .join(",")}]`,
    ),
  ];
  assert.match(await refusalOf(bomb.join("\n")), /too many aliases/);
});

test("any JSON object is read or refused by a VdcError, never by anything else", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.constantFrom("kind", "name", "spec", "labels", "project", "x"), fc.jsonValue()),
      async (value) => {
        const text = await yamlText(value);
        assert.notEqual(await refusalOf(text), "");
      },
    ),
    { numRuns: 200 },
  );
});
