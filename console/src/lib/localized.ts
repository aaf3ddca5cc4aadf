/** A text of a package: one for all, or one in each language. */
export type Localized = string | Readonly<Record<string, string>>;

/**
 * The text in the best of the reader's languages (BCP 47, best first), by lookup as RFC 4647 section 3.4 has it: `de-AT` is satisfied
 * by `de`. Else English, else the first that there is.
 */
export function localized(text: Localized | undefined, languages: readonly string[]): string {
  if (text === undefined) return "";
  if (typeof text === "string") return text;
  const byTag = new Map(Object.entries(text).map(([tag, value]) => [tag.toLowerCase(), value]));
  for (const language of [...languages, "en"]) {
    for (let tag = language.toLowerCase(); tag !== ""; tag = shorter(tag)) {
      const found = byTag.get(tag);
      if (found !== undefined) return found;
    }
  }
  return [...byTag.values()][0] ?? "";
}

function shorter(tag: string): string {
  return tag.slice(0, Math.max(0, tag.lastIndexOf("-")));
}

/** In the languages of this browser. */
export function inReadersLanguage(text: Localized | undefined): string {
  return localized(text, navigator.languages);
}
