/** Characters that may not stand in text as they are: markup, quotes, and what XML 1.0 does not know. */
// eslint-disable-next-line no-control-regex -- control characters are what this finds: object keys may hold them.
const special = /[&<>"\u0000-\u001f\ufffe\uffff]/;
// eslint-disable-next-line no-control-regex -- as above.
const everySpecial = /[&<>"\u0000-\u001f\ufffe\uffff]/g;
const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/**
 * Text for an element. Control characters become numeric references, as S3 writes them: `&#x1;` is not XML 1.0, but a key that holds it could not be shown at
 * all otherwise; clients that meet such keys ask for `encoding-type=url`.
 */
export function escapeXml(text: string): string {
  // Nearly every key needs nothing; one look is much cheaper than a replacement.
  if (!special.test(text)) return text;
  return text.replace(
    everySpecial,
    (character) => named[character] ?? `&#x${character.charCodeAt(0).toString(16)};`,
  );
}

/** `encoding-type=url`: percent-encoded UTF-8, slashes kept. */
export function urlEncode(text: string): string {
  return encodeURIComponent(text).replaceAll("%2F", "/");
}
