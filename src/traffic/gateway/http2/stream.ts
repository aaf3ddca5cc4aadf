import type { ServerHttp2Stream } from "node:http2";
import { assert } from "#lib/assert.ts";
import type {
  ClientSide,
  ExchangeSide,
  RequestHead,
  ResponseHead,
  StartExchange,
  Taken,
} from "../exchange/client-side.ts";
import { withoutLines } from "../exchange/fields.ts";
import type { Forwarding } from "../exchange/forwarding.ts";
import { exchangeLimits } from "../exchange/limits.ts";
import type { ConnectionFacts } from "../gateway-contract.ts";
import { limits } from "../http1/rules.ts";
import { checkTrailers } from "../http1/trailers.ts";
import { addFields, fieldLines, fieldsObject } from "./fields.ts";
import { brokenBy, brokenOwn, type BrokenRule } from "./request.ts";

/** RFC 9113 section 7. */
export const codes = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  cancel: 8,
  enhanceYourCalm: 11,
} as const;

const lengthLine: ReadonlySet<string> = new Set(["content-length"]);

/** What a stream tells its connection. */
export interface StreamOwner {
  readonly facts: ConnectionFacts;
  readonly forwarding: Forwarding;
  /** The answer has ended; bytes of it may still wait for the client. */
  answered(stream: Http2ClientStream): void;
  /** The stream is closed. `isWell`: its answer had ended. */
  closed(stream: Http2ClientStream, isWell: boolean): void;
}

/**
 * One request over HTTP/2, as the exchange sees its client.
 *
 * Invariant: a request whose stream was reset never looks complete: `requestEnd` is called only for END_STREAM.
 */
export class Http2ClientStream implements ClientSide {
  readonly facts: ConnectionFacts;
  readonly forwarding: Forwarding;
  readonly takesChunks = false;
  /** When its answer ended, on the monotonic clock of the connection; written by it. */
  answeredAt = 0;

  readonly #stream: ServerHttp2Stream;
  readonly #owner: StreamOwner;
  #side: ExchangeSide | undefined;
  /** Bytes that the body has to have; undefined when its length is not known. */
  #expected: number | undefined;
  #received = 0;
  #trailers = "";
  #isRequestOver = false;
  /** Nothing goes to the exchange any more. */
  #isOver = false;
  #responseTrailers = "";

