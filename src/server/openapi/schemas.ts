import { z } from "zod";
import { assert } from "#lib/assert.ts";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "#lib/json.ts";

/** Any JSON: zod prints it anew, under a made-up name, wherever it is used. */
const anyJson = "Json";

/** Turns zod schemas into JSON Schema 2020-12 and gathers the named ones as components. */
export class SchemaCollector {
  readonly #components = new Map<string, JsonObject>();

  /** `input`: what callers send. `output`: what we answer, with every default filled in. */
  of(schema: z.ZodType, io: "input" | "output"): JsonObject {
    const { $schema: _, $defs, ...body } = z.toJSONSchema(schema, { io, unrepresentable: "any", override });
    const names = new Map<string, string>();
    // zod's result is JSON; its type only names the members.
    const definitions = Object.entries(($defs ?? {}) as unknown as Record<string, JsonObject>);
    for (const [id] of definitions) names.set(id, id.startsWith("__schema") ? anyJson : id);
    for (const [id, definition] of definitions) {
      const { $schema: __, id: ___, ...rest } = definition;
      this.#add(names.get(id) ?? id, rewrittenObject(rest, names));
    }
    return rewrittenObject(withoutId(body as unknown as JsonObject), names); // JSON by zod's promise
  }

  components(): JsonObject {
    return Object.fromEntries([...this.#components].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  #add(name: string, schema: JsonObject): void {
    const known = this.#components.get(name);
    assert(
      known === undefined || canonicalJson(known) === canonicalJson(schema),
      `one name means one schema: ${name}`,
    );
    this.#components.set(name, schema);
  }
}

/** Leaves out what the reader knows already: the calendar as a pattern beside `date-time`, and that integers are safe ones. */
function override({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

function withoutId({ id: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

function rewrittenObject(value: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  const object = rewritten(value, names);
  assert(isJsonObject(object), "an object stays one");
  return object;
}

/** References to `$defs` become references to components. */
function rewritten(value: Json | undefined, names: ReadonlyMap<string, string>): Json | undefined {
  if (Array.isArray(value)) return value.map((item: Json) => rewritten(item, names) ?? null);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === "$ref" && typeof member === "string"
        ? reference(member, names)
        : rewritten(member as Json, names), // members of JSON are JSON
    ]),
  );
}

function reference(ref: string, names: ReadonlyMap<string, string>): string {
  const id = /^#\/\$defs\/(.+)$/.exec(ref)?.[1];
  assert(id !== undefined, `a reference inside one schema: ${ref}`);
  return `#/components/schemas/${names.get(id) ?? id}`;
}
