import type { Framing, RequestHead } from "./client-side.ts";

/** What an exchange keeps of a request's head: the protocol uses the head's own object for its next request. */
export class RequestCopy {
  readonly protocol: RequestHead["protocol"];
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly host: string;
  /** The request line of HTTP/1.1 and the header lines, without the empty line. */
  readonly raw: string;
  readonly framing: Framing;
  readonly expectsContinue: boolean;
  readonly upgrade: string;
  /** May be sent again without harm (RFC 9110 section 9.2.2). TRACE is refused, and what is unknown is not. */
  readonly isIdempotent: boolean;

  constructor(head: RequestHead) {
    this.protocol = head.protocol;
    this.method = head.method;
    this.target = head.target;
    this.authority = head.authority;
    this.host = head.host;
    this.raw =
      head.raw === undefined || head.raw === ""
        ? `${head.method} ${head.target} HTTP/1.1\r\n${head.fields}`
        : head.raw;
    this.framing = head.framing;
    this.expectsContinue = head.expectsContinue;
    this.upgrade = head.upgrade;
    this.isIdempotent = idempotent.has(head.method);
  }
}

const idempotent: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);
