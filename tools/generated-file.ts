/** A file that is committed and made by a program: `npm run generate` writes it, `npm run check` compares it. */
export interface GeneratedFile {
  /** Relative to the repository. */
  readonly path: string;
  generate(): string | Promise<string>;
}

/** A table in Markdown. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => "---"), ...rows].map(tableRow).join("\n");
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map(cell).join(" | ")} |`;
}

/** Markdown reads `|` and line ends as the table's own. */
function cell(text: string): string {
  return text
    .replaceAll("|", String.raw`\|`)
    .replaceAll(/\s*\n\s*/g, " ")
    .trim();
}
