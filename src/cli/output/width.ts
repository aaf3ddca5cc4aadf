/** Made when the first text that is not ASCII comes: the tables of Unicode cost 30 ms to load. */
const unicode = once(() => ({
  segmenter: new Intl.Segmenter("en", { granularity: "grapheme" }),
  // Ranges that terminals show two cells wide (Unicode's East_Asian_Width W and F, and emoji).
  wide: /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u,
  invisible: /^(\p{M}|\p{Cf})+$/u,
}));

/** Cells that `text` takes on a terminal; it holds no control characters (see `harmlessLine`). */
export function cellWidth(text: string): number {
  // Most text of tables is ASCII, one cell a character.
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  const { segmenter, wide, invisible } = unicode();
  let cells = 0;
  for (const { segment } of segmenter.segment(text)) {
    if (!invisible.test(segment)) cells += wide.test(segment) ? 2 : 1;
  }
  return cells;
}

/** `text` and spaces up to `cells`. */
export function padToCells(text: string, cells: number): string {
  return text + " ".repeat(Math.max(0, cells - cellWidth(text)));
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
