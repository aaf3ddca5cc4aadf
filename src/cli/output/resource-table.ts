import type { KindDefinition } from "#api/kind.ts";
import type { Resource } from "#api/resource.ts";
import { fieldValue } from "#api/selectors.ts";
import type { Cell, Table } from "#cli/output/table.ts";
import { ageText, bytesText } from "#cli/output/units.ts";
import type { Json } from "#lib/json.ts";

/** What `vdc get` shows of resources of one kind; `wide` adds what people look at less often. */
export function resourceTable(
  kind: KindDefinition,
  resources: readonly Resource[],
  options: { readonly nowMs: number; readonly wide: boolean; readonly withProject: boolean },
): Table {
  const wideHeaders = options.wide ? ["LABELS", "GENERATION", "REVISION", "ID"] : [];
  return {
    headers: [
      ...(options.withProject ? ["PROJECT"] : []),
      "NAME",
      ...kind.columns.map((column) => column.header),
      ...wideHeaders,
    ],
    rows: resources.map((resource) => [
      ...(options.withProject ? [resource.project ?? ""] : []),
      resource.name,
      ...kind.columns.map((column) => columnCell(resource, column, options.nowMs)),
      ...(options.wide ? wideCells(resource) : []),
    ]),
  };
}

function wideCells(resource: Resource): readonly string[] {
  return [labelsText(resource.labels), String(resource.generation), String(resource.revision), resource.id];
}

export function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

function columnCell(resource: Resource, column: KindDefinition["columns"][number], nowMs: number): Cell {
  const value = columnValue(resource, column.path);
  const text = columnText(value, column.format, nowMs);
  // What is on its way out looks active in its status until the owner has noticed.
  if (column.path === "status.phase" && resource.deletingSince !== undefined)
    return { text: "deleting", colour: "yellow" };
  return { text };
}

/** A column may show one item of a list: `status.urls.0`. Selectors cannot, so their reading of paths is not asked for it. */
function columnValue(resource: Resource, path: string): Json | undefined {
  const [, list, at] = /^(.+)\.(\d{1,4})$/.exec(path) ?? [];
  if (list === undefined) return fieldValue(resource, path);
  const items = fieldValue(resource, list);
  return Array.isArray(items) ? items[Number(at)] : undefined;
}

function columnText(
  value: Json | undefined,
  format: "count" | "bytes" | "age" | undefined,
  nowMs: number,
): string {
  if (format === "count") return String(Array.isArray(value) ? value.length : 0);
  if (value === undefined || value === null) return "";
  if (format === "bytes" && typeof value === "number") return bytesText(value);
  if (format === "age" && typeof value === "string") return ageText(value, nowMs);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
