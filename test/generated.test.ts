import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { z } from "zod";
import { kinds } from "#api/kinds.ts";
import { generatedFiles } from "#tools/generated-files.ts";
import { manifestText } from "#tools/dependency-manifest.ts";
import { schemaFields } from "#tools/schema-fields.ts";

for (const file of generatedFiles) {
  test(`${file.path} is what its source says`, async () => {
    const committed = readFileSync(new URL(`../${file.path}`, import.meta.url), "utf8");
    assert.equal(committed, await file.generate(), "run `npm run generate` and commit the result");
  });
}

test("a dependency without a reason is refused by name", () => {
  const lock = { packages: { "": { dependencies: { "left-pad": "1.0.0" } } } };
  assert.throws(() => manifestText(JSON.stringify(lock)), /no reason for \[left-pad\]/);
});

test("fields inside lists, maps and objects are listed by their path", () => {
  const text = { type: "string", maxLength: 9 };
  const schema = {
    type: "object",
    properties: {
      name: { ...text, description: "Its name" },
      members: { type: "array", items: { type: "object", properties: { role: { enum: ["a", "b"] } } } },
      quotas: { type: "object", additionalProperties: { type: "integer", minimum: 0 } },
    },
    required: ["name"],
  };
  assert.deepEqual(
    schemaFields(schema).map(({ path, type, fallback, meaning }) => [path, type, fallback, meaning]),
    [
      ["name", "string, at most 9 characters", "required", "Its name"],
      ["members", "list of object", "", ""],
      ["members[].role", '`"a"`, `"b"`', "", ""],
      ["quotas", "map to integer, at least 0", "", ""],
    ],
  );
});

test("every field of every kind says what it means", () => {
  const silent = [...kinds.values()].flatMap(({ kind, spec, status }) =>
    Object.entries({ spec, status }).flatMap(([part, schema]) =>
      schemaFields(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }))
        .filter(({ meaning }) => meaning === "")
        .map(({ path }) => `${kind}.${part}.${path}`),
    ),
  );
  assert.deepEqual(silent, [], "describe() is missing");
});
