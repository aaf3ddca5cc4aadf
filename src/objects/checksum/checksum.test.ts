import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { test } from "node:test";
import fc from "fast-check";
import type { ChecksumAlgorithm } from "#objects/records.ts";
import {
  checksumBytes,
  checksumOf,
  checksumStream,
  parseChecksum,
  type StreamAlgorithm,
} from "./checksum.ts";
import { combineChecksums, compositeChecksum } from "./combine.ts";
import type { CrcKind } from "./crc-code.ts";
import { crcKinds } from "./crc-kernel.ts";
import { isCrc, type CrcAlgorithm } from "./crc.ts";

const digits = Buffer.from("123456789");
/** The check values of the catalogue of parametrised CRC algorithms, of RFC 1321 and of FIPS 180-4. */
const checks: Readonly<Record<StreamAlgorithm, string>> = {
  CRC32: "cbf43926",
  CRC32C: "e3069283",
  CRC64NVME: "ae8b14860a799888",
  SHA1: "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
  SHA256: "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
  MD5: "25f9e794323b453885f5181f1b624d0b",
};
// The names of the constant table are the algorithms.
const algorithms = Object.keys(checks) as StreamAlgorithm[];
const crcs: readonly CrcAlgorithm[] = algorithms.filter(isCrc);

/** Bit by bit, from the definition: the oracle. */
function referenceCrc({ bytes: width, polynomial }: CrcKind, bytes: Uint8Array): Buffer {
  const ones = (1n << BigInt(width * 8)) - 1n;
  let register = ones;
  for (const byte of bytes) {
    register ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) register = (register >> 1n) ^ (register & 1n ? polynomial : 0n);
  }
  return Buffer.from((register ^ ones).toString(16).padStart(width * 2, "0"), "hex");
}

for (const algorithm of algorithms)
  test(`${algorithm} of the nine digits is the published check value`, () => {
    const stream = checksumStream(algorithm);
    stream.update(digits);
    const digest = stream.digest();
    assert.equal(digest.toString("hex"), checks[algorithm]);
    assert.equal(digest.length, checksumBytes[algorithm]);
    assert.equal(checksumOf(algorithm, digits), Buffer.from(checks[algorithm], "hex").toString("base64"));
  });

test("a CRC of pieces cut anywhere is the bitwise CRC of the whole", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...crcs),
      fc.array(fc.uint8Array({ maxLength: 70, size: "max" }), { maxLength: 6, size: "max" }),
      (algorithm, pieces) => {
        const stream = checksumStream(algorithm);
        for (const piece of pieces) stream.update(piece);
        assert.deepEqual(stream.digest(), referenceCrc(crcKinds[algorithm], Buffer.concat(pieces)));
      },
    ),
    { numRuns: 300 },
  );
});

test("MD5s of messages that come at the same time, cut anywhere, are those of OpenSSL", () => {
  const source = createHash("shake256", { outputLength: 700_000 }).update("seed").digest();
  const piece = fc.record({ message: fc.nat(6), size: fc.oneof(fc.nat(200), fc.nat(90_000)) });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60, size: "max" }), (pieces) => {
      const ours = Array.from({ length: 7 }, () => checksumStream("MD5"));
      const theirs = ours.map(() => createHash("md5"));
      for (const [index, { message, size }] of pieces.entries()) {
        const bytes = source.subarray(index * 1000, index * 1000 + size);
        ours[message]?.update(bytes);
        theirs[message]?.update(bytes);
      }
      // One that is given up is still beside the others in the next run.
      for (const [index, stream] of ours.slice(1).entries())
        assert.equal(stream.digest().toString("hex"), theirs[index + 1]?.digest("hex"));
    }),
    { numRuns: 60 },
  );
});

test("an MD5 of every length around a block and a run is that of OpenSSL", () => {
  const source = createHash("shake256", { outputLength: 4 * 65_536 + 130 })
    .update("seed")
    .digest();
  for (const about of [0, 64, 65_536, 4 * 65_536])
    for (let length = Math.max(0, about - 66); length < about + 130; length += 1) {
      const bytes = source.subarray(0, length);
      assert.equal(checksumOf("MD5", bytes), createHash("md5").update(bytes).digest("base64"));
    }
});

test("CRCs of bytes longer than the kernel's pieces are those of their parts", () => {
  const bytes = createHash("shake256", { outputLength: 100_003 }).update("seed").digest();
  for (const algorithm of crcs)
    assert.deepEqual(
      Buffer.from(checksumOf(algorithm, bytes), "base64"),
      referenceCrc(crcKinds[algorithm], bytes),
    );
  assert.equal(Buffer.from(checksumOf("CRC32", bytes), "base64").readUInt32BE(), crc32(bytes));
});

test("the FULL_OBJECT checksum of parts is that of the whole", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...crcs),
      fc.array(fc.uint8Array({ maxLength: 300, size: "max" }), { maxLength: 5 }),
      (algorithm, pieces) => {
        const parts = pieces.map((bytes) => ({ value: checksumOf(algorithm, bytes), size: bytes.length }));
        assert.equal(combineChecksums(algorithm, parts), checksumOf(algorithm, Buffer.concat(pieces)));
      },
    ),
  );
});

test("parts beyond four GiB are combined by their true length", () => {
  const size = 5 * 1024 ** 3;
  for (const algorithm of crcs) {
    // A part of zeros is made of two halves of zeros, and so on down to one byte.
    const zeros = (length: number): string => {
      if (length === 1) return checksumOf(algorithm, Uint8Array.of(0));
      const half = { value: zeros(Math.floor(length / 2)), size: Math.floor(length / 2) };
      const even = combineChecksums(algorithm, [half, half]);
      return length % 2 === 0
        ? even
        : combineChecksums(algorithm, [
            { value: even, size: length - 1 },
            { value: zeros(1), size: 1 },
          ]);
    };
    const first = { value: checksumOf(algorithm, digits), size: digits.length };
    const byOne = combineChecksums(algorithm, [first, { value: zeros(size), size }]);
    const half = { value: zeros(size / 2), size: size / 2 };
    assert.equal(byOne, combineChecksums(algorithm, [first, half, half]));
  }
});

test("a COMPOSITE checksum is that of the parts' checksums with their number", () => {
  const composites: readonly ChecksumAlgorithm[] = ["CRC32", "CRC32C", "SHA1", "SHA256"];
  for (const algorithm of composites) {
    const parts = ["a", "b", "c"].map((word) => checksumOf(algorithm, Buffer.from(word)));
    const joined = Buffer.concat(parts.map((part) => Buffer.from(part, "base64")));
    assert.equal(compositeChecksum(algorithm, parts), `${checksumOf(algorithm, joined)}-3`);
  }
});

test("a claimed checksum is read only in its one canonical form", () => {
  assert.equal(parseChecksum("CRC32", "y/Q5Jg==")?.toString("hex"), "cbf43926");
  for (const claim of ["", "y/Q5Jg", "y_Q5Jg==", "y/Q5Jh==", "y/Q5Jg== ", "cbf43926", "ew==", "y/Q5JgA="])
    assert.equal(parseChecksum("CRC32", claim), undefined, claim);
});
