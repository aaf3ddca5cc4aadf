import type { FieldChange } from "#api/diff.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import type { Paint } from "#cli/output/paint.ts";

/** A unified diff by fields: `-` is what is now, `+` what would be. Empty for no change. */
export function diffText(
  title: { readonly before: string; readonly after: string },
  changes: readonly FieldChange[],
  paint: Paint,
): string {
  if (changes.length === 0) return "";
  const lines = [
    paint("bold", `--- ${harmlessLine(title.before)}`),
    paint("bold", `+++ ${harmlessLine(title.after)}`),
    ...changes.flatMap((change) => changeLines(change, paint)),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

export function changeLines(change: FieldChange, paint: Paint): readonly string[] {
  const path = harmlessLine(change.path);
  const line = (sign: string, value: unknown) =>
    `${sign} ${path}: ${harmlessLine(JSON.stringify(value) ?? "null")}`;
  return [
    ...(change.op === "add" ? [] : [paint("red", line("-", change.before))]),
    ...(change.op === "remove" ? [] : [paint("green", line("+", change.after))]),
  ];
}
