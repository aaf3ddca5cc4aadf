import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { gadgetKind, widgetKind } from "#test/support/widget-kind.ts";
import { projectAccess, type KindDefinition } from "./kind.ts";
import { kindRegistry, kinds } from "./kinds.ts";
import { nameSchema } from "./names.ts";
import { resourceSchema } from "./resource.ts";

/** The product's kinds, and those of tests, which live in projects. */
const all: readonly KindDefinition[] = [...kinds.values(), widgetKind, gadgetKind];

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

/** Whether a resource of the kind has a field of that path, by its JSON Schema. */
function hasField(kind: KindDefinition, path: string): boolean {
  const schema = z.toJSONSchema(resourceSchema(kind.spec, kind.status), { io: "output" });
  let node: SchemaNode | undefined = schema as SchemaNode; // of JSON Schema only these two are looked at
  for (const segment of path.split("."))
    node = /^\d+$/.test(segment) ? node?.items : node?.properties?.[segment];
  return node !== undefined;
}

test("every kind's example is one that its own schema takes, under names that are names", () => {
  for (const { kind, scope, spec, example } of all) {
    assert.ok(spec.safeParse(example.spec).success, kind);
    assert.ok(nameSchema.safeParse(example.name).success, kind);
    assert.equal(example.project !== undefined, scope === "project", kind);
  }
});

test("every kind's spec refuses a field that it does not know, and adds its defaults once", () => {
  for (const { kind, spec, example } of all) {
    assert.ok(!spec.safeParse({ ...example.spec, notAField: 1 }).success, kind);
    const whole = spec.parse(example.spec);
    assert.deepEqual(spec.parse(whole), whole, kind);
  }
});

test("every kind's first status, told or empty, is one that its status schema takes", () => {
  for (const { kind, status, initialStatus } of all) {
    assert.ok(status.safeParse(initialStatus ?? {}).success, kind);
    assert.ok(!status.safeParse({ notAField: 1 }).success, kind);
  }
});

test("the columns and guarded paths of every kind are fields that its resources have", () => {
  for (const kind of all) {
    for (const { path } of [...kind.columns, ...kind.guarded])
      assert.ok(hasField(kind, path), `${kind.kind}: ${path}`);
    assert.equal(new Set(kind.columns.map((column) => column.header)).size, kind.columns.length);
    assert.ok(!hasField(kind, "spec.notAField"));
  }
});

test("no word means two kinds: names, plurals and short names are all different", () => {
  const words = all.flatMap(({ kind, plural, shortNames }) => [kind, plural, ...shortNames]);
  assert.deepEqual(
    words.filter((word, at) => words.indexOf(word) !== at),
    [],
  );
  for (const word of words) assert.ok(nameSchema.safeParse(word).success, word);
});

test("every kind is found by its name", () => {
  for (const kind of all) assert.equal(kindRegistry(all).get(kind.kind), kind);
  assert.deepEqual(
    [...kinds.keys()],
    [
      "project",
      "machine",
      "package",
      "app",
      "release",
      "instance",
      "route",
      "certificate",
      "secret",
      "volume",
      "bucket",
      "key",
      "drive",
      "subscription",
      "plan",
    ],
  );
});

test("kinds of a project ask for a role in the project that their path names", () => {
  const rule = (role: string) => ({ rule: "project", role, param: "project" });
  const { list, view, ...writes } = projectAccess({ view: "viewer", write: "operator" });
  assert.deepEqual([list, view], [rule("viewer"), rule("viewer")]);
  for (const access of Object.values(writes)) assert.deepEqual(access, rule("operator"));
});
