import { neverNamed } from "./field-names.ts";
import type { RuleName } from "./rules.ts";

/** What the Connection lines of a message say (RFC 9110 section 7.6.1). One object for all messages of a reader. */
export interface ConnectionValue {
  close: boolean;
  keepAlive: boolean;
  upgrade: boolean;
  /** Further headers that it names, lower case, each to be removed. Empty nearly always. */
  named: string[];
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Adds one line's value. */
export function readConnection(value: string, into: ConnectionValue): RuleName | undefined {
  if (value === "keep-alive" || value === "Keep-Alive") {
    into.keepAlive = true;
    return undefined;
  }
  if (value === "close") {
    into.close = true;
    return undefined;
  }
  for (const part of value.toLowerCase().split(",")) {
    const name = part.trim();
    if (name === "") continue; // empty elements are legal in lists (RFC 9110 section 5.6.1.2)
    if (!token.test(name)) return "connection-value";
    if (name === "close") into.close = true;
    else if (name === "keep-alive") into.keepAlive = true;
    else if (name === "upgrade") into.upgrade = true;
    else if (neverNamed.has(name)) return "connection-names";
    else into.named.push(name);
  }
  return undefined;
}

/** The lines without those that Connection named. Rare, so it may be slow. */
export function withoutNamed(fields: string, named: readonly string[]): string {
  let kept = "";
  for (let at = 0; at < fields.length;) {
    const end = fields.indexOf("\r\n", at) + 2;
    const name = fields.slice(at, fields.indexOf(":", at)).toLowerCase();
    if (!named.includes(name)) kept += fields.slice(at, end);
    at = end;
  }
  return kept;
}
