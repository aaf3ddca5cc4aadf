import { S3Error } from "#objects/s3-error.ts";

/** A browser's form up to its file; what follows the file is ignored, as S3 does. */
export interface Form {
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly fileName: string;
  /** The file's bytes. Must be read to the end. */
  readonly file: AsyncIterable<Uint8Array>;
}

const fieldsMax = 64;
const fieldMaxBytes = 20 * 1024;
const partHeaderMaxBytes = 4 * 1024;
/** What may follow the file: a submit button and the end. */
const epilogueMaxBytes = 64 * 1024;

/** The boundary of multipart/form-data (RFC 2046 section 5.1.1), or undefined when `contentType` is something else. */
export function formBoundary(contentType: string): string | undefined {
  const match =
    /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s";,]{1,70}))\s*(?:;.*)?$/i.exec(
      contentType,
    );
  return match?.[1] ?? match?.[2];
}

/** Reads the fields before the file (RFC 7578). Throws MalformedPOSTRequest, and MaxPostPreDataLengthExceededError when they are too large. */
export async function parseForm(body: AsyncIterable<Uint8Array>, boundary: string): Promise<Form> {
  const source = new DelimitedSource(body);
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  // The first delimiter has no line before it; giving it one makes all alike.
  source.unread(Buffer.from("\r\n"));
  await source.until(delimiter, partHeaderMaxBytes);
  const fields = new Map<string, string>();
  for (;;) {
    const line = await source.until(lineEnd, 2 + partHeaderMaxBytes);
    if (line.length !== 0)
      throw malformed(line.toString("latin1").startsWith("--") ? "it has no file" : "its boundary goes on");
    const { name, fileName } = await partHeader(source);
    if (name === "file")
      return { fields, fileName: fileName ?? "", file: source.streamUntil(delimiter, epilogueMaxBytes) };
    if (fields.size >= fieldsMax) throw new S3Error("MaxPostPreDataLengthExceededError");
    if (fields.has(name)) throw malformed(`the field ${name} comes twice`);
    fields.set(name, (await source.until(delimiter, fieldMaxBytes)).toString("utf8"));
  }
}

const lineEnd = Buffer.from("\r\n");

async function partHeader(
  source: DelimitedSource,
): Promise<{ readonly name: string; readonly fileName?: string }> {
  let disposition = "";
  for (let rest = partHeaderMaxBytes; ;) {
    const line = (await source.until(lineEnd, rest)).toString("utf8");
    rest -= line.length;
    if (line === "") break;
    if (/^content-disposition:/i.test(line)) disposition = line;
  }
  const parameter = (name: string): string | undefined =>
    new RegExp(`;\\s*${name}="((?:[^"\\\\]|\\\\.)*)"`, "i")
      .exec(disposition)?.[1]
      ?.replace(/\\(["\\])/g, "$1") ?? new RegExp(`;\\s*${name}=([^\\s";]+)`, "i").exec(disposition)?.[1];
  const name = parameter("name")?.toLowerCase();
  if (name === undefined || name === "") throw malformed("a part has no name");
  const fileName = parameter("filename");
  return fileName === undefined ? { name } : { name, fileName };
}

/** Bytes up to a delimiter that may lie across two pieces. */
class DelimitedSource {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  unread(bytes: Buffer): void {
    this.#held = Buffer.concat([bytes, this.#held]);
  }

  /** What stands before `delimiter`, which is consumed. */
  async until(delimiter: Buffer, maxBytes: number): Promise<Buffer> {
    let from = 0;
    for (;;) {
      const at = this.#held.indexOf(delimiter, from);
      if (at > maxBytes || (at === -1 && this.#held.length > maxBytes + delimiter.length))
        throw new S3Error("MaxPostPreDataLengthExceededError");
      if (at !== -1) {
        const before = this.#held.subarray(0, at);
        this.#held = this.#held.subarray(at + delimiter.length);
        return before;
      }
      from = Math.max(0, this.#held.length - delimiter.length + 1);
      this.append(await this.#next());
    }
  }

  /** The same in pieces, without a limit; then reads on to the end of the source, of which at most `restMaxBytes` are taken. */
  async *streamUntil(delimiter: Buffer, restMaxBytes: number): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const at = this.#held.indexOf(delimiter);
        const safe = at === -1 ? Math.max(0, this.#held.length - delimiter.length + 1) : at;
        if (safe > 0) yield this.#held.subarray(0, safe);
        this.#held = this.#held.subarray(at === -1 ? safe : at + delimiter.length);
        if (at !== -1) break;
        this.append(await this.#next());
      }
      await this.#drain(restMaxBytes);
    } finally {
      await this.#iterator.return?.();
    }
  }

  append(bytes: Uint8Array): void {
    this.#held =
      this.#held.length === 0
        ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
        : Buffer.concat([this.#held, bytes]);
  }

  async #next(): Promise<Uint8Array> {
    const next = await this.#iterator.next();
    if (next.done === true) throw malformed("it ends before its last boundary");
    return next.value;
  }

  async #drain(maxBytes: number): Promise<void> {
    for (let taken = this.#held.length; ;) {
      if (taken > maxBytes) throw malformed("too much follows the file");
      const next = await this.#iterator.next();
      if (next.done === true) return;
      taken += next.value.length;
    }
  }
}

function malformed(what: string): S3Error {
  return new S3Error("MalformedPOSTRequest", `The form is not well-formed multipart/form-data: ${what}.`);
}
