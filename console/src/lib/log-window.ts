import type { LogLine } from "#console/lib/log-buffer.ts";

/** A line longer than this many rows is cut off by the eye long before. */
const maxRowsOfLine = 400;

/**
 * How many rows stand above each line, and after the last one, all of them. `columns` is how many characters fit in a
 * row; undefined when lines are not wrapped.
 */
export function estimateRows(lines: readonly LogLine[], columns: number | undefined): readonly number[] {
  const offsets: number[] = [0];
  let rows = 0;
  for (const { plain } of lines) {
    rows +=
      columns === undefined ? 1 : Math.min(maxRowsOfLine, Math.max(1, Math.ceil(plain.length / columns)));
    offsets.push(rows);
  }
  return offsets;
}

/** Which lines are within the view and a margin around it. A `top` beyond the end means the end. */
export function windowOf(
  offsets: readonly number[],
  rowPx: number,
  top: number,
  height: number,
  margin: number,
): { readonly from: number; readonly to: number } {
  const all = offsets.length - 1;
  const total = (offsets.at(-1) ?? 0) * rowPx;
  const start = Math.min(top, Math.max(0, total - height));
  const from = lineAt(offsets, (start - margin) / rowPx);
  const to = Math.min(all, lineAt(offsets, (start + height + margin) / rowPx) + 1);
  return { from: Math.min(from, Math.max(0, all - 1)), to };
}

/** The last line that begins at this row or above. */
function lineAt(offsets: readonly number[], row: number): number {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
