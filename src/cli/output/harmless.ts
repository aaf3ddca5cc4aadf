/**
 * Text of the server is data of strangers: a title may hold `\x1b]0;…`, and a terminal would obey it. These
 * characters steer terminals or turn the reading order around: C0, DEL, C1, line separators, and the
 * bidirectional and invisible format characters (CVE-2021-42574).
 */
const steering = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** For one line of text: every steering character, line ends and tabs included, is shown as `\u001b`. */
export function harmlessLine(text: string): string {
  return text.replace(steering, escaped);
}

/** For text of several lines: line ends and tabs stay. */
export function harmlessText(text: string): string {
  return text.replace(steering, (character) =>
    character === "\n" || character === "\t" ? character : escaped(character),
  );
}

/** Whether a terminal would do something other than show this text. */
export function isSteering(text: string): boolean {
  return text.search(steering) >= 0;
}

/** Also the form that JSON and double-quoted YAML read back as the character itself. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
