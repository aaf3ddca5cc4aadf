/**
 * Whether `text` matches `pattern`, in which `*` stands for any characters and `?` for one. Only the last `*` is ever tried again, so that the
 * time is at most the product of the lengths: no pattern blows up.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let at = 0;
  let position = 0;
  let star = -1;
  let resume = 0;
  while (position < text.length) {
    const expected = pattern[at];
    if (expected === "*") {
      star = at;
      resume = position;
      at += 1;
    } else if (expected !== undefined && (expected === "?" || expected === text[position])) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      position = resume;
    } else return false;
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}
