import { isForbiddenTrailer } from "./field-names.ts";
import type { RuleName } from "./rules.ts";

const line = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Checks a trailer section: lines that each end with CRLF. A trailer that frames, directs or authenticates is refused and
 * not left out, because chunks are passed on as they are.
 */
export function checkTrailers(trailers: string, isRequest: boolean): RuleName | undefined {
  if (trailers === "") return undefined;
  for (const text of trailers.slice(0, -2).split("\r\n")) {
    const name = line.exec(text)?.[1];
    if (name === undefined) return "trailer-line";
    // An instance may say in a trailer what it learned late, such as Server-Timing or ETag; never how to read the message.
    if (isForbiddenTrailer(name.toLowerCase())) return "trailer-forbidden";
    if (isRequest && name.includes("_")) return "trailer-forbidden";
  }
  return undefined;
}
