import type { Readable } from "node:stream";

/** The program gave more than it may. */
export class TooMuchOutput extends Error {
  override readonly name = "TooMuchOutput";
}

/** What the program wrote is no list of outputs. */
export class NoOutputs extends Error {
  override readonly name = "NoOutputs";
}

/** Bytes that the line of lengths may have for each output. */
const lengthBytes = 12;
const lineFeed = 10;

/** Reads a stream to its end; keeps at most `maxBytes` and then throws `TooMuchOutput`. */
export async function readBounded(stream: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const part = chunk as Buffer; // a pipe without an encoding gives buffers
    bytes += part.length;
    if (bytes > maxBytes) throw new TooMuchOutput(`it gave more than ${maxBytes} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

/** The end of a stream as text; all of it is read, so that its writer is never held up. */
export async function lastWords(stream: Readable, maxBytes: number): Promise<string> {
  let kept: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of stream) kept = Buffer.concat([kept, chunk as Buffer]).subarray(-maxBytes); // as above
  } catch {
    return ""; // it was killed: there are no words
  }
  return kept.toString("utf8").trim();
}

/** Room that `count` outputs of `bytes` together need on standard output. */
export function roomFor(count: number, bytes: number): number {
  return bytes + (count + 1) * lengthBytes;
}

/** Cuts what a program wrote into its outputs. Throws `NoOutputs`. */
export function outputsOf(written: Buffer): Uint8Array<ArrayBuffer>[] {
  const end = written.indexOf(lineFeed);
  if (end < 0) throw new NoOutputs("it gave no outputs");
  const words = written
    .toString("latin1", 0, end)
    .split(" ")
    .filter((word) => word !== "");
  if (words.some((word) => !/^\d{1,10}$/.test(word))) throw new NoOutputs("it gave no lengths of outputs");
  let at = end + 1;
  const outputs = words.map((word) => {
    const bytes = written.subarray(at, at + Number(word));
    at += Number(word);
    return new Uint8Array(bytes);
  });
  if (at !== written.length) throw new NoOutputs("its outputs are not as long as it says");
  return outputs;
}
