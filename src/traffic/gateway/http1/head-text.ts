import { cr } from "./bytes.ts";
import { hasBareLf } from "./request-head.ts";
import { limits, type RuleName } from "./rules.ts";

/** Nearly all heads are shorter, so of a buffer full of body no more than this becomes text. */
const windowBytes = 4_096;

/**
 * Finds the heads of requests in what arrives. Text is made of a window of the buffer, once for all requests that came together;
 * what is not a whole head yet is kept as text.
 */
export class HeadText {
  text = "";
  /** In `text`: where the head begins, and where the empty line after it begins. */
  from = 0;
  end = 0;
  /** A part of a head has come. */
  get isPartial(): boolean {
    return this.#partial !== "";
  }

  #partial = "";
  #buffer: Buffer | undefined;
  #windowFrom = 0;

  /**
   * Looks for a head that begins at `at`, or that goes on there; the buffer is filled up to `to`. Gives the place in the buffer
   * after it; -1: not all of it has come, and the buffer is done with; or the rule that is broken already.
   */
  find(buffer: Buffer, at: number, to = buffer.length): number | RuleName {
    const before = this.#partial.length;
    if (before === 0 && this.#buffer === buffer && at - this.#windowFrom < this.text.length) {
      const found = this.#search(at - this.#windowFrom, at - this.#windowFrom);
      if (typeof found === "string") return found;
      if (found !== -1) return this.#windowFrom + found;
    }
    for (let size = windowBytes; ; size = limits.headBytes + 4) {
      this.text = this.#partial + buffer.toString("latin1", at, Math.min(to, at + size));
      this.#windowFrom = at - before;
      this.#buffer = buffer;
      const found = this.#search(0, Math.max(0, before - 3));
      if (typeof found === "string") return found;
      if (found !== -1) {
        this.#partial = "";
        if (before > 0) this.#buffer = undefined;
        return this.#windowFrom + found;
      }
      if (at + size >= to || this.text.length > limits.headBytes) return this.#keepPartial(before);
    }
  }

  /** The buffer is done with: nothing of it is looked at again. */
  forget(): void {
    this.#buffer = undefined;
    this.text = "";
  }

  /** Gives the place in `text` after the head, or -1. */
  #search(from: number, searchFrom: number): number | RuleName {
    const { text } = this;
    // One empty line before a request is left out (RFC 9112 section 2.2).
    const start = text.charCodeAt(from) === cr && text.charCodeAt(from + 1) === 10 ? from + 2 : from;
    const first = text.charCodeAt(start);
    if (first < 65 || first > 90)
      if (!(first === cr && start === from && text.length === from + 1)) return startRule(text, start);
    const end = text.indexOf("\r\n\r\n", Math.max(start, searchFrom));
    if (end === -1) return -1;
    if (end + 4 - start > limits.headBytes)
      return hasBareLf(text, start, start + limits.headBytes) ? "bare-lf" : "head-length";
    this.from = start;
    this.end = end + 2;
    return end + 4;
  }

  #keepPartial(before: number): -1 | RuleName {
    const { text } = this;
    const start = text.startsWith("\r\n") ? 2 : 0;
    if (hasBareLf(text, Math.max(start, before - 1), Math.min(text.length, start + limits.headBytes)))
      return "bare-lf";
    if (text.length - start >= limits.headBytes) return "head-length";
    this.#partial = text;
    this.forget();
    return -1;
  }
}

/** A request that does not begin with a capital letter, such as a TLS greeting on a plain port, is refused at its first byte. */
function startRule(text: string, at: number): RuleName {
  return text.charCodeAt(at) === 0 ? "nul-byte" : "request-start";
}
