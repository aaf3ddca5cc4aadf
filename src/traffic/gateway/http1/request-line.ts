import { lf, space } from "./bytes.ts";
import { limits, type RuleName } from "./rules.ts";

export interface RequestLine {
  method: string;
  /** Origin form, or `*`. */
  target: string;
  /** Of a target in absolute form; else empty. */
  authority: string;
  /** HTTP/1.0. */
  isOld: boolean;
}

/** 1: may stand in a path; 2: only after the '?'. 0: nowhere. */
const targetClass = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if (byte <= 32 || byte >= 127 || '"<>#'.includes(character)) return 0;
  return character === "\\" ? 2 : 1;
});
const questionMark = 63;

/** Reads the line that begins at `from`; gives the place after its CR LF, or the rule that it breaks. */
export function readRequestLine(
  text: string,
  bytes: Uint8Array,
  from: number,
  end: number,
  into: RequestLine,
): number | RuleName {
  let i = from;
  while (isMethodByte(bytes[i] ?? 0)) i++;
  if (bytes[i] !== space) return bytes[i] === 0 ? "nul-byte" : "method";
  if (i - from > limits.methodBytes) return "method";
  into.method = text.slice(from, i);
  const targetFrom = ++i;
  let worst = 1;
  let isQuery = false;
  for (let byte = bytes[i] ?? 0; byte !== space; byte = bytes[++i] ?? 0) {
    const kind = targetClass[byte] ?? 0;
    if (kind === 0) return brokenTarget(byte, i - targetFrom);
    if (byte === questionMark) isQuery = true;
    else if (kind === 2 && !isQuery) worst = 2;
  }
  if (i - targetFrom > limits.targetBytes) return "target-length";
  if (worst === 2) return "target-byte";
  if (i === targetFrom) return "request-line";
  const next = readVersion(text, i + 1, end, into);
  if (typeof next === "string") return next;
  return readTarget(text.slice(targetFrom, i), into) ?? next;
}

function isMethodByte(byte: number): boolean {
  return (byte >= 65 && byte <= 90) || byte === 45 || byte === 95;
}

function brokenTarget(byte: number, length: number): RuleName {
  if (length > limits.targetBytes) return "target-length";
  if (byte === 0) return "nul-byte";
  if (byte === 35) return "target-fragment";
  if (byte === 13) return "request-line";
  return "target-byte";
}

function readVersion(text: string, at: number, end: number, into: RequestLine): number | RuleName {
  const isNew = text.startsWith("HTTP/1.1\r\n", at);
  if (isNew || text.startsWith("HTTP/1.0\r\n", at)) {
    into.isOld = !isNew;
    return at + 10;
  }
  const lineEnd = text.indexOf("\r\n", at);
  const version = text.slice(at, lineEnd === -1 ? end : lineEnd);
  if (/^HTTP\/[0-9]\.[0-9]$/.test(version)) return "version-unsupported";
  if (version.includes("\0")) return "nul-byte";
  if (version.includes("\r")) return "bare-cr";
  return version.includes(" ") || text.charCodeAt(at) === lf ? "request-line" : "version";
}

function readTarget(target: string, into: RequestLine): RuleName | undefined {
  into.target = target;
  into.authority = "";
  const { method } = into;
  if (method === "CONNECT") return "method-connect";
  if (method === "TRACE") return "method-trace";
  if (target.charCodeAt(0) === 47) return undefined;
  if (target === "*") return method === "OPTIONS" ? undefined : "target-form";
  const absolute = /^https?:\/\/([^/?]*)/i.exec(target);
  if (absolute?.[1] === undefined || absolute[1] === "") return "target-form";
  into.authority = absolute[1];
  const rest = target.slice(absolute[0].length);
  if (rest.startsWith("/")) into.target = rest;
  else into.target = rest === "" && method === "OPTIONS" ? "*" : `/${rest}`;
  return undefined;
}
