/**
 * What one core does of the work at the door: header-signed GETs admitted in a second, and MiB/s of a body through its checks.
 * Run it alone: `node bench/objects/admission.bench.ts`.
 */
import { checksumOf } from "#objects/checksum/checksum.ts";
import { admit } from "#objects/s3/auth/admit.ts";
import { CheckedBody } from "#objects/s3/auth/body.ts";
import type { BodyClaims } from "#objects/s3/auth/body-claims.ts";
import { signRequest } from "#objects/s3/auth/sign.ts";
import {
  chooseOperation,
  exampleCredentials,
  exampleTime,
  rawRequest,
  stillClock,
  testAdmission,
} from "#test/support/s3-auth.ts";

const pieceBytes = 64 * 1024;
const bodyBytes = 256 * 1024 * 1024;

async function admissionsPerSecond(count: number): Promise<number> {
  const admission = testAdmission();
  const raws = Array.from({ length: 1000 }, (_, index) => {
    const request = {
      method: "GET",
      host: "s3.example.test:9000",
      path: `/examplebucket/photos/2026/${index}.jpg`,
      headers: { "x-amz-user-agent": "aws-sdk-js/3.1169.0", "x-amz-checksum-mode": "ENABLED" },
    };
    const signed = signRequest(request, exampleCredentials, { now: exampleTime, payload: new Uint8Array() });
    const others = [
      "accept",
      "*/*",
      "user-agent",
      "aws-sdk-js/3.1169.0 os/linux",
      "connection",
      "keep-alive",
    ];
    return rawRequest({
      target: signed.target,
      headers: [...Object.entries(signed.headers).flat(), ...others],
    });
  });
  const began = process.cpuUsage();
  for (let index = 0; index < count; index += 1) {
    const raw = raws[index % raws.length];
    if (raw !== undefined) await admit(raw, chooseOperation, admission);
  }
  return count / cpuSeconds(began);
}

async function bodyMiBPerSecond(
  claims: BodyClaims,
  frame: (piece: Buffer) => readonly Buffer[],
): Promise<number> {
  const piece = Buffer.alloc(pieceBytes, "x");
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bodyBytes; at += pieceBytes) yield* frame(piece);
    if (claims.chunked !== undefined) yield Buffer.from("0\r\n\r\n");
  }
  const body = new CheckedBody(source(), claims, stillClock(0));
  const began = process.cpuUsage();
  try {
    for await (const _ of body.chunks);
  } catch {
    // The claimed SHA-256 is nobody's: it is computed all the same.
  }
  return bodyBytes / 1024 / 1024 / cpuSeconds(began);
}

function cpuSeconds(began: NodeJS.CpuUsage): number {
  return process.cpuUsage(began).user / 1e6;
}

const whole = (piece: Buffer): readonly Buffer[] => [piece];
const chunked = (piece: Buffer): readonly Buffer[] => [
  Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]),
];
const unsigned = { trailer: true, trailers: [], decodedLength: bodyBytes };

checksumOf("CRC64NVME", Buffer.alloc(pieceBytes)); // The kernel is assembled at its first use.
await admissionsPerSecond(20_000);
console.log(`admit, header-signed GET: ${Math.round(await admissionsPerSecond(200_000))}/s`);
const lines: readonly (readonly [string, BodyClaims, typeof whole])[] = [
  ["MD5 + CRC64NVME", {}, whole],
  ["MD5 + CRC64NVME + SHA-256", { sha256: "0".repeat(64) }, whole],
  ["MD5 + CRC64NVME, aws-chunked", { chunked: unsigned }, chunked],
];
for (const [name, claims, frame] of lines)
  console.log(`${name}: ${Math.round(await bodyMiBPerSecond(claims, frame))} MiB/s`);
