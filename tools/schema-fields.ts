/** One field of a JSON schema, by its path: `members[].role`, `quotas.*`. */
export interface SchemaField {
  readonly path: string;
  readonly type: string;
  /** The default as JSON, `required`, or empty. */
  readonly fallback: string;
  readonly meaning: string;
}

/** The keywords that our own schemas use (JSON Schema 2020-12). */
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly format?: string;
}

/** Every field of an object schema in the order of the schema, those inside others after them. */
export function schemaFields(schema: object): readonly SchemaField[] {
  return fieldsOf(schema, "");
}

function fieldsOf(schema: Schema, prefix: string): readonly SchemaField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    describeField(field, prefix + name, schema.required?.includes(name) ?? false),
    ...inside(field, prefix + name),
  ]);
}

function inside(field: Schema, path: string): readonly SchemaField[] {
  if (field.items !== undefined) return inside(field.items, `${path}[]`);
  const values = field.additionalProperties;
  if (typeof values === "object" && Object.keys(values).length > 0) return fieldsOf(values, `${path}.*.`);
  return fieldsOf(field, `${path}.`);
}

function describeField(field: Schema, path: string, required: boolean): SchemaField {
  const fallback =
    field.default === undefined ? (required ? "required" : "") : `\`${JSON.stringify(field.default)}\``;
  return { path, type: typeText(field), fallback, meaning: field.description ?? "" };
}

function typeText(field: Schema): string {
  if (field.enum !== undefined) return field.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``;
  if (field.anyOf !== undefined) return field.anyOf.map(typeText).join(" or ");
  if (field.items !== undefined)
    return `list of ${typeText(field.items)}${limit(", at most ", field.maxItems)}`;
  if (field.type === "object" && typeof field.additionalProperties === "object")
    return `map to ${typeText(field.additionalProperties)}`;
  return `${field.format ?? field.type ?? "any value"}${rangeText(field)}`;
}

function rangeText(field: Schema): string {
  const least = field.minimum ?? field.minLength;
  const most = field.maximum ?? field.maxLength;
  // Whole numbers are bounded by what JSON readers keep exactly; saying so in every row helps nobody.
  const known = (value: number | undefined) =>
    value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
  const unit = field.type === "string" ? " characters" : "";
  if (known(least) === undefined) return limit(", at most ", known(most), unit);
  return known(most) === undefined
    ? limit(", at least ", known(least), unit)
    : `, ${least} to ${most}${unit}`;
}

function limit(text: string, value: number | undefined, unit = ""): string {
  return value === undefined ? "" : text + value + unit;
}
