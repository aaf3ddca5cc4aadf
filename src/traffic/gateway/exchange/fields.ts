/** Header lines as one text: `Name: value`, each ended by CRLF. These are for the few routes that look at headers at all. */

/** Value of a header; several lines of the name are joined with ", ". `name` is lower case. */
export function valueOf(fields: string, name: string): string | undefined {
  let value: string | undefined;
  for (let at = 0; at < fields.length;) {
    const end = fields.indexOf("\r\n", at);
    const colon = at + name.length;
    if (fields.charCodeAt(colon) === 58 && fields.slice(at, colon).toLowerCase() === name) {
      const own = fields.slice(colon + 1, end).trim();
      value = value === undefined ? own : `${value}, ${own}`;
    }
    at = end + 2;
  }
  return value;
}

/** The lines without those of the given names, lower case. */
export function withoutLines(fields: string, names: ReadonlySet<string>): string {
  let kept = "";
  for (let at = 0; at < fields.length;) {
    const end = fields.indexOf("\r\n", at) + 2;
    if (!names.has(fields.slice(at, fields.indexOf(":", at)).toLowerCase())) kept += fields.slice(at, end);
    at = end;
  }
  return kept;
}
