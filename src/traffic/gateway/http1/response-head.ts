import type { Framing } from "../exchange/client-side.ts";
import { bytesOf, colon, cr, isTokenByte, isValueByte, lf } from "./bytes.ts";
import { readConnection, withoutNamed, type ConnectionValue } from "./connection-value.ts";
import { responseNames } from "./field-names.ts";
import { brokenName, brokenValue, fieldValue, hasBareLf, readLength } from "./request-head.ts";
import { limits, type RuleName } from "./rules.ts";

/**
 * Reads the head of an instance's answer as strictly as a request's: an answer that two servers frame in two ways
 * splits responses. What is forwarded stays a slice of the text.
 */
export class ResponseHeadReader {
  status = 0;
  reason = "";
  /** The status line in HTTP/1.1, and the end-to-end lines; Content-Length among them, unless the status allows none. */
  raw = "";
  /** As the connection carries it: `stream` means that it ends with the connection. */
  framing: Framing = "none";
  contentLength = 0;
  /** Whether the connection can be used again after the body. */
  keepAlive = true;
  /** Seconds that the instance keeps an idle connection, when it says so; else 0. */
  keepAliveSeconds = 0;
  upgrade = "";
  /** What of the body came with the head, as text; set by who has it. */
  bodyText: string | undefined;

  readonly #connection: ConnectionValue = { close: false, keepAlive: false, upgrade: false, named: [] };
  #text = "";
  #bytes: Uint8Array = new Uint8Array(0);
  #keptFrom = 0;
  #lengthText = "";
  #codingText: string | undefined;

  /** As `RequestHeadReader.read`. `isHead`: it answers HEAD, so it has no body whatever it says. */
  read(text: string, from: number, end: number, isHead: boolean): RuleName | undefined {
    const broken = this.#read(text, from, end, isHead);
    this.#text = "";
    if (broken === undefined) return undefined;
    return hasBareLf(text, from, end + 2) ? "bare-lf" : broken;
  }

  #read(text: string, from: number, end: number, isHead: boolean): RuleName | undefined {
    this.#reset(text);
    // "HTTP/1.1 200 OK": the version, a space, three digits, and then a space and a reason or nothing.
    const isNew = text.startsWith("HTTP/1.1 ", from);
    if (!isNew && !text.startsWith("HTTP/1.0 ", from)) return "status-line";
    const status = digits(text, from + 9);
    if (status < 100 || status > 599) return "status-line";
    this.status = status;
    let i = from + 12;
    if (text.charCodeAt(i) !== cr) {
      if (text.charCodeAt(i) !== 32) return "status-line";
      while (isValueByte[this.#bytes[i] ?? 0] === 1) i++;
      this.reason = text.slice(from + 13, i);
    }
    if (text.charCodeAt(i) !== cr || text.charCodeAt(i + 1) !== lf) return "status-line";
    // Whatever the member speaks, the gateway answers in its own version (RFC 9110 section 2.5).
    this.raw = isNew ? "" : "HTTP/1.1";
    this.#keptFrom = isNew ? from : from + 8;
    const broken = this.#readFields(i + 2, end) ?? this.#settleFraming(isHead, isNew);
    if (broken !== undefined) return broken;
    const rest = text.slice(this.#keptFrom, end);
    this.raw = this.raw === "" ? rest : this.raw + rest;
    const connection = this.#connection;
    this.keepAlive = !connection.close && (isNew || connection.keepAlive) && this.framing !== "stream";
    if (connection.named.length > 0) this.raw = withoutNamed(this.raw, connection.named);
    return undefined;
  }

  #reset(text: string): void {
    this.#text = text;
    this.#bytes = bytesOf(text);
    this.reason = this.raw = this.upgrade = this.#lengthText = "";
    this.framing = "none";
    this.contentLength = this.keepAliveSeconds = 0;
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
      if ((((responseNames[bytes[at] ?? 0] ?? 0) >>> (nameEnd - at)) & 1) === 1) {
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
      case "content-length":
        if (this.#lengthText !== "") return "length-twice";
        this.#lengthText = fieldValue(text, nameEnd, lineEnd);
        // 1xx and 204 have no Content-Length (RFC 9110 section 8.6); some applications send one nevertheless.
        if (this.status >= 200 && this.status !== 204)
          return this.#lengthText === "" ? "length-invalid" : undefined;
        break;
      case "transfer-encoding":
        if (this.#codingText !== undefined) return "coding-twice";
        this.#codingText = fieldValue(text, nameEnd, lineEnd).toLowerCase();
        break;
      case "connection": {
        const broken = readConnection(fieldValue(text, nameEnd, lineEnd), this.#connection);
        if (broken !== undefined) return broken;
        break;
      }
      case "keep-alive":
        this.keepAliveSeconds = Number(
          /timeout=(\d{1,6})/i.exec(fieldValue(text, nameEnd, lineEnd))?.[1] ?? 0,
        );
        break;
      case "upgrade":
        this.upgrade = fieldValue(text, nameEnd, lineEnd);
        if (this.status === 426) return undefined; // says what is offered; end-to-end in effect (RFC 9110 section 15.5.22)
        break;
      case "te":
      case "proxy-connection":
        break;
      default:
        if (!/^x[-_]vdc/.test(name)) return undefined;
    }
    if (at > this.#keptFrom) this.raw += text.slice(this.#keptFrom, at);
    this.#keptFrom = lineEnd + 2;
    return undefined;
  }

  /** RFC 9112 section 6.3, without its leniency. */
  #settleFraming(isHead: boolean, isNew: boolean): RuleName | undefined {
    const coding = this.#codingText;
    const lengthText = this.#lengthText;
    let length = 0;
    if (lengthText !== "") {
      const read = readLength(lengthText);
      if (typeof read === "string") return read;
      length = read;
    }
    if (coding !== undefined) {
      if (lengthText !== "") return "length-and-coding";
      if (!isNew) return "coding-version";
      if (coding !== "chunked") return "coding-unknown";
    }
    this.contentLength = length;
    if (isHead || this.status < 200 || this.status === 204 || this.status === 304) return undefined;
    if (coding !== undefined) this.framing = "chunks";
    else if (lengthText === "") this.framing = "stream";
    else if (length > 0) this.framing = "length";
    return undefined;
  }
}

function digits(text: string, at: number): number {
  const status =
    (text.charCodeAt(at) - 48) * 100 + (text.charCodeAt(at + 1) - 48) * 10 + text.charCodeAt(at + 2) - 48;
  return /^[0-9]{3}$/.test(text.slice(at, at + 3)) ? status : 0;
}
