import { afterFirstLine } from "../exchange/answer-head.ts";
import type { RequestHead } from "../exchange/client-side.ts";
import { bytesOf, colon, cr, isTokenByte, isValueByte, lf, space, tab } from "./bytes.ts";
import { readConnection, withoutNamed, type ConnectionValue } from "./connection-value.ts";
import { gatewayOnly, requestNames } from "./field-names.ts";
import { readHost } from "./host.ts";
import { readRequestLine, type RequestLine } from "./request-line.ts";
import { limits, type RuleName } from "./rules.ts";

/**
 * Reads a request's head strictly, in one pass over its text. What is to be forwarded stays a slice of that text: a head
 * without hop-by-hop lines costs one slice, and each line that is left out one more.
 *
 * Invariant: what it accepts, every strict reader of RFC 9112 frames in the same way.
 */
export class RequestHeadReader {
  /** Filled by `read`; valid until the next call. */
  readonly head: RequestHead & { raw: string } = {
    protocol: "HTTP/1.1",
    method: "",
    target: "",
    authority: "",
    host: "",
    raw: "",
    get fields() {
      return this.raw === "" ? "" : afterFirstLine(this.raw);
    },
    framing: "none",
    contentLength: 0,
    expectsContinue: false,
    upgrade: "",
  };
  /** Whether the connection can be used for a further request. */
  keepAlive = true;
  /** Times that a gateway of this kind has passed the request on, by its Via lines. */
  hops = 0;

  readonly #line: RequestLine = { method: "", target: "", authority: "", isOld: false };
  readonly #connection: ConnectionValue = { close: false, keepAlive: false, upgrade: false, named: [] };
  #text = "";
  #bytes: Uint8Array = new Uint8Array(0);
  #keptFrom = 0;
  #hasHost = false;
  #lengthText = "";
  #codingText: string | undefined;

  /** `text` from `from` up to `end`, where its empty line begins: `text[end - 2]` and on are CR LF CR LF. */
  read(text: string, from: number, end: number): RuleName | undefined {
    const broken = this.#read(text, from, end);
    this.#text = "";
    if (broken === undefined) return undefined;
    // A bare LF is named first wherever it stands, because a head that comes in pieces is refused at once for it.
    return hasBareLf(text, from, end + 2) ? "bare-lf" : broken;
  }

  #read(text: string, from: number, end: number): RuleName | undefined {
    this.#reset(text);
    const line = this.#line;
    const first = readRequestLine(text, this.#bytes, from, end, line);
    if (typeof first === "string") return first;
    this.head.method = line.method;
    this.head.target = line.target;
    this.head.protocol = line.isOld ? "HTTP/1.0" : "HTTP/1.1";
    this.#keptFrom = from;
    const broken = this.#readFields(first, end) ?? this.#settleHost() ?? this.#settleFraming();
    if (broken !== undefined) return broken;
    const { head } = this;
    const rest = text.slice(this.#keptFrom, end);
    head.raw = head.raw === "" ? rest : head.raw + rest;
    this.#settleConnection();
    return undefined;
  }

  #reset(text: string): void {
    const { head } = this;
    this.#text = text;
    this.#bytes = bytesOf(text);
    head.raw = "";
    head.authority = "";
    head.host = "";
    head.framing = "none";
    head.contentLength = 0;
    head.expectsContinue = false;
    head.upgrade = "";
    this.hops = 0;
    this.#hasHost = false;
    this.#lengthText = "";
    this.#codingText = undefined;
    const connection = this.#connection;
    connection.close = connection.keepAlive = connection.upgrade = false;
    if (connection.named.length > 0) connection.named = [];
  }

