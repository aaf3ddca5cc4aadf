import type { Call } from "#cli/declare.ts";
import { paintFor } from "#cli/output/paint.ts";
import { jsonText, yamlText } from "#cli/output/structured.ts";
import { renderTable, type Table } from "#cli/output/table.ts";
import { UsageError } from "#cli/usage-error.ts";

export const formats = ["table", "wide", "name", "json", "yaml"] as const;
export type Format = (typeof formats)[number];

/** The form of output that the words ask for. `--json` and `--yaml` are short for `-o json` and `-o yaml`. */
export function formatOf(call: Pick<Call, "flags">): Format {
  const { flags } = call;
  const asked = [
    flags.has("json") ? ("json" as const) : undefined,
    flags.has("yaml") ? ("yaml" as const) : undefined,
    flags.oneOf("output", formats),
  ].filter((format) => format !== undefined);
  if (asked.length > 1) throw new UsageError("two forms of output were asked for", "give one of them");
  return asked[0] ?? "table";
}

/** Prints `value` as JSON or YAML when that was asked for, else the text that `human` makes. */
export async function print(
  call: Call,
  value: unknown,
  human: () => string | Promise<string>,
): Promise<void> {
  const format = formatOf(call);
  if (format === "json") call.io.stdout(jsonText(value));
  else if (format === "yaml") call.io.stdout(await yamlText(value));
  else call.io.stdout(await human());
}

/** Prints rows; says on stderr that there are none, so that stdout stays empty for scripts. */
export async function printRows(call: Call, value: unknown, table: Table, none: string): Promise<void> {
  await print(call, value, () => {
    if (table.rows.length > 0) return tableText(call, table);
    call.io.stderr(`${none}\n`);
    return "";
  });
}

export function tableText(call: Call, table: Table, atLeast: readonly number[] = []): string {
  return renderTable(table, {
    headers: call.flags.has("headers"),
    paint: paintFor(call.io, "stdout"),
    atLeast,
  });
}
