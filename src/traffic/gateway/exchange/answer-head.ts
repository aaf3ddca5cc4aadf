import type { Framing, ResponseHead } from "./client-side.ts";

/** A final head. For HTTP/1.1 its text is kept as one; HTTP/2 asks for the lines alone. */
export class AnswerHead implements ResponseHead {
  status: number;
  reason: string;
  raw: string;
  framing: Framing;
  contentLength: number;
  bodyText: string | undefined;
  close: boolean;

  constructor(
    raw: string,
    options: {
      readonly status: number;
      readonly reason: string;
      readonly framing: Framing;
      readonly contentLength: number;
    },
  ) {
    this.raw = raw;
    this.status = options.status;
    this.reason = options.reason;
    this.framing = options.framing;
    this.contentLength = options.contentLength;
    this.bodyText = undefined;
    this.close = false;
  }

  get fields(): string {
    return afterFirstLine(this.raw);
  }

  /** Changes the lines and keeps the status line. */
  edit(change: (fields: string) => string): void {
    const at = this.raw.indexOf("\r\n") + 2;
    this.raw = this.raw.slice(0, at) + change(this.raw.slice(at));
  }
}

export function afterFirstLine(raw: string): string {
  return raw.slice(raw.indexOf("\r\n") + 2);
}
