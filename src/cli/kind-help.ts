import { z } from "zod";
import type { KindDefinition } from "#api/kind.ts";
import type { KindRegistry } from "#api/kinds.ts";
import { renderTable } from "#cli/output/table.ts";
import { yamlText } from "#cli/output/structured.ts";

/** The keywords of JSON Schema that the kinds' schemas become. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
}

/** What `vdc help kinds` prints. */
export function kindsText(kinds: KindRegistry): string {
  const rows = [...kinds.values()].map((kind) => [
    kind.plural,
    kind.shortNames.join(","),
    kind.scope === "center" ? "data center" : "project",
    kind.description,
  ]);
  return renderTable({ headers: ["KIND", "SHORT", "LIVES IN", "WHAT IT IS"], rows }, { headers: true });
}

/** What `vdc help projects` prints: the fields of the kind's spec and a document to begin with, from its schema. */
export async function kindText(kind: KindDefinition): Promise<string> {
  const schema: Schema = z.toJSONSchema(kind.spec, { io: "input", unrepresentable: "any" }) as Schema; // the keywords above are among those it makes
  const fields = renderTable(
    { headers: ["FIELD", "TYPE", "DEFAULT", "MEANING"], rows: fieldRows(schema, "spec") },
    { headers: true },
  );
  const { name, project, spec } = kind.example;
  const document = { kind: kind.kind, ...(project === undefined ? {} : { project }), name, spec };
  const names = [kind.plural, kind.kind, ...kind.shortNames].join(", ");
  const body = [fields, "Example:", indented(await yamlText(document))].join("\n");
  return `${kind.title}: ${kind.description}.\nNames: ${names}\n\n${body}`;
}

/** One row a field, those inside lists and objects under their path. The depth is that of our own schemas. */
function fieldRows(schema: Schema, path: string): readonly (readonly string[])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = `${path}.${name}`;
    const isRequired = schema.required?.includes(name) === true;
    const fallback = isRequired
      ? "required"
      : field.default === undefined
        ? ""
        : JSON.stringify(field.default);
    const row = [at, typeText(field), fallback, field.description ?? ""];
    return [
      row,
      ...fieldRows(field, at),
      ...(field.items === undefined ? [] : fieldRows(field.items, `${at}[]`)),
    ];
  });
}

function typeText(field: Schema): string {
  if (field.enum !== undefined) return field.enum.map(String).join("|");
  if (field.items !== undefined) return `list of ${typeText(field.items)}`;
  return field.type ?? "any";
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
