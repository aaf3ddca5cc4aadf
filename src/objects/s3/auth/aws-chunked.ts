import { createHash, hash, type Hash } from "node:crypto";
import { S3Error } from "#objects/s3-error.ts";
import { emptySha256, sameSignature, type Scope, scopeText, sign } from "./signing-key.ts";

/** From the verified signature of the headers, each signed chunk's signature goes on. */
export interface ChunkSeed {
  readonly signature: string;
  readonly signingKey: Uint8Array;
  readonly dateTime: string;
  readonly scope: Scope;
}

export interface ChunkedOptions {
  /** Present when every chunk must be signed. */
  readonly seed?: ChunkSeed;
  /** Whether the form has a trailer; with a seed it is signed. */
  readonly trailer: boolean;
  /** Names in lower case that must come in the trailer, and nothing else may. */
  readonly trailers: readonly string[];
  /** x-amz-decoded-content-length. */
  readonly decodedLength: number;
}

/** A chunk's header with its signature is about 90 bytes; a trailer with the longest checksum is shorter. */
const lineMaxBytes = 1024;
const trailerMaxBytes = 4096;
const lineFeed = 10;
const unsignedHeader = /^([0-9a-fA-F]{1,12})$/;
const signedHeader = /^([0-9a-fA-F]{1,12});chunk-signature=([0-9a-f]{64})$/;

/**
 * Takes aws-chunked apart ("Transferring payload in multiple chunks" of the Amazon S3 API reference). It holds back no data: a chunk's bytes are given out
 * before its signature could be checked, so whoever stores them must not commit before `finish` has returned.
 */
export class ChunkedDecoder {
  readonly #options: ChunkedOptions;
  /** The beginning of a line whose end has not come. */
  #partial = "";
  readonly #trailers = new Map<string, string>();
  #state: "header" | "data" | "data-end" | "trailer" | "done" = "header";
  /** Bytes of the present chunk that are still to come. */
  #remaining = 0;
  #decoded = 0;
  #trailerBytes = 0;
  #trailerSigned = false;
  #signature: string;
  #chunkSignature = "";
  #chunkHash: Hash | undefined;

  constructor(options: ChunkedOptions) {
    this.#options = options;
    this.#signature = options.seed?.signature ?? "";
  }

  /** The data in `bytes`, as views of it. Throws S3Error at the first byte that is not as signed or announced. */
  push(bytes: Uint8Array): readonly Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === "data") {
        const piece = bytes.subarray(at, at + this.#remaining);
        at += piece.length;
        this.#takeData(piece);
        pieces.push(piece);
      } else if (this.#state === "done") {
        throw new S3Error("InvalidRequest", "The body goes on after its final chunk.");
      } else {
        at = this.#readLine(bytes, at);
      }
    }
    return pieces;
  }

  /** What the trailer said. Throws IncompleteBody when the body ended early. */
  finish(): ReadonlyMap<string, string> {
    if (this.#state !== "done") throw new S3Error("IncompleteBody", "The final chunk did not come.");
    return this.#trailers;
  }

  #readLine(bytes: Uint8Array, at: number): number {
    const end = bytes.indexOf(lineFeed, at);
    const until = end === -1 ? bytes.length : end;
    if (this.#partial.length + until - at > lineMaxBytes) throw malformed();
    const line =
      this.#partial + Buffer.from(bytes.buffer, bytes.byteOffset + at, until - at).toString("latin1");
    this.#partial = end === -1 ? line : "";
    if (end === -1) return until;
    this.#takeLine(line);
    return end + 1;
  }

  #takeData(piece: Uint8Array): void {
    this.#chunkHash?.update(piece);
    this.#remaining -= piece.length;
    if (this.#remaining > 0) return;
    this.#checkChunk();
    this.#state = "data-end";
  }

  #takeLine(line: string): void {
    if (this.#state === "trailer") {
      this.#takeTrailerLine(line.endsWith("\r") ? line.slice(0, -1) : line);
      return;
    }
    if (!line.endsWith("\r")) throw malformed();
    if (this.#state === "header") this.#takeHeader(line.slice(0, -1));
    else if (line === "\r") this.#state = "header";
    else throw malformed();
  }

  #takeHeader(line: string): void {
    const match = (this.#options.seed === undefined ? unsignedHeader : signedHeader).exec(line);
    if (match === null) throw malformed();
    const size = Number.parseInt(match[1] ?? "", 16);
    this.#chunkSignature = match[2] ?? "";
    this.#decoded += size;
    if (
      this.#decoded > this.#options.decodedLength ||
      (size === 0 && this.#decoded < this.#options.decodedLength)
    )
      throw new S3Error("IncompleteBody", "The body's length is not what x-amz-decoded-content-length says.");
    this.#remaining = size;
    this.#state = size === 0 ? "trailer" : "data";
    this.#chunkHash = this.#options.seed === undefined ? undefined : createHash("sha256");
    if (size === 0) this.#checkChunk();
  }

  #takeTrailerLine(line: string): void {
    this.#trailerBytes += line.length + 1;
    if (this.#trailerBytes > trailerMaxBytes) throw new S3Error("MalformedTrailerError");
    const signed = this.#options.trailer && this.#options.seed !== undefined;
    if (line === "") {
      // The documentation's own example has an empty line before the trailer's signature.
      if (!signed || this.#trailerSigned) this.#end();
      return;
    }
    if (this.#trailerSigned) throw new S3Error("MalformedTrailerError");
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (colon > 0 && signed && name === "x-amz-trailer-signature") {
      this.#checkTrailer(value);
      return;
    }
    if (colon < 1 || !this.#options.trailers.includes(name) || this.#trailers.has(name))
      throw new S3Error("MalformedTrailerError", "The trailer holds what x-amz-trailer did not announce.");
    this.#trailers.set(name, value);
  }

  #end(): void {
    if (this.#trailers.size !== this.#options.trailers.length)
      throw new S3Error("MalformedTrailerError", "The trailer lacks what x-amz-trailer announced.");
    this.#state = "done";
  }

  #checkChunk(): void {
    if (this.#chunkHash === undefined) return;
    this.#continueChain("PAYLOAD", `${emptySha256}\n${this.#chunkHash.digest("hex")}`, this.#chunkSignature);
  }

  #checkTrailer(signature: string): void {
    const text = [...this.#trailers].map(([name, value]) => `${name}:${value}\n`).join("");
    this.#continueChain("TRAILER", hash("sha256", text, "hex"), signature);
    this.#trailerSigned = true;
  }

  #continueChain(kind: "PAYLOAD" | "TRAILER", hashes: string, given: string): void {
    const seed = this.#options.seed;
    if (seed === undefined) return;
    const text = `AWS4-HMAC-SHA256-${kind}\n${seed.dateTime}\n${scopeText(seed.scope)}\n${this.#signature}\n${hashes}`;
    const expected = sign(seed.signingKey, text);
    if (!sameSignature(expected, given))
      throw new S3Error("SignatureDoesNotMatch", "A chunk's signature does not match.");
    this.#signature = expected;
  }
}

function malformed(): S3Error {
  return new S3Error("InvalidRequest", "The body is not well-formed aws-chunked.");
}
