/** How well a query fits a text, and which letters of the text it took. */
export interface FuzzyMatch {
  readonly score: number;
  readonly positions: readonly number[];
}

const maxQueryLength = 64;
const maxTextLength = 200;

/**
 * Every letter of the query in order somewhere in the text; undefined when one is missing. Letters that begin a
 * word and letters that follow each other count more, and shorter texts win between equals. The best placement is
 * found by dynamic programming, so `pro` takes the word `project` and not scattered letters before it.
 */
export function fuzzyMatch(query: string, text: string): FuzzyMatch | undefined {
  const wanted = query.toLowerCase().replaceAll(/\s+/g, "").slice(0, maxQueryLength);
  const letters = text.slice(0, maxTextLength);
  if (wanted === "") return { score: 0, positions: [] };
  const rows = placements(wanted, letters);
  const last = rows.at(-1) ?? [];
  let best = -1;
  for (const [at, cell] of last.entries()) {
    if (cell !== undefined && (best < 0 || cell.score > (last[best]?.score ?? 0))) best = at;
  }
  const end = last[best];
  if (end === undefined) return undefined;
  const positions: number[] = [];
  let column = best;
  for (let row = rows.length - 1; row >= 0; row -= 1) {
    positions.unshift(column);
    column = rows[row]?.[column]?.from ?? 0;
  }
  const typed = wordBonus * Number(beginsWord(query, letters));
  return { score: end.score + typed - letters.length / maxTextLength, positions };
}

/** More than scattered letters at the beginnings of words can win over the same letters in a row. */
const wordBonus = 10;

/** Whether the query stands in the text as it was typed, from the beginning of a word. */
function beginsWord(query: string, text: string): boolean {
  const at = text.toLowerCase().indexOf(query.trim().toLowerCase());
  return at >= 0 && startsWord(text, at);
}

interface Cell {
  readonly score: number;
  /** Column of the letter before. */
  readonly from: number;
}

function placements(wanted: string, text: string): readonly (readonly (Cell | undefined)[])[] {
  const lower = text.toLowerCase();
  const rows: (Cell | undefined)[][] = [];
  for (let row = 0; row < wanted.length; row += 1) {
    const before = rows[row - 1];
    const cells: (Cell | undefined)[] = [];
    let best: { readonly score: number; readonly at: number } | undefined;
    for (let at = 0; at < lower.length; at += 1) {
      const gap = before?.[at - 2];
      if (gap !== undefined && (best === undefined || gap.score > best.score))
        best = { score: gap.score, at: at - 2 };
      if (lower[at] !== wanted[row]) continue;
      cells[at] = cellAt(text, at, before, best);
    }
    rows.push(cells);
  }
  return rows;
}

function cellAt(
  text: string,
  at: number,
  before: readonly (Cell | undefined)[] | undefined,
  best: { readonly score: number; readonly at: number } | undefined,
): Cell | undefined {
  const own = 1 + (startsWord(text, at) ? 3 : 0);
  if (before === undefined) return { score: own - Math.min(at, 10) * 0.1, from: at };
  const next = before[at - 1];
  const adjacent = next === undefined ? undefined : { score: next.score + own + 2, from: at - 1 };
  const apart = best === undefined ? undefined : { score: best.score + own - 0.5, from: best.at };
  if (adjacent === undefined) return apart;
  return apart === undefined || adjacent.score >= apart.score ? adjacent : apart;
}

function startsWord(text: string, at: number): boolean {
  if (at === 0) return true;
  const before = text[at - 1] ?? "";
  return /[\s\-_./:]/.test(before) || (/[a-z]/.test(before) && /[A-Z]/.test(text[at] ?? ""));
}

/** The items that fit, best first; ties keep their order. */
export function fuzzyFilter<T>(
  query: string,
  items: readonly T[],
  textOf: (item: T) => string,
): readonly { readonly item: T; readonly match: FuzzyMatch }[] {
  return items
    .flatMap((item) => {
      const match = fuzzyMatch(query, textOf(item));
      return match === undefined ? [] : [{ item, match }];
    })
    .toSorted((a, b) => b.match.score - a.match.score);
}
