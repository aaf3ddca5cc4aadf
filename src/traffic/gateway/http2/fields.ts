import { fieldValue } from "../http1/request-head.ts";

/** What HTTP/2 has no place for; an answer's fields hold none of them, but a session would throw for one. */
const ofConnections: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "te",
  "http2-settings",
]);

/** Lines `Name: value`, each ended by CRLF, as names in lower case and values in turns, after what stands in `section`. */
export function addFields(section: string[], fields: string): string[] {
  for (let at = 0; at < fields.length;) {
    const end = fields.indexOf("\r\n", at);
    if (end === -1) return section;
    const colon = fields.indexOf(":", at);
    const name = fields.slice(at, colon).toLowerCase();
    if (!ofConnections.has(name)) section.push(name, fieldValue(fields, colon, end));
    at = end + 2;
  }
  return section;
}

/** As an object, for the two places where a session takes no list. */
export function fieldsObject(fields: string): Record<string, string | string[]> {
  const section = addFields([], fields);
  const object: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>; // names come from outside
  for (let at = 0; at + 1 < section.length; at += 2) {
    const [name = "", text = ""] = section.slice(at, at + 2);
    const before = object[name];
    object[name] = before === undefined ? text : [...(Array.isArray(before) ? before : [before]), text];
  }
  return object;
}

/** Names and values in turns, as lines. Undefined when one of them could be read as more than a line. */
export function fieldLines(section: readonly string[]): string | undefined {
  let lines = "";
  for (let at = 0; at + 1 < section.length; at += 2) {
    const line = `${section[at] ?? ""}: ${section[at + 1] ?? ""}`;
    if (/[\r\n\0]/.test(line)) return undefined;
    lines += `${line}\r\n`;
  }
  return lines;
}
