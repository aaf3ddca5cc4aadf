import { constants, createBrotliCompress, createGzip, type BrotliCompress, type Gzip } from "node:zlib";
import type { ConnectionFacts } from "../gateway-contract.ts";
import { AnswerHead } from "./answer-head.ts";
import type { ClientSide, RequestHead, ResponseHead, Taken } from "./client-side.ts";
import { valueOf, withoutLines } from "./fields.ts";
import type { Forwarding } from "./forwarding.ts";

/** Shorter bodies do not get smaller by enough to be worth the work. */
const leastBytes = 1_024;
/** Brotli's level: as quick as gzip's usual one, and smaller. */
const brotliQuality = 4;

/** Text that was not compressed already. Event streams are left alone: each event has to go out at once. */
const compressible =
  /^(?:text\/(?!event-stream)[\w.+-]+|application\/(?:json|javascript|xml|wasm|manifest\+json|[\w.-]+\+(?:json|xml))|image\/svg\+xml)\s*(?:;|$)/i;

/**
 * Stands between an exchange and its client, and compresses the answer when that is allowed and worth it (RFC 9110 sections 8.4 and
 * 12.5.3). What comes from the member is copied here, because its buffer is used again before the compressor has read it.
 */
export class CompressingClient implements ClientSide {
  readonly takesChunks = false;
  readonly #client: ClientSide;
  readonly #acceptEncoding: string;
  readonly #isHeadRequest: boolean;
  readonly #onDrained: () => void;
  #stream: Gzip | BrotliCompress | undefined;
  #trailers = "";

  /** `onDrained`: after "full", more of the answer is wanted. */
  constructor(client: ClientSide, head: RequestHead, onDrained: () => void) {
    this.#client = client;
    this.#acceptEncoding = valueOf(head.fields, "accept-encoding") ?? "";
    this.#isHeadRequest = head.method === "HEAD";
    this.#onDrained = onDrained;
  }

  get facts(): ConnectionFacts {
    return this.#client.facts;
  }

  get forwarding(): Forwarding {
    return this.#client.forwarding;
  }

  pauseRequest(): void {
    this.#client.pauseRequest();
  }

  resumeRequest(): void {
    this.#client.resumeRequest();
  }

  informational(status: number, fields: string): void {
    this.#client.informational(status, fields);
  }

  respond(head: ResponseHead, body: Buffer, from: number, to: number, end: boolean): Taken {
    const coding = this.#codingFor(head);
    if (coding === "none") return this.#client.respond(head, body, from, to, end);
    const fields = withVary(head.fields);
    if (coding === "identity") {
      const plain = new AnswerHead(`HTTP/1.1 ${head.status} ${head.reason}\r\n${fields}`, head);
      return this.#client.respond(plain, body, from, to, end);
    }
    const edited = `${weakened(withoutLines(fields, changed))}content-encoding: ${coding}\r\n`;
    const { status, reason } = head;
    const options = { status, reason, framing: "stream", contentLength: 0 } as const;
    this.#client.respond(
      new AnswerHead(`HTTP/1.1 ${status} ${reason}\r\n${edited}`, options),
      body,
      0,
      0,
      false,
    );
    this.#start(coding, head.framing === "length");
    const taken = this.#write(body, from, to);
    if (end) this.responseEnd("");
    return taken;
  }

  responseBody(body: Buffer, from: number, to: number): Taken {
    if (this.#stream === undefined) return this.#client.responseBody(body, from, to);
    return this.#write(body, from, to);
  }

  responseEnd(trailers: string): void {
    if (this.#stream === undefined) return this.#client.responseEnd(trailers);
    this.#trailers = trailers;
    this.#stream.end();
  }

  upgrade(head: ResponseHead): void {
    this.#client.upgrade(head);
  }

  sayGoodbye(): void {
    this.#client.sayGoodbye();
  }

  cut(why: string): void {
    this.abandon();
    this.#client.cut(why);
  }

  /** The client takes bytes again. False: it is not this that waits for it. */
  drained(): boolean {
    this.#stream?.resume();
    return this.#stream !== undefined;
  }

  /** Nobody waits for the answer any more. */
  abandon(): void {
    this.#stream?.removeAllListeners("data").removeAllListeners("end").removeAllListeners("drain").destroy();
  }

  /** "none": nothing to do with compression. "identity": it could be compressed, for another client. */
  #codingFor(head: ResponseHead): "none" | "identity" | "gzip" | "br" {
    if (head.status !== 200 || this.#isHeadRequest || head.framing === "none") return "none";
    const { fields } = head;
    if (!compressible.test(valueOf(fields, "content-type") ?? "")) return "none";
    if (valueOf(fields, "content-encoding") !== undefined) return "none";
    if (/no-transform/i.test(valueOf(fields, "cache-control") ?? "")) return "none";
    if (head.framing === "length" && head.contentLength < leastBytes) return "none";
    if (accepts(this.#acceptEncoding, "br")) return "br";
    return accepts(this.#acceptEncoding, "gzip") ? "gzip" : "identity";
  }

  #start(coding: "gzip" | "br", isWhole: boolean): void {
    // Of a body whose length nobody knows each piece goes out at once: it may be made while the client watches.
    const stream =
      coding === "gzip"
        ? createGzip(isWhole ? {} : { flush: constants.Z_SYNC_FLUSH })
        : createBrotliCompress({
            params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality },
            ...(isWhole ? {} : { flush: constants.BROTLI_OPERATION_FLUSH }),
          });
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => {
      if (this.#client.responseBody(chunk, 0, chunk.length) === "full") stream.pause();
    });
    stream.on("drain", () => this.#onDrained());
    stream.on("end", () => this.#client.responseEnd(this.#trailers));
    stream.on("error", () => this.#client.cut("compression"));
  }

  #write(body: Buffer, from: number, to: number): Taken {
    if (from === to) return "sent";
    return this.#stream?.write(Buffer.from(body.subarray(from, to))) === false ? "full" : "sent";
  }
}

const changed: ReadonlySet<string> = new Set(["content-length", "accept-ranges", "content-md5", "digest"]);

/** RFC 9110 section 12.5.3: a weight of 0 means "not". */
function accepts(header: string, coding: string): boolean {
  return new RegExp(
    `(?:^|,)\\s*${coding}\\s*(?:;\\s*q=(?!0(?:\\.0{0,3})?\\s*(?:,|$))[^,]*)?(?:,|$)`,
    "i",
  ).test(header);
}

function withVary(fields: string): string {
  const vary = valueOf(fields, "vary");
  return vary !== undefined && /accept-encoding|\*/i.test(vary)
    ? fields
    : `${fields}vary: accept-encoding\r\n`;
}

/** Other bytes under the same validator would break range requests; a weak one says "the same in meaning" (RFC 9110 section 8.8.1). */
function weakened(fields: string): string {
  return fields.replace(/^(etag:[ \t]*)(")/im, "$1W/$2");
}
