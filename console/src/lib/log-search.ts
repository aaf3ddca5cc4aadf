import type { LogLine } from "#console/lib/log-buffer.ts";

export interface Search {
  readonly text: string;
  readonly matchCase: boolean;
}

/** Matches in one line that are marked; a line of a million spaces has no need for more. */
const maxMarks = 200;

/** Places of the lines that contain the text; all of none when nothing is searched. */
export function matchingLines(lines: readonly LogLine[], search: Search): readonly number[] {
  if (search.text === "") return [];
  const found: number[] = [];
  const wanted = fold(search.text, search);
  for (const [at, line] of lines.entries()) if (fold(line.plain, search).includes(wanted)) found.push(at);
  return found;
}

/** Where in a text the search is found: start and end of each match, without overlaps. */
export function matchesIn(text: string, search: Search): readonly (readonly [number, number])[] {
  if (search.text === "") return [];
  const folded = fold(text, search);
  // A letter that grows when folded (İ) would shift the places: then they are looked for as they are written.
  const same = folded.length === text.length;
  const hay = same ? folded : text;
  const wanted = same ? fold(search.text, search) : search.text;
  const found: (readonly [number, number])[] = [];
  for (let at = hay.indexOf(wanted); at !== -1 && found.length < maxMarks; at = hay.indexOf(wanted, at)) {
    found.push([at, at + wanted.length]);
    at += wanted.length;
  }
  return found;
}

/** The match after or before the one at `current`, around the end; 0 when there was none. */
export function stepMatch(count: number, current: number | undefined, by: 1 | -1): number {
  if (count === 0) return 0;
  if (current === undefined) return by === 1 ? 0 : count - 1;
  return (current + by + count) % count;
}

function fold(text: string, search: Search): string {
  return search.matchCase ? text : text.toLowerCase();
}
