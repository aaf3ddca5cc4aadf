import type { RequestHead } from "../exchange/client-side.ts";
import { RequestHeadReader } from "../http1/request-head.ts";
import { rules, type RuleName } from "../http1/rules.ts";

/** Rules that HTTP/2 adds to those of a head in HTTP/1.1 (RFC 9113 section 8). */
export const http2Rules = {
  "pseudo-header": [
    400,
    "A request has :method, :scheme, :path and :authority once, and no other pseudo-header.",
  ],
  scheme: [400, "The scheme is https on a connection with TLS, and http on one without."],
  "header-case": [400, "A header's name is in lower case (RFC 9113 section 8.2)."],
  "header-connection": [
    400,
    "HTTP/2 has no Connection header and none that it names (RFC 9113 section 8.2.2).",
  ],
  "length-differs": [
    400,
    "Content-Length is the number of bytes in the DATA frames (RFC 9113 section 8.1.1).",
  ],
} as const satisfies Record<string, readonly [status: number, sentence: string]>;

export type BrokenRule = { readonly rule: string; readonly status: number; readonly sentence: string };

const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** No control character but tab, and no blank at either end: a line could end, or be read in two ways. */
const value = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;
const visible = /^[\x21-\x7e]*$/;
const ofConnections: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

interface Pieces {
  method?: string;
  scheme?: string;
  authority?: string;
  path?: string;
  host?: string;
  cookie: string;
  lines: string;
}

const reader = new RequestHeadReader();

/**
 * Reads the header section of a request: names and values in turns, in latin1. The head is valid until the next call.
 *
 * Invariant: no name or value reaches the text of HTTP/1.1 that holds CR, LF or NUL, so a request is one request there too.
 */
export function readRequest(
  section: readonly string[],
  { ended, tls }: { readonly ended: boolean; readonly tls: boolean },
): RequestHead | BrokenRule {
  const pieces: Pieces = { cookie: "", lines: "" };
  for (let at = 0; at + 1 < section.length; at += 2) {
    const broken = addPiece(pieces, section[at] ?? "", section[at + 1] ?? "");
    if (broken !== undefined) return broken;
  }
  const { method, scheme, path } = pieces;
  if (method === "CONNECT") return brokenBy("method-connect");
  if (method === undefined || scheme === undefined || path === undefined) return brokenOwn("pseudo-header");
  if (scheme !== (tls ? "https" : "http")) return brokenOwn("scheme");
  // An absolute form would bring a second authority along.
  if (!path.startsWith("/") && !(path === "*" && method === "OPTIONS")) return brokenBy("target-form");
  const authority = pieces.authority ?? pieces.host;
  if (authority === undefined) return brokenBy("host-missing");
  if (pieces.host !== undefined && pieces.host.toLowerCase() !== authority.toLowerCase())
    return brokenBy("host-differs");
  // Crumbs of a cookie become one line before HTTP/1.1 sees them (RFC 9113 section 8.2.3).
  const cookie = pieces.cookie === "" ? "" : `cookie: ${pieces.cookie}\r\n`;
  const text = `${method} ${path} HTTP/1.1\r\nhost: ${authority}\r\n${pieces.lines}${cookie}\r\n`;
  const broken = reader.read(text, 0, text.length - 2);
  if (broken !== undefined) return brokenBy(broken);
  return framed(reader.head, ended);
}

function addPiece(pieces: Pieces, name: string, text: string): BrokenRule | undefined {
  if (!value.test(text)) return brokenBy(text.includes("\0") ? "nul-byte" : "header-value");
  if (name.startsWith(":")) return addPseudo(pieces, name, text);
  if (!token.test(name))
    return token.test(name.toLowerCase()) ? brokenOwn("header-case") : brokenBy("header-name");
  if (ofConnections.has(name) || (name === "te" && text.toLowerCase() !== "trailers"))
    return brokenOwn("header-connection");
  if (name === "host") {
    if (pieces.host !== undefined) return brokenBy("host-twice");
    pieces.host = text;
  } else if (name === "cookie") {
    pieces.cookie += (pieces.cookie === "" ? "" : "; ") + text;
  } else {
    pieces.lines += `${name}: ${text}\r\n`;
  }
  return undefined;
}

function addPseudo(pieces: Pieces, name: string, text: string): BrokenRule | undefined {
  if (pieces.lines !== "" || pieces.cookie !== "" || pieces.host !== undefined)
    return brokenOwn("pseudo-header");
  switch (name) {
    case ":method":
      if (pieces.method !== undefined) return brokenOwn("pseudo-header");
      if (!visible.test(text) || text === "") return brokenBy("method");
      pieces.method = text;
      return undefined;
    case ":path":
      if (pieces.path !== undefined) return brokenOwn("pseudo-header");
      if (!visible.test(text)) return brokenBy("target-byte");
      pieces.path = text;
      return undefined;
    case ":scheme":
      if (pieces.scheme !== undefined) return brokenOwn("pseudo-header");
      pieces.scheme = text;
      return undefined;
    case ":authority":
      if (pieces.authority !== undefined) return brokenOwn("pseudo-header");
      pieces.authority = text;
      return undefined;
    default:
      return brokenOwn("pseudo-header");
  }
}

/** What HTTP/2 says of the body: a length is only a promise, and the end of the stream is the end. */
function framed(head: RequestHead, ended: boolean): RequestHead | BrokenRule {
  if (ended && head.contentLength > 0) return brokenOwn("length-differs");
  head.protocol = "HTTP/2";
  head.upgrade = "";
  if (ended) head.framing = "none";
  else if (!hasLength(head.fields)) head.framing = "stream";
  return head;
}

/** `framing` does not tell a length of zero from none. */
function hasLength(fields: string): boolean {
  return /^content-length:/im.test(fields);
}

export function brokenBy(rule: RuleName): BrokenRule {
  const [status, sentence] = rules[rule];
  return { rule, status, sentence };
}

export function brokenOwn(rule: keyof typeof http2Rules): BrokenRule {
  const [status, sentence] = http2Rules[rule];
  return { rule, status, sentence };
}
