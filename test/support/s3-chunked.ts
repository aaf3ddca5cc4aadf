import { hash } from "node:crypto";
import type { AccessKeyRecord } from "#objects/records.ts";
import { deriveSigningKey, emptySha256, scopeText, sign } from "#objects/s3/auth/signing-key.ts";
import { basicTime } from "#objects/s3/auth/signing-time.ts";

/** Signed chunks as a client sends them, each with its header and end, the empty one last (with the end of the body). */
export function chunkedBody(of: {
  readonly data: Buffer;
  readonly chunkBytes: number;
  readonly seed: string;
  readonly key: AccessKeyRecord;
  readonly now: number;
}): readonly Buffer[] {
  const dateTime = basicTime(of.now);
  const scope = { date: dateTime.slice(0, 8), region: "us-east-1" };
  const signingKey = deriveSigningKey(of.key.secretAccessKey, scope);
  let signature = of.seed;
  const chunks: Buffer[] = [];
  for (let at = 0; ; at += of.chunkBytes) {
    const piece = of.data.subarray(at, at + of.chunkBytes);
    const hashes = `${emptySha256}\n${hash("sha256", piece, "hex")}`;
    signature = sign(
      signingKey,
      `AWS4-HMAC-SHA256-PAYLOAD\n${dateTime}\n${scopeText(scope)}\n${signature}\n${hashes}`,
    );
    const header = Buffer.from(`${piece.length.toString(16)};chunk-signature=${signature}\r\n`);
    chunks.push(Buffer.concat([header, piece, Buffer.from("\r\n")]));
    if (piece.length === 0) return chunks;
  }
}
