/**
 * A reader of HTTP/1.1 messages for tests, which shares nothing with the gateway's: it is slow, simple and keeps every line as it came. It
 * is only for messages that are well-formed.
 */
export interface WireMessage {
  /** Request line or status line. */
  readonly first: string;
  /** Header lines in their order, as they came, without CRLF; latin1. */
  readonly lines: readonly string[];
  readonly body: Buffer;
  readonly trailers: readonly string[];
  /** How the body was delimited. */
  readonly framing: "none" | "length" | "chunks" | "close";
}

export interface WireAnswer extends WireMessage {
  /** Interim answers that came before. */
  readonly interim: readonly { readonly first: string; readonly lines: readonly string[] }[];
}

export function nameOf(line: string): string {
  return line.slice(0, line.indexOf(":")).toLowerCase();
}

export function valueOf(lines: readonly string[], name: string): string | undefined {
  const line = lines.find((one) => nameOf(one) === name);
  return line?.slice(line.indexOf(":") + 1).trim();
}

/** The request at the start of `bytes` and the bytes that it takes; `undefined`: not all of it has come. */
export function readRequest(
  bytes: Buffer,
): { readonly message: WireMessage; readonly size: number } | undefined {
  const head = readHead(bytes, 0);
  if (head === undefined) return undefined;
  const { first, lines, next } = head;
  const body = readBody(bytes, next, lines, false);
  return body === undefined ? undefined : { message: { first, lines, ...body }, size: body.next };
}

/** The answer at the start of `bytes`, with the interim ones before it. `ended`: nothing comes after `bytes`. */
export function readAnswer(bytes: Buffer, method: string, ended: boolean): WireAnswer | undefined {
  const interim: { first: string; lines: readonly string[] }[] = [];
  for (let at = 0; ;) {
    const head = readHead(bytes, at);
    if (head === undefined) return undefined;
    const { first, lines, next } = head;
    const status = Number(first.split(" ")[1]);
    if (status < 200) {
      interim.push({ first, lines });
      at = next;
      continue;
    }
    const isEmpty = method === "HEAD" || status === 204 || status === 304;
    if (isEmpty) return { interim, first, lines, body: bytes.subarray(next), trailers: [], framing: "none" };
    const body = readBody(bytes, next, lines, true);
    if (body === undefined || (body.framing === "close" && !ended)) return undefined;
    return { interim, first, lines, body: body.body, trailers: body.trailers, framing: body.framing };
  }
}

function readHead(bytes: Buffer, from: number) {
  const end = bytes.indexOf("\r\n\r\n", from);
  if (end === -1) return undefined;
  const [first = "", ...lines] = bytes.toString("latin1", from, end).split("\r\n");
  return { first, lines, next: end + 4 };
}

type Body = Pick<WireMessage, "body" | "trailers" | "framing"> & { readonly next: number };

function readBody(
  bytes: Buffer,
  from: number,
  lines: readonly string[],
  mayClose: boolean,
): Body | undefined {
  if (valueOf(lines, "transfer-encoding") !== undefined) return readChunks(bytes, from);
  const length = valueOf(lines, "content-length");
  if (length === undefined) {
    const body = mayClose ? bytes.subarray(from) : Buffer.alloc(0);
    return { body, trailers: [], framing: mayClose ? "close" : "none", next: from + body.length };
  }
  const next = from + Number(length);
  if (next > bytes.length) return undefined;
  return { body: bytes.subarray(from, next), trailers: [], framing: "length", next };
}

function readChunks(bytes: Buffer, from: number): Body | undefined {
  const pieces: Buffer[] = [];
  for (let at = from; ;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (size === 0) {
      const isBare = bytes.toString("latin1", lineEnd, lineEnd + 4) === "\r\n\r\n";
      const end = isBare ? lineEnd : bytes.indexOf("\r\n\r\n", lineEnd + 2);
      if (end === -1) return undefined;
      const trailers = isBare ? [] : bytes.toString("latin1", lineEnd + 2, end).split("\r\n");
      return { body: Buffer.concat(pieces), trailers, framing: "chunks", next: end + 4 };
    }
    const dataFrom = lineEnd + 2;
    if (dataFrom + size + 2 > bytes.length) return undefined;
    pieces.push(bytes.subarray(dataFrom, dataFrom + size));
    at = dataFrom + size + 2;
  }
}
