import type { ConnectionFacts } from "../gateway-contract.ts";
import type { Forwarding } from "./forwarding.ts";

/**
 * The meeting point of a client's protocol (`http1/`, `http2/`) and the exchange, which is one request on its way to a member
 * and its answer back. Neither side allocates for the other: heads are lines of text, bodies are ranges of buffers, and what
 * arrives as HTTP/1.1 chunks leaves as the same bytes when the other side speaks HTTP/1.1 too.
 *
 * Order of calls. Protocol to exchange: `start`, `requestBody`*, `requestEnd` (or `clientGone` at any time), and
 * `responseDrained` after an answer of "full". Exchange to protocol: `informational`*, then `respond`, `responseBody`*,
 * `responseEnd`; or `upgrade` and then `responseBody`* and `responseEnd`; or `cut` at any time. The exchange may call from
 * inside of any of its own methods. After `responseEnd`, `cut` or `clientGone` neither calls the other again for this request.
 */
export interface ClientSide {
  readonly facts: ConnectionFacts;
  /** Made once for each connection. */
  readonly forwarding: Forwarding;
  /** Whether it can pass on HTTP/1.1 chunks as they are: an HTTP/1.1 client, not HTTP/1.0 and not HTTP/2. */
  readonly takesChunks: boolean;
  /** Stop and go on handing over the request's body (or the bytes of an upgraded connection). Calling either twice does nothing. */
  pauseRequest(): void;
  resumeRequest(): void;
  /** An interim answer: 100, 102 or 103. Never 101. */
  informational(status: number, fields: string): void;
  /**
   * The final head and what of the body came with it; `end` when that is all of it, and `responseEnd` is not called then.
   * The strings and the range may be kept by reference only until the call returns "sent".
   */
  respond(head: ResponseHead, body: Buffer | undefined, from: number, to: number, end: boolean): Taken;
  responseBody(body: Buffer, from: number, to: number): Taken;
  /** `trailers`: checked lines, each ended by CRLF; empty without any and always with `framing: "chunks"`. */
  responseEnd(trailers: string): void;
  /** 101: from now on `requestBody` and `responseBody` carry the bytes of the other protocol. HTTP/1.1 only. */
  upgrade(head: ResponseHead): void;
  /**
   * Just before `responseEnd` of an upgraded connection whose member is being replaced: a WebSocket whose server ends without a word
   * gets a close frame (1001), so that clients know that they should come again. Does nothing for anything else.
   */
  sayGoodbye(): void;
  /** The answer cannot be completed: the connection (or stream) is broken off so that the client sees it. */
  cut(why: string): void;
}

/**
 * What became of bytes that were handed over. "sent": all are in the kernel, the buffer can be used again. "kept": the
 * buffer is still needed. "full": also, and no more until told.
 */
export type Taken = "sent" | "kept" | "full";

/**
 * How a body is delimited. `none`: there is none. `length`: `contentLength` bytes. `chunks`: HTTP/1.1 chunked coding, already
 * checked, last chunk and trailers included (RFC 9112 section 7.1). `stream`: content whose length is not known; the receiver
 * frames it as its protocol does.
 */
export type Framing = "none" | "length" | "chunks" | "stream";

/** A request's head, already checked. The exchange takes what it needs during `start`: the object can be used again at once. */
export interface RequestHead {
  protocol: "HTTP/1.0" | "HTTP/1.1" | "HTTP/2";
  method: string;
  /** Origin form: path and query, printable ASCII without '#'; or `*` with OPTIONS. */
  target: string;
  /** The authority as the client gave it, for X-Forwarded-Host. */
  authority: string;
  /** Host name of the authority: lower case, without port and without a last dot; IPv6 in brackets. */
  host: string;
  /**
   * The end-to-end header lines `Name: value`, each ended by CRLF, in latin1: Host and Content-Length among them, nothing
   * hop-by-hop (RFC 9110 section 7.6.1), nothing that the Connection header named, no Expect, nothing that only a gateway may say
   * (X-Forwarded-*, Forwarded, X-Real-IP, X-Request-Id, X-VDC-*).
   */
  readonly fields: string;
  /** The request line and `fields` as they came, when the line is that of HTTP/1.1 in origin form; else absent or empty. */
  raw?: string;
  framing: Framing;
  /** With `framing: "length"` its bytes, else 0. */
  contentLength: number;
  /** `Expect: 100-continue` of a client that speaks HTTP/1.1 or later. */
  expectsContinue: boolean;
  /** Value of Upgrade when Connection names it; else empty. HTTP/1.1 only. */
  upgrade: string;
}

/** An answer's head as it goes to a client. */
export interface ResponseHead {
  status: number;
  /** Reason phrase; HTTP/2 has none. */
  reason: string;
  /** The status line and `fields` in HTTP/1.1, without the empty line that ends a head; when somebody has made that already. */
  readonly raw?: string;
  /** End-to-end lines as in a request; Content-Length among them when it has one (also with HEAD and 304). */
  readonly fields: string;
  framing: Framing;
  contentLength: number;
  /** The range that comes with it, as latin1 text when somebody has made that already; else `undefined`. */
  bodyText?: string | undefined;
  /** The client has to close after it: the request's body will not be read to its end. */
  close: boolean;
}

/** What the exchange offers to a client's protocol. */
export interface ExchangeSide {
  requestBody(body: Buffer, from: number, to: number): void;
  /** `trailers` as in `responseEnd`. */
  requestEnd(trailers: string): void;
  /** The client's connection or stream has ended before the answer did; `why` is for the access log. */
  clientGone(why: string): void;
  /** The client sends nothing more, and may still read its answer, or has gone: only a write to it will tell. */
  clientSilent(): void;
  /** The client takes bytes again after it said "full". */
  responseDrained(): void;
  /** The body broke a rule (a bad chunk, too large): the request cannot go on. Answers with the rule's status when it still can. */
  requestBroken(rule: string, status: number, sentence: string): void;
}

/** Starts the exchange of one request. It may have answered, and ended, before this returns; what it gives is not called then. */
export type StartExchange = (client: ClientSide, head: RequestHead) => ExchangeSide;
