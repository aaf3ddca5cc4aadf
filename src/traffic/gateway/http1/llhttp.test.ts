import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ChunkScanner } from "./chunk-scanner.ts";
import { HeadText } from "./head-text.ts";
import { RequestHeadReader } from "./request-head.ts";

/** The request vectors of llhttp (MIT), which is the parser of Node; they are data beside the repository and not part of it. */
const folder = join(import.meta.dirname, "../../../../../shared/data/http/llhttp");

interface Vector {
  readonly name: string;
  readonly bytes: string;
  /** What llhttp says, one event a line. */
  readonly log: string;
  /** Strict mode; a lenient one takes what a strict reader must not. */
  readonly isStrict: boolean;
}

function vectorsOf(file: string): Vector[] {
  const text = readFileSync(join(folder, file), "utf8");
  const sections = text.split(/^#{2,3} /m).slice(1);
  return sections.flatMap((section) => {
    const type = /<!-- meta=(\{.*\}) -->/.exec(section)?.[1] ?? "";
    const http = /```http\n([\s\S]*?)\n```/.exec(section)?.[1];
    const log = /```log\n([\s\S]*?)\n```/.exec(section)?.[1];
    if (http === undefined || log === undefined || !type.includes('"request')) return [];
    return [
      {
        name: `${file}: ${section.slice(0, section.indexOf("\n"))}`,
        bytes: bytesOf(http),
        log,
        isStrict: !type.includes("lenient"),
      },
    ];
  });
}

/** llhttp's own way of writing bytes: lines end with CRLF, a backslash at a line's end joins it, escapes stand for bytes. */
function bytesOf(http: string): string {
  return Buffer.from(
    http
      .replaceAll(/\\(\r\n|\r|\n)/g, "")
      .replaceAll(/\r\n|\r|\n/g, "\r\n")
      .replaceAll("\\r", "\r")
      .replaceAll("\\n", "\n")
      .replaceAll("\\t", "\t")
      .replaceAll("\\f", "\f")
      .replaceAll(/\\x([0-9A-Fa-f]+)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "utf8",
  ).toString("latin1");
}

interface Framed {
  readonly method: string;
  readonly body: string;
}

/** All requests that we find before we refuse, or before the bytes end. */
function ourFraming(bytes: string): { readonly requests: Framed[]; readonly refused: string | undefined } {
  const buffer = Buffer.from(bytes, "latin1");
  const text = new HeadText();
  const reader = new RequestHeadReader();
  const requests: Framed[] = [];
  for (let at = 0; at < buffer.length;) {
    const found = text.find(buffer, at);
    if (typeof found === "string") return { requests, refused: found };
    if (found === -1) break;
    const broken = reader.read(text.text, text.from, text.end);
    if (broken !== undefined) return { requests, refused: broken };
    at = found;
    let body = "";
    if (reader.head.framing === "length") {
      body = bytes.slice(at, at + reader.head.contentLength);
      at += reader.head.contentLength;
    } else if (reader.head.framing === "chunks") {
      const scanner = new ChunkScanner({ isRequest: true });
      at = scanner.scan(
        buffer,
        at,
        buffer.length,
        (piece, from, to) => (body += piece.toString("latin1", from, to)),
      );
      if (scanner.broken !== undefined) return { requests, refused: scanner.broken };
      if (!scanner.isDone) break;
    }
    if (at > buffer.length) break;
    requests.push({ method: reader.head.method, body });
  }
  return { requests, refused: undefined };
}

/** The messages that llhttp completed. */
function theirFraming(log: string): { readonly requests: Framed[]; readonly refused: boolean } {
  const requests: Framed[] = [];
  let method = "";
  let body = "";
  for (const line of log.split("\n")) {
    if (/message begin/.test(line)) method = body = "";
    method += /span\[method\]="(.*)"$/.exec(line)?.[1] ?? "";
    const piece = /span\[body\]=(.*)$/.exec(line)?.[1];
    if (piece === "cr") body += "\r";
    else if (piece === "lf") body += "\n";
    else if (piece !== undefined) body += piece.slice(1, -1);
    if (/message complete/.test(line)) requests.push({ method, body });
  }
  return { requests, refused: /error code=(?!2[12]\b)/.test(log) };
}

const isThere = existsSync(folder);

describe("llhttp's vectors", { skip: isThere ? false : "../shared/data/http/llhttp is not here" }, () => {
  const vectors = isThere
    ? readdirSync(folder)
        .filter((file) => file.endsWith(".md"))
        .flatMap(vectorsOf)
    : [];

  test("there are more than 150 of requests", () => {
    assert.ok(vectors.length > 150, String(vectors.length));
  });

  for (const { name, bytes, log, isStrict } of vectors)
    test(`is framed as llhttp frames it, or refused: ${name}`, () => {
      const ours = ourFraming(bytes);
      const theirs = theirFraming(log);
      // A method that is unknown to llhttp is no matter of framing; instances may know it.
      if (/reason="(?:Invalid method|Expected SOURCE method)/.test(log)) return;
      // In a lenient mode llhttp takes what we must refuse; there it is only no oracle for what we accept.
      for (const [n, request] of ours.requests.entries()) {
        if (!isStrict && theirs.requests[n] === undefined) continue;
        assert.deepEqual(request, theirs.requests[n], `request ${n} of ${JSON.stringify(bytes)}`);
      }
      if (isStrict && theirs.refused && ours.refused === undefined)
        assert.ok(
          ours.requests.length <= theirs.requests.length,
          "what llhttp refuses is not a request of ours",
        );
    });
});
