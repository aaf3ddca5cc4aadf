import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { kinds } from "#api/kinds.ts";
import { fixedRoutes } from "#api/routes.ts";
import type { Json, JsonObject } from "#lib/json.ts";
import { isJsonObject } from "#lib/json.ts";
import { openApiDocument } from "./document.ts";

const document = openApiDocument(kinds) as JsonObject;

test("the committed openapi.json is what the contract says", () => {
  const committed = readFileSync(join(import.meta.dirname, "../../../openapi.json"), "utf8");
  assert.deepEqual(JSON.parse(committed), document, "run `npm run generate` and commit the file");
});

test("every reference leads to something", () => {
  const references = [...walk(document)].flatMap(({ key, value }) =>
    key === "$ref" && typeof value === "string" ? [value] : [],
  );
  assert.ok(references.length > 100);
  for (const reference of new Set(references)) {
    let at: Json | undefined = document;
    for (const part of reference.replace(/^#\//, "").split("/")) at = isJsonObject(at) ? at[part] : undefined;
    assert.ok(isJsonObject(at), `${reference} exists`);
  }
});

test("every operation has an id of its own, its path's parameters, answers, and problem documents for its errors", () => {
  const ids: unknown[] = [];
  for (const [path, item] of Object.entries(document["paths"] as JsonObject)) {
    for (const [method, operation] of Object.entries(item as JsonObject)) {
      assert.match(method, /^(get|put|post|patch|delete)$/);
      const { operationId, parameters, responses, requestBody } = operation as Record<
        string,
        JsonObject & Json[]
      >; // by the specification
      ids.push(operationId);
      const inPath = (parameters ?? []).filter(
        (one) => isJsonObject(one) && one["in"] === "path",
      ) as JsonObject[];
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      assert.deepEqual(new Set(inPath.map((one) => one["name"])), new Set(named), path);
      assert.ok(inPath.every((one) => one["required"] === true));
      const statuses = Object.keys(responses ?? {});
      assert.ok(
        statuses.some((status) => /^(?:[23]|101$)/.test(status)),
        `${path} can succeed`,
      );
      assert.ok(statuses.includes("500"));
      if (method === "put" || method === "patch") assert.ok(requestBody !== undefined, path);
      for (const [status, answer] of Object.entries(responses ?? {})) {
        if (!/^[45]/.test(status)) continue;
        const { content } = answer as unknown as { content: JsonObject }; // checked by the next line
        assert.deepEqual(Object.keys(content), ["application/problem+json"]);
      }
    }
  }
  assert.equal(new Set(ids).size, ids.length);
  for (const id of Object.keys(fixedRoutes)) assert.ok(ids.includes(id), id);
});

test("the examples of kinds fit the schemas that they illustrate", () => {
  for (const kind of kinds.values()) assert.ok(kind.spec.safeParse(kind.example.spec).success, kind.kind);
});

test("every schema is JSON Schema that this document's dialect knows", () => {
  const types = ["object", "array", "string", "number", "integer", "boolean", "null"];
  for (const { key, value, parent } of walk(document)) {
    if (key === "type" && typeof value === "string" && ("properties" in parent || "items" in parent))
      assert.ok(types.includes(value), value);
    if (key === "required" && Array.isArray(value) && isJsonObject(parent["properties"]))
      for (const name of value) assert.ok(Object.hasOwn(parent["properties"], String(name)), String(name));
    assert.notEqual(key, "$defs");
    assert.notEqual(key, "$schema");
  }
});

function* walk(
  value: Json | undefined,
): Generator<{ readonly key: string; readonly value: Json | undefined; readonly parent: JsonObject }> {
  if (Array.isArray(value)) for (const item of value) yield* walk(item as Json);
  if (!isJsonObject(value)) return;
  for (const [key, member] of Object.entries(value)) {
    yield { key, value: member, parent: value };
    yield* walk(member);
  }
}
