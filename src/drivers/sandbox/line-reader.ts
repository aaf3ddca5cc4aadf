import type { Readable } from "node:stream";

/** A line that is longer comes in pieces. */
const maxLine = 16 * 1024;

/** Hands on every line of a stream, and what is left at its end; resolves then. */
export async function lineReader(stream: Readable, onLine: (line: string) => void): Promise<void> {
  let rest = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) {
    const lines = `${rest}${String(chunk)}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
    if (rest.length > maxLine) {
      onLine(rest);
      rest = "";
    }
  }
  if (rest !== "") onLine(rest);
}
