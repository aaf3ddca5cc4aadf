export interface S3Answer {
  readonly status: number;
  /** In lower case. */
  readonly head: string;
  /** Bytes of the body. */
  readonly length: number;
  /** The body when it was asked for, or is that of an error. */
  readonly body: Buffer;
}

/** Reads one HTTP/1.1 answer from pieces that are only valid during the call, without keeping a body that nobody wants. */
export class AnswerParser {
  #keepBody: boolean;
  readonly #body: Buffer[] = [];
  #head = "";
  #isInBody = false;
  #isChunked = false;
  /** Bytes of the body, or of the chunk with its line end, that are still to come. */
  #rest = 0;
  #length = 0;
  #line = "";
  #isLastChunk = false;

  constructor(keepBody: boolean) {
    this.#keepBody = keepBody;
  }

  /** The answer when this piece completes it. */
  push(piece: Buffer): S3Answer | undefined {
    let rest = piece;
    if (!this.#isInBody) {
      const text = this.#head + rest.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) {
        this.#head = text;
        return undefined;
      }
      rest = rest.subarray(end + 4 - this.#head.length);
      this.#head = text.slice(0, end).toLowerCase();
      this.#beginBody();
    }
    const isDone = this.#isChunked ? this.#pushChunks(rest) : this.#pushPlain(rest);
    if (!isDone) return undefined;
    return {
      status: this.#status(),
      head: this.#head,
      length: this.#length,
      body: Buffer.concat(this.#body),
    };
  }

  #status(): number {
    return Number(this.#head.slice(9, 12));
  }

  #beginBody(): void {
    this.#isInBody = true;
    if (this.#status() >= 300) this.#keepBody = true;
    this.#isChunked = /\r\ntransfer-encoding: *chunked/.test(this.#head);
    this.#rest = this.#isChunked ? 0 : Number(/\r\ncontent-length: *(\d+)/.exec(this.#head)?.[1] ?? 0);
  }

  #pushPlain(piece: Buffer): boolean {
    this.#take(piece);
    this.#rest -= piece.length;
    return this.#rest <= 0;
  }

  #pushChunks(piece: Buffer): boolean {
    let at = 0;
    while (at < piece.length) {
      if (this.#rest > 0) {
        const taken = Math.min(this.#rest, piece.length - at);
        // The last two bytes of what is left are the line end.
        const content = Math.max(0, Math.min(taken, this.#rest - 2));
        this.#take(piece.subarray(at, at + content));
        this.#rest -= taken;
        at += taken;
        if (this.#rest === 0 && this.#isLastChunk) return true;
        continue;
      }
      const character = String.fromCharCode(piece[at] ?? 0);
      at += 1;
      if (character !== "\n") {
        this.#line += character;
        continue;
      }
      const size = Number.parseInt(this.#line, 16);
      this.#line = "";
      this.#isLastChunk = size === 0;
      this.#rest = size + 2;
    }
    return false;
  }

  #take(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#keepBody) this.#body.push(Buffer.from(piece));
  }
}