  constructor(stream: ServerHttp2Stream, owner: StreamOwner) {
    this.#stream = stream;
    this.#owner = owner;
    this.facts = owner.facts;
    this.forwarding = owner.forwarding;
    stream.on("error", () => undefined); // `close` follows, and says all that matters
    stream.on("close", () => this.#closed());
  }

  /** Hands the request over. `ended`: its stream ended with its head. */
  begin(head: RequestHead, ended: boolean, start: StartExchange): void {
    const stream = this.#stream;
    this.#isRequestOver = ended;
    this.#expected = head.framing === "stream" ? undefined : head.contentLength;
    stream.on("drain", () => {
      if (!this.#isOver) this.#side?.responseDrained();
    });
    this.#side = start(this, head);
    if (ended) {
      if (!this.#isOver) this.#side.requestEnd("");
      return;
    }
    stream.on("data", (piece: Buffer) => this.#data(piece));
    stream.on("trailers", (_fields: unknown, _flags: unknown, section?: readonly string[]) =>
      this.#trailerSection(section ?? []),
    );
    stream.on("end", () => this.#end());
  }

  pauseRequest(): void {
    this.#stream.pause();
  }

  resumeRequest(): void {
    if (!this.#stream.destroyed) this.#stream.resume();
  }

  informational(status: number, fields: string): void {
    if (this.#isOpen() && !this.#stream.headersSent)
      this.#stream.additionalHeaders({ ":status": status, ...fieldsObject(fields) });
  }

  respond(head: ResponseHead, body: Buffer | undefined, from: number, to: number, end: boolean): Taken {
    const hasBytes = body !== undefined && to > from;
    const isWhole = !hasBytes && (end || head.framing === "none");
    if (!this.#isOpen()) return "sent";
    // Node's library sends no other; what an instance means by them is not known to a browser either.
    if (head.status < 200 || head.status > 599) {
      this.#stream.close(codes.internalError);
      return "sent";
    }
    if (head.status === 205) return this.#respondReset(head);
    const options = {
      endStream: isWhole,
      waitForTrailers: head.framing === "stream" && !end,
      sendDate: false, // an answer passes as the instance gave it
    };
    this.#stream.respond(addFields([":status", String(head.status)], head.fields), options);
    if (isWhole) this.#answered();
    if (!hasBytes) return "sent";
    if (!end) return this.responseBody(body, from, to);
    // A little is copied: else the member's whole buffer would have to be replaced by a new one for each answer.
    const isLittle = to - from <= exchangeLimits.joinBytes;
    this.#stream.end(isLittle ? Buffer.from(body.subarray(from, to)) : body.subarray(from, to));
    this.#answered();
    return isLittle ? "sent" : "kept";
  }

  /** 205 has no content, whatever an instance says (RFC 9110 section 15.3.6); the library ends the stream with its head. */
  #respondReset(head: ResponseHead): Taken {
    const fields = withoutLines(head.fields, lengthLine);
    const options = { endStream: true, sendDate: false };
    this.#stream.respond(addFields([":status", "205"], fields), options);
    this.#answered();
    return "sent";
  }

  responseBody(body: Buffer, from: number, to: number): Taken {
    if (!this.#isOpen() || !this.#stream.writable) return "sent";
    return this.#stream.write(body.subarray(from, to)) ? "kept" : "full";
  }

  responseEnd(trailers: string): void {
    if (this.#isOver) return; // it ended with its head
    if (!this.#isOpen() || !this.#stream.writable) return this.#answered();
    this.#responseTrailers = trailers;
    this.#stream.once("wantTrailers", () => this.#sendTrailers());
    this.#stream.end();
    this.#answered();
  }

  upgrade(): void {
    assert(false, "a request over HTTP/2 asks for no upgrade");
  }

  sayGoodbye(): void {
    assert(false, "a request over HTTP/2 asks for no upgrade");
  }

  cut(): void {
    this.#isOver = true;
    this.#stream.close(codes.internalError);
  }

  /** What the client leaves unread is given up. */
  giveUp(): void {
    this.#stream.close(codes.cancel);
  }

  /** Not whether it is writable: the library ends the writing side of a HEAD request before it is answered. */
  #isOpen(): boolean {
    return !this.#stream.destroyed && !this.#stream.closed;
  }

  #data(piece: Buffer): void {
    if (this.#isOver) return void this.#stream.pause(); // the answer was early; what is left is reset when it has gone out
    this.#received += piece.length;
    if (this.#expected !== undefined && this.#received > this.#expected)
      return this.#broken(brokenOwn("length-differs"));
    this.#side?.requestBody(piece, 0, piece.length);
  }

  #trailerSection(section: readonly string[]): void {
    const lines = fieldLines(section);
    const rule = lines === undefined ? "trailer-line" : checkTrailers(lines, true);
    if (rule !== undefined) return this.#broken(brokenBy(rule));
    if ((lines ?? "").length > limits.trailerBytes) return this.#broken(brokenBy("trailer-length"));
    this.#trailers = lines ?? "";
  }

  #end(): void {
    // A stream that was reset, or whose connection broke, ends here too; `close` tells the exchange.
    if (this.#stream.aborted || !this.#isOpen()) return;
    this.#isRequestOver = true;
    if (this.#isOver) return;
    if (this.#expected !== undefined && this.#received < this.#expected)
      return this.#broken(brokenOwn("length-differs"));
    this.#side?.requestEnd(this.#trailers);
  }

  #broken({ rule, status, sentence }: BrokenRule): void {
    if (this.#isOver) return;
    this.#stream.pause();
    this.#side?.requestBroken(rule, status, sentence);
  }

  #sendTrailers(): void {
    if (!this.#stream.destroyed) this.#stream.sendTrailers(fieldsObject(this.#responseTrailers));
  }

  #answered(): void {
    this.#isOver = true;
    this.#owner.answered(this);
    // The client is told to send no more only once it has the whole answer (RFC 9113 section 8.1).
    if (!this.#isRequestOver) this.#stream.once("finish", () => this.#stream.close(codes.noError));
  }

  #closed(): void {
    const isWell = this.answeredAt !== 0;
    if (!this.#isOver) {
      this.#isOver = true;
      this.#side?.clientGone("client-closed");
    }
    this.#owner.closed(this, isWell);
  }
}