  #readFields(from: number, end: number): RuleName | undefined {
    const text = this.#text;
    const bytes = this.#bytes;
    let count = 0;
    for (let at = from; at < end;) {
      let i = at;
      while (isTokenByte[bytes[i] ?? 0] === 1) i++;
      if (bytes[i] !== colon || i === at) return brokenName(text, at, i);
      const nameEnd = i++;
      while (isValueByte[bytes[i] ?? 0] === 1) i++;
      if (bytes[i] !== cr || bytes[i + 1] !== lf) return brokenValue(text, i);
      if (++count > limits.headerLines) return "header-count";
      const nameLength = nameEnd - at;
      // Lengths of 32 and more wrap around in the shift; the names are compared again, so it costs time only.
      if ((((requestNames[bytes[at] ?? 0] ?? 0) >>> nameLength) & 1) === 1) {
        const broken = this.#readField(at, nameEnd, i);
        if (broken !== undefined) return broken;
      }
      at = i + 2;
    }
    return undefined;
  }

  #readField(at: number, nameEnd: number, lineEnd: number): RuleName | undefined {
    const text = this.#text;
    const name = text.slice(at, nameEnd).toLowerCase();
    switch (name) {
      case "host":
        return this.#readHostLine(fieldValue(text, nameEnd, lineEnd));
      case "content-length":
        if (this.#lengthText !== "") return "length-twice";
        this.#lengthText = fieldValue(text, nameEnd, lineEnd);
        return this.#lengthText === "" ? "length-invalid" : undefined;
      case "transfer-encoding":
        if (this.#codingText !== undefined) return "coding-twice";
        this.#codingText = fieldValue(text, nameEnd, lineEnd);
        break;
      case "connection": {
        const broken = readConnection(fieldValue(text, nameEnd, lineEnd), this.#connection);
        if (broken !== undefined) return broken;
        break;
      }
      case "expect":
        if (fieldValue(text, nameEnd, lineEnd).toLowerCase() !== "100-continue") return "expect-unknown";
        this.head.expectsContinue = this.head.protocol === "HTTP/1.1";
        break;
      case "upgrade":
        this.head.upgrade += (this.head.upgrade === "" ? "" : ", ") + fieldValue(text, nameEnd, lineEnd);
        break;
      case "via":
        if (/\bvdc\b/.test(fieldValue(text, nameEnd, lineEnd))) this.hops++;
        return undefined;
      case "te":
      case "keep-alive":
      case "proxy-connection":
      case "proxy-authorization":
      case "http2-settings":
      case "forwarded":
      case "proxy":
        break;
      default:
        if (!gatewayOnly.test(name)) return undefined;
    }
    this.#leaveOut(at, lineEnd + 2);
    return undefined;
  }

  #leaveOut(at: number, next: number): void {
    if (at > this.#keptFrom) this.head.raw += this.#text.slice(this.#keptFrom, at);
    this.#keptFrom = next;
  }

  #readHostLine(value: string): RuleName | undefined {
    if (this.#hasHost) return "host-twice";
    this.#hasHost = true;
    this.head.authority = value;
    if (value === "") return "host-empty";
    const host = readHost(value);
    if (host === undefined) return value.includes("@") ? "host-userinfo" : "host-invalid";
    this.head.host = host;
    return undefined;
  }

  #settleHost(): RuleName | undefined {
    const { authority, isOld } = this.#line;
    if (!this.#hasHost && !isOld) return "host-missing";
    if (authority === "") return undefined;
    if (authority.includes("@")) return "host-userinfo";
    if (!this.#hasHost) return "host-missing";
    return authority.toLowerCase() === this.head.authority.toLowerCase() ? undefined : "host-differs";
  }

  #settleFraming(): RuleName | undefined {
    const { head } = this;
    const coding = this.#codingText;
    if (coding !== undefined) {
      if (this.#line.isOld) return "coding-version";
      if (this.#lengthText !== "") return "length-and-coding";
      if (coding.toLowerCase() !== "chunked") return brokenCoding(coding);
      head.framing = "chunks";
    } else if (this.#lengthText !== "") {
      const length = readLength(this.#lengthText);
      if (typeof length === "string") return length;
      head.framing = length === 0 ? "none" : "length";
      head.contentLength = length;
    }
    return undefined;
  }

  #settleConnection(): void {
    const { head } = this;
    const connection = this.#connection;
    const isOld = this.#line.isOld;
    this.keepAlive = !connection.close && (!isOld || connection.keepAlive);
    if (isOld || this.#line.authority !== "")
      head.raw = `${head.method} ${head.target} HTTP/1.1\r\n${head.fields}`;
    if (connection.named.length > 0) head.raw = withoutNamed(head.raw, connection.named);
    // An upgrade with a body is ignored, as RFC 9110 section 7.8 allows; h2c would hide requests in what looks like a tunnel.
    if (head.upgrade === "") return;
    if (
      !connection.upgrade ||
      isOld ||
      head.framing !== "none" ||
      !/^[\w./-]+$/.test(head.upgrade) ||
      /^(?:h2c|tls)/i.test(head.upgrade)
    )
      head.upgrade = "";
  }
}

/** The value without the whitespace around it. */
export function fieldValue(text: string, nameEnd: number, lineEnd: number): string {
  let from = nameEnd + 1;
  let to = lineEnd;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

/** Whether an LF without a CR before it stands in the range. */
export function hasBareLf(text: string, from: number, to: number): boolean {
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1))
    if (at === 0 || text.charCodeAt(at - 1) !== cr) return true;
  return false;
}

/** A Content-Length's number, or the rule that it breaks. */
export function readLength(text: string): number | RuleName {
  if (!/^(?:0|[1-9][0-9]*)$/.test(text)) return "length-invalid";
  return text.length > 15 ? "length-huge" : Number(text);
}

function isBlank(byte: number): boolean {
  return byte === space || byte === tab;
}

export function brokenName(text: string, at: number, stop: number): RuleName {
  const byte = text.charCodeAt(stop);
  if (byte === 0) return "nul-byte";
  if (stop === at) {
    if (isBlank(byte)) return "header-fold";
    if (byte === colon) return "header-name-empty";
    if (byte === cr) return "bare-cr";
  }
  const lineEnd = text.indexOf("\r\n", stop);
  if (isBlank(byte) && /^[\t ]+:/.test(text.slice(stop, lineEnd))) return "header-name-space";
  if (byte === cr) return stop === lineEnd ? "header-no-colon" : "bare-cr";
  return text.slice(stop, lineEnd).includes(":") ? "header-name" : "header-no-colon";
}

export function brokenValue(text: string, stop: number): RuleName {
  const byte = text.charCodeAt(stop);
  if (byte === 0) return "nul-byte";
  return byte === cr ? "bare-cr" : "header-value";
}

/** "gzip, chunked" is legal and not offered; all else is an attempt to be read in two ways. */
function brokenCoding(coding: string): RuleName {
  const known = /^(?:(?:x-)?(?:gzip|compress)|deflate)$/;
  const parts = coding.toLowerCase().split(",");
  const last = parts.pop()?.trim();
  const isLegal = parts.length > 0 && last === "chunked" && parts.every((part) => known.test(part.trim()));
  return isLegal ? "coding-unsupported" : "coding-unknown";
}
