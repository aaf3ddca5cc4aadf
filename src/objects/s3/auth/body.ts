import { createHash } from "node:crypto";
import type { Clock } from "#lib/clock.ts";
import { assert } from "#lib/assert.ts";
import { checksumStream } from "#objects/checksum/checksum.ts";
import { putMaxBytes } from "#objects/limits.ts";
import type { ChecksumAlgorithm } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { BodyDigest, VerifiedBody } from "../verified.ts";
import { ChunkedDecoder } from "./aws-chunked.ts";
import { type BodyClaims, checksumValue } from "./body-claims.ts";
import { withoutStalls } from "./stall.ts";

/** A body that agrees with what its request says of it, or ends with an error. Its last bytes come before the last check. */
export class CheckedBody implements VerifiedBody {
  readonly size?: number;
  readonly chunks: AsyncIterable<Uint8Array>;
  #digest: BodyDigest | undefined;
  #wanted: ChecksumAlgorithm | undefined;

  constructor(source: AsyncIterable<Uint8Array>, claims: BodyClaims, clock: Clock) {
    if (claims.size !== undefined) this.size = claims.size;
    this.chunks = this.#read(source, claims, clock);
  }

  alsoCompute(algorithm: ChecksumAlgorithm): void {
    this.#wanted = algorithm;
  }

  digest(): BodyDigest {
    assert(this.#digest !== undefined, "the body was read to its end");
    return this.#digest;
  }

  async bytes(maxBytes: number): Promise<Uint8Array> {
    if (this.size !== undefined && this.size > maxBytes) throw new S3Error("EntityTooLarge");
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of this.chunks) {
      size += piece.length;
      if (size > maxBytes) throw new S3Error("EntityTooLarge");
      pieces.push(piece);
    }
    const [only] = pieces;
    return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces, size);
  }

  async *#read(
    source: AsyncIterable<Uint8Array>,
    claims: BodyClaims,
    clock: Clock,
  ): AsyncGenerator<Uint8Array> {
    const wire = new WireCheck(claims);
    const content = new ContentCheck(claims, this.#wanted);
    const decoder = claims.chunked === undefined ? undefined : new ChunkedDecoder(claims.chunked);
    for await (const raw of withoutStalls(source, clock)) {
      wire.update(raw);
      for (const piece of decoder === undefined ? [raw] : gathered(decoder.push(raw))) {
        content.update(piece);
        if (piece.length > 0) yield piece;
      }
    }
    wire.finish();
    this.#digest = content.finish(decoder?.finish());
  }
}

/** SDKs send chunks of a few bytes when their source does: from this many on, one copy is cheaper than hashing each. */
const gatherFrom = 4;

function gathered(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  return pieces.length < gatherFrom ? pieces : [Buffer.concat(pieces)];
}

/** What is said of the bytes as they came. */
class WireCheck {
  readonly #claims: BodyClaims;
  readonly #sha256;
  #size = 0;

  constructor(claims: BodyClaims) {
    this.#claims = claims;
    this.#sha256 = claims.sha256 === undefined ? undefined : createHash("sha256");
  }

  update(raw: Uint8Array): void {
    this.#size += raw.length;
    if (this.#size > (this.#claims.rawSize ?? Infinity))
      throw new S3Error("IncompleteBody", "The body is longer than Content-Length.");
    this.#sha256?.update(raw);
  }

  finish(): void {
    if (this.#claims.rawSize !== undefined && this.#size !== this.#claims.rawSize)
      throw new S3Error("IncompleteBody");
    if (this.#sha256 !== undefined && this.#sha256.digest("hex") !== this.#claims.sha256)
      throw new S3Error("XAmzContentSHA256Mismatch");
  }
}

/** What is said of the decoded bytes, and what is computed of every body. */
class ContentCheck {
  readonly #claims: BodyClaims;
  readonly #md5 = checksumStream("MD5");
  readonly #crc64 = checksumStream("CRC64NVME");
  readonly #algorithm: ChecksumAlgorithm;
  /** Besides CRC-64/NVME. */
  readonly #chosen;
  #size = 0;

  constructor(claims: BodyClaims, wanted: ChecksumAlgorithm | undefined) {
    this.#claims = claims;
    this.#algorithm = claims.checksum?.algorithm ?? wanted ?? "CRC64NVME";
    this.#chosen = this.#algorithm === "CRC64NVME" ? undefined : checksumStream(this.#algorithm);
  }

  update(piece: Uint8Array): void {
    this.#size += piece.length;
    if (this.#size > Math.min(putMaxBytes, this.#claims.sizeRange?.max ?? Infinity))
      throw new S3Error("EntityTooLarge");
    this.#md5.update(piece);
    this.#crc64.update(piece);
    this.#chosen?.update(piece);
  }

  finish(trailers: ReadonlyMap<string, string> | undefined): BodyDigest {
    if (this.#size < (this.#claims.sizeRange?.min ?? 0)) throw new S3Error("EntityTooSmall");
    const md5 = this.#md5.digest();
    if (this.#claims.contentMd5 !== undefined && !md5.equals(this.#claims.contentMd5))
      throw new S3Error("BadDigest", "The Content-MD5 does not match what arrived.");
    const crc64 = this.#crc64.digest();
    const computed = this.#chosen?.digest() ?? crc64;
    const checksums = new Map([
      ["CRC64NVME", crc64.toString("base64")],
      [this.#algorithm, computed.toString("base64")],
    ]);
    const result = { size: this.#size, md5: md5.toString("hex"), checksums };
    const claim = this.#claims.checksum;
    if (claim === undefined) return result;
    if (!computed.equals(claim.value ?? trailingChecksum(claim.algorithm, trailers)))
      throw new S3Error("BadDigest", `The ${claim.algorithm} checksum does not match what arrived.`);
    return { ...result, chosen: claim.algorithm };
  }
}

function trailingChecksum(
  algorithm: NonNullable<BodyClaims["checksum"]>["algorithm"],
  trailers: ReadonlyMap<string, string> | undefined,
): Buffer {
  const name = `x-amz-checksum-${algorithm.toLowerCase()}`;
  return checksumValue(name, algorithm, trailers?.get(name) ?? "");
}
