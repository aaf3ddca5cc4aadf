import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { nameSchema } from "#api/names.ts";
import { VdcError } from "#api/errors.ts";
import {
  emptyProjectForm,
  formOfProject,
  labelsOfText,
  mergeForms,
  projectOfForm,
  suggestName,
} from "#console/lib/project-form.ts";

const count = fc.option(fc.integer({ min: 0, max: 2 ** 40 }), { nil: undefined });

test("a form made from a project and not touched asks for the same project", () => {
  const quotas = fc.record(
    { resources: count, instances: count, cpuMillicores: count, memoryBytes: count, storageBytes: count },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(quotas, (limits) => {
      const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
      const project = {
        name: "shop",
        labels: { tier: "web", plain: "" },
        spec: { title: "Shop", description: "", members: [], quotas: given },
      };
      assert.deepEqual(projectOfForm(formOfProject(project), []), project);
    }),
  );
});

test("wrong fields are named as the form knows them, all at once", () => {
  const form = {
    ...emptyProjectForm,
    name: "Shop!",
    labels: "ok=1, bad key=2",
    quotas: { ...emptyProjectForm.quotas, memoryBytes: "much", instances: "-1", resources: "many" },
  };
  assert.throws(
    () => projectOfForm(form, []),
    (error) => {
      assert.ok(error instanceof VdcError);
      assert.deepEqual([...new Set(error.fields.map((field) => field.path))].toSorted(), [
        "labels",
        "name",
        "quotas.instances",
        "quotas.memoryBytes",
        "quotas.resources",
      ]);
      return true;
    },
  );
});

test("labels are read from text, with and without values", () => {
  assert.deepEqual(labelsOfText(" a=1, b , c=x=y,"), { a: "1", b: "", c: "x=y" });
});

test("every suggested name is a name, or nothing", () => {
  assert.equal(suggestName("Café Größe — Ünïted"), "cafe-gro-e-united");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 100 }), (title) => {
      const name = suggestName(title);
      assert.ok(name === "" || nameSchema.safeParse(name).success);
    }),
  );
});

test("a merge keeps what I typed and takes theirs for the rest", () => {
  const base = { ...emptyProjectForm, title: "old", description: "old" };
  const mine = { ...base, title: "mine", quotas: { ...base.quotas, instances: "5" } };
  const theirs = {
    ...base,
    title: "theirs",
    description: "theirs",
    quotas: { ...base.quotas, resources: "9" },
  };
  assert.deepEqual(mergeForms(base, mine, theirs), {
    ...base,
    title: "mine",
    description: "theirs",
    quotas: { ...base.quotas, instances: "5", resources: "9" },
  });
});
