import { cr, hexValue, lf, semicolon } from "./bytes.ts";
import { limits, type RuleName } from "./rules.ts";
import { checkTrailers } from "./trailers.ts";

/** Gets the content, for who cannot pass the coding on as it is. */
export type ContentSink = (body: Buffer, from: number, to: number) => void;

type State =
  | "size"
  | "extension"
  | "size-lf"
  | "data"
  | "data-cr"
  | "data-lf"
  | "trailer"
  | "trailer-lf"
  | "done"
  | "broken";

/**
 * Follows a body in chunked coding (RFC 9112 section 7.1) byte for byte, however it is cut into buffers. It copies nothing: it says
 * where the body ends, so that its bytes can be passed on as they came, and hands the content to a sink when there is one.
 *
 * Invariant: the same bytes give the same end or the same broken rule, however they are cut.
 */
export class ChunkScanner {
  broken: RuleName | undefined;
  /** Bytes of content so far. */
  contentBytes = 0;
  /** The trailer lines, each ended by CRLF, once it is done. */
  trailers = "";

  #state: State = "size";
  #size = 0;
  #digits = 0;
  #left = 0;
  #line = "";
  readonly #isRequest: boolean;

  constructor(options: { readonly isRequest: boolean }) {
    this.#isRequest = options.isRequest;
  }

  reset(): void {
    this.broken = undefined;
    this.contentBytes = 0;
    this.trailers = "";
    this.#state = "size";
    this.#size = this.#digits = this.#left = 0;
    this.#line = "";
  }

  get isDone(): boolean {
    return this.#state === "done";
  }

  /** Goes on with `body[from, to)`. Gives the place after the last byte that is of the body; look at `isDone` and `broken` then. */
  scan(body: Buffer, from: number, to: number, sink?: ContentSink): number {
    let at = from;
    while (at < to) {
      if (this.#state === "data") {
        const end = Math.min(to, at + this.#left);
        this.#left -= end - at;
        this.contentBytes += end - at;
        sink?.(body, at, end);
        at = end;
        if (this.#left === 0) this.#state = "data-cr";
        continue;
      }
      const broken = this.#step(body[at] ?? 0);
      at++;
      if (broken !== undefined) {
        this.broken = broken;
        this.#state = "broken";
        return at;
      }
      if (this.#state === "done") return at;
    }
    return at;
  }

  #step(byte: number): RuleName | undefined {
    switch (this.#state) {
      case "size":
        return this.#stepSize(byte);
      case "extension":
        return this.#stepExtension(byte);
      case "size-lf":
        return this.#endSizeLine(byte);
      case "data-cr":
        this.#state = "data-lf";
        return byte === cr ? undefined : "chunk-data-end";
      case "data-lf":
        this.#state = "size";
        this.#size = this.#digits = 0;
        return byte === lf ? undefined : "chunk-data-end";
      case "trailer":
      case "trailer-lf":
        return this.#stepTrailer(byte);
      case "data":
      case "done":
      case "broken":
        return "chunk-size"; // `scan` never comes here
    }
  }

  #stepSize(byte: number): RuleName | undefined {
    const value = hexValue[byte] ?? 255;
    if (value !== 255) {
      if (++this.#digits > limits.chunkSizeDigits) return "chunk-size-huge";
      this.#size = this.#size * 16 + value;
      return undefined;
    }
    if (this.#digits === 0) return "chunk-size";
    if (byte === cr) this.#state = "size-lf";
    else if (byte === semicolon) {
      this.#line = ";";
      this.#state = "extension";
    } else return byte === lf ? "chunk-line-end" : "chunk-size";
    return undefined;
  }

  #stepExtension(byte: number): RuleName | undefined {
    if (byte === lf) return "chunk-line-end";
    if (byte !== cr) {
      this.#line += String.fromCharCode(byte);
      return this.#line.length > limits.chunkLineBytes ? "chunk-line-length" : undefined;
    }
    this.#state = "size-lf";
    return extensions.test(this.#line) ? undefined : "chunk-extension";
  }

  #endSizeLine(byte: number): RuleName | undefined {
    if (byte !== lf) return "chunk-line-end";
    this.#line = "";
    this.#left = this.#size;
    this.#state = this.#size === 0 ? "trailer" : "data";
    return undefined;
  }

  /** Collects the trailer section up to its empty line; its lines are looked at when it is whole. */
  #stepTrailer(byte: number): RuleName | undefined {
    if (this.#state === "trailer-lf") {
      if (byte !== lf) return "bare-cr";
      this.#line += "\n";
      this.#state = "trailer";
      if (this.#line !== "\r\n" && !this.#line.endsWith("\r\n\r\n")) return undefined;
      this.trailers = this.#line.slice(0, -2);
      this.#state = "done";
      return checkTrailers(this.trailers, this.#isRequest);
    }
    if (byte === lf) return "bare-lf";
    if (byte === cr) this.#state = "trailer-lf";
    this.#line += String.fromCharCode(byte);
    return this.#line.length > limits.trailerBytes ? "trailer-length" : undefined;
  }
}

/** RFC 9112 section 7.1.1, without the whitespace that it calls bad. */
const extensions =
  /^(?:;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[\t !\x23-\x5b\x5d-\x7e]|\\[\t\x20-\x7e])*"))?)+$/;
