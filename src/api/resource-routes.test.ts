import assert from "node:assert/strict";
import { test } from "node:test";
import { gadgetKind, widgetKind } from "#test/support/widget-kind.ts";
import { kindRegistry } from "./kinds.ts";
import { machineKind } from "./kinds/machine.ts";
import { allResourceRoutes, collectionPath, resourceRoutes, resourceVerbs } from "./resource-routes.ts";

const registry = kindRegistry([machineKind, widgetKind, gadgetKind]);

test("a kind's routes are made once: asking again gives the same objects", () => {
  assert.equal(resourceRoutes(widgetKind), resourceRoutes(widgetKind));
  assert.notEqual(resourceRoutes(widgetKind).get, resourceRoutes(gadgetKind).get);
  for (const { kind, verb, route } of allResourceRoutes(registry))
    assert.equal(route, resourceRoutes(kind)[verb]);
});

test("a kind of the data center lies under its plural, one of a project under the project", () => {
  assert.equal(collectionPath(machineKind), "/v1/machines");
  assert.equal(collectionPath(widgetKind), "/v1/projects/{project}/widgets");
  const lines = resourceVerbs.map((verb) => {
    const { method, path } = resourceRoutes(widgetKind)[verb];
    return `${method} ${path}`;
  });
  const one = "/v1/projects/{project}/widgets/{name}";
  assert.deepEqual(lines, [
    "GET /v1/projects/{project}/widgets",
    `GET ${one}`,
    `PUT ${one}`,
    `PATCH ${one}`,
    `DELETE ${one}`,
  ]);
});

test("a route's parameters are exactly those of its path, and each must be a name", () => {
  for (const { route } of allResourceRoutes(registry)) {
    const params = Array.from(route.path.matchAll(/\{(\w+)\}/g), ([, name]) => name ?? "");
    const named = (value: string) => Object.fromEntries(params.map((name) => [name, value]));
    assert.ok(route.params.safeParse(named("shop")).success, route.id);
    assert.ok(!route.params.safeParse({ ...named("shop"), another: "x" }).success, route.id);
    if (params.length > 0)
      for (const wrong of ["..", "Shop", "a/b"])
        assert.ok(!route.params.safeParse(named(wrong)).success, route.id);
  }
});

test("a verb asks for the right that its kind names for it", () => {
  const { access } = widgetKind;
  const routes = resourceRoutes(widgetKind);
  assert.deepEqual(
    resourceVerbs.map((verb) => routes[verb].access),
    [access.list, access.view, access.change, access.change, access.delete],
  );
});

test("only what changes something takes dryRun, and only what brings a spec takes a body", () => {
  const routes = resourceRoutes(widgetKind);
  for (const verb of resourceVerbs) {
    const takesDryRun = routes[verb].query.safeParse({ dryRun: "true" }).success;
    assert.equal(takesDryRun, ["apply", "patch", "delete"].includes(verb), verb);
    const bodies = { apply: "application/json", patch: "application/merge-patch+json" };
    assert.equal(
      routes[verb].bodyType,
      Object.entries(bodies).find(([name]) => name === verb)?.[1] ?? "none",
    );
  }
  assert.ok(!routes.apply.query.safeParse({ dryRun: "perhaps" }).success);
});

test("the body of an apply is the kind's own spec, of a patch any members that may become null", () => {
  const { apply, patch } = resourceRoutes(widgetKind);
  assert.ok(apply.body.safeParse({ spec: { title: "x" } }).success);
  for (const wrong of [{ spec: { titel: "x" } }, {}, { spec: {}, status: {} }])
    assert.ok(!apply.body.safeParse(wrong).success);
  assert.ok(patch.body.safeParse({ labels: { app: null }, spec: { title: null } }).success);
  assert.ok(!patch.body.safeParse({ status: {} }).success);
});
