import { harmlessLine } from "#cli/output/harmless.ts";
import { noPaint, type Colour, type Paint } from "#cli/output/paint.ts";
import { cellWidth, padToCells } from "#cli/output/width.ts";

export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}

export interface Table {
  readonly headers: readonly string[];
  readonly rows: readonly (readonly (string | Cell)[])[];
}

const gap = "  ";

/** Aligned columns, one line a row, no blanks at the ends of lines; an empty cell is shown as `-`. */
export function renderTable(
  table: Table,
  options: {
    readonly headers: boolean;
    readonly paint?: Paint;
    /** Widths that columns have at least: those of rows that were printed before. */
    readonly atLeast?: readonly number[];
  },
): string {
  const paint = options.paint ?? noPaint;
  const rows = table.rows.map((row) => row.map(shownCell));
  const heads = options.headers ? table.headers.map((text): Cell => ({ text, colour: "bold" })) : [];
  const lines = heads.length === 0 ? rows : [heads, ...rows];
  const widths = columnWidths(lines).map((width, at) => Math.max(width, options.atLeast?.[at] ?? 0));
  return lines.map((line) => `${renderLine(line, widths, paint)}\n`).join("");
}

/** Cells that each column takes. */
export function columnWidths(lines: readonly (readonly (string | Cell)[])[]): readonly number[] {
  const widths: number[] = [];
  for (const line of lines) {
    for (const [at, cell] of line.entries()) {
      widths[at] = Math.max(widths[at] ?? 0, cellWidth(shownCell(cell).text));
    }
  }
  return widths;
}

function renderLine(line: readonly Cell[], widths: readonly number[], paint: Paint): string {
  return line
    .map((cell, at) => {
      const last = at === line.length - 1;
      const padded = last ? cell.text : padToCells(cell.text, widths[at] ?? 0);
      const blanks = padded.slice(cell.text.length);
      return (cell.colour === undefined ? cell.text : paint(cell.colour, cell.text)) + blanks;
    })
    .join(gap);
}

function shownCell(cell: string | Cell): Cell {
  const given = typeof cell === "string" ? { text: cell } : cell;
  const text = harmlessLine(given.text).trimEnd();
  return { ...given, text: text === "" ? "-" : text };
}
