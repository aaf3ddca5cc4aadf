import assert from "node:assert/strict";
import { createHash, hash } from "node:crypto";
import { test } from "node:test";
import { checksumOf } from "#objects/checksum/checksum.ts";
import type { ChecksumAlgorithm } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import {
  chooseOperation,
  exampleCredentials,
  exampleTime,
  outcome,
  rawRequest,
  stillClock,
  testAdmission,
} from "#test/support/s3-auth.ts";
import { admit } from "./admit.ts";
import { CheckedBody } from "./body.ts";
import { signRequest } from "./sign.ts";
import { bodyFloorBytesPerSecond, bodyRateWindowMs, bodyStallMs } from "./stall.ts";

const body = Buffer.from("the quick brown fox jumps over the lazy dog");
const algorithms: readonly ChecksumAlgorithm[] = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"];
const base64Md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("base64");

function put(
  headers: Readonly<Record<string, string>>,
  sent: Uint8Array = body,
  payload: Uint8Array | { readonly form: string } = { form: "UNSIGNED-PAYLOAD" },
  pieceBytes = 7,
) {
  const signed = signRequest(
    {
      method: "PUT",
      host: "s3.amazonaws.com",
      path: "/examplebucket/k",
      headers: { "content-length": String(body.length), ...headers },
    },
    exampleCredentials,
    { now: exampleTime, payload },
  );
  return admit(
    rawRequest({ method: "PUT", ...signed, body: sent, pieceBytes }),
    chooseOperation,
    testAdmission(),
  );
}

const upload = (...of: Parameters<typeof put>): Promise<string> =>
  outcome(async () => await (await put(...of)).body.bytes(1000));

test("any one of Content-MD5 and the five checksums is verified, and a wrong one fails", async () => {
  const other = Buffer.from(body);
  other[3] = 0;
  assert.equal(await upload({ "content-md5": base64Md5(body) }), "passes");
  assert.equal(await upload({ "content-md5": base64Md5(body) }, other), "BadDigest");
  for (const algorithm of algorithms) {
    const name = `x-amz-checksum-${algorithm.toLowerCase()}`;
    const headers = { [name]: checksumOf(algorithm, body), "x-amz-sdk-checksum-algorithm": algorithm };
    assert.equal(await upload(headers), "passes", algorithm);
    assert.equal(await upload(headers, other), "BadDigest", algorithm);
    const verified = await put(headers);
    await verified.body.bytes(1000);
    const digest = verified.body.digest();
    assert.equal(digest.md5, hash("md5", body, "hex"));
    assert.equal(digest.size, body.length);
    assert.equal(digest.chosen, algorithm);
    assert.equal(digest.checksums.get(algorithm), checksumOf(algorithm, body));
    assert.equal(digest.checksums.get("CRC64NVME"), checksumOf("CRC64NVME", body));
  }
});

test("a body that differs from the signed SHA-256 fails", async () => {
  assert.equal(await upload({}, body, body), "passes");
  assert.equal(
    await upload({}, Buffer.from(body.toString().toUpperCase()), body),
    "XAmzContentSHA256Mismatch",
  );
  assert.equal(
    await upload({}, body, { form: hash("sha256", body, "hex").toUpperCase() }),
    "InvalidArgument",
  );
  assert.equal(
    await upload({}, body, { form: "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD" }),
    "NotImplemented",
  );
});

test("a body must be as long as Content-Length says", async () => {
  assert.equal(await upload({}, body.subarray(1)), "IncompleteBody");
  assert.equal(await upload({}, Buffer.concat([body, body])), "IncompleteBody");
  assert.equal(await upload({ "content-length": String(6 * 1024 ** 3) }), "EntityTooLarge");
  for (const length of ["-1", "1e3", "", "0x10", "99999999999999999999"])
    assert.equal(await upload({ "content-length": length }), "InvalidArgument", length);
});

test("claims that contradict themselves are refused before the body is read", async () => {
  const refusals: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{ "content-md5": "x" }, "InvalidDigest"],
    [{ "content-md5": "AAAA" }, "InvalidDigest"],
    [{ "x-amz-checksum-crc32": "AAA=" }, "InvalidRequest"],
    [
      { "x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha1": checksumOf("SHA1", body) },
      "InvalidRequest",
    ],
    [{ "x-amz-sdk-checksum-algorithm": "CRC32" }, "InvalidRequest"],
    [{ "x-amz-sdk-checksum-algorithm": "SHA1", "x-amz-checksum-crc32": "AAAAAA==" }, "InvalidRequest"],
    [{ "x-amz-trailer": "x-amz-checksum-crc32" }, "InvalidRequest"],
    [{ "transfer-encoding": "chunked" }, "InvalidRequest"],
  ];
  for (const [headers, expected] of refusals)
    assert.equal(await outcome(() => put(headers)), expected, JSON.stringify(headers));
});

test("a body larger than its reader takes ends there", async () => {
  assert.equal(await outcome(async () => (await put({})).body.bytes(10)), "EntityTooLarge");
});

test("a body that brings nothing for too long times out, and one that breaks is incomplete", async () => {
  const timers: { readonly ms: number; readonly run: () => void }[] = [];
  let time = 0;
  const clock = {
    ...stillClock(exampleTime),
    monotonic: () => time,
    after: (ms: number, run: () => void) => {
      timers.push({ ms, run });
      return { [Symbol.dispose]: () => undefined };
    },
  };
  const silence = Promise.withResolvers<never>();
  const asked = Promise.withResolvers<void>();
  async function* silent(): AsyncGenerator<Uint8Array> {
    time = bodyStallMs - 10_000;
    yield body;
    asked.resolve();
    yield await silence.promise;
  }
  const read = outcome(() => new CheckedBody(silent(), {}, clock).bytes(1000));
  await asked.promise;
  // The one timer was set for the first piece; the second has its own time.
  time = bodyStallMs;
  timers[0]?.run();
  time = 2 * bodyStallMs - 10_000;
  timers[1]?.run();
  assert.equal(await read, "RequestTimeout");
  assert.deepEqual(
    timers.map(({ ms }) => ms),
    [bodyStallMs, bodyStallMs - 10_000],
  );

  async function* broken(): AsyncGenerator<Uint8Array> {
    yield body;
    throw Object.assign(new Error("aborted"), { code: "ECONNRESET" });
  }
  await assert.rejects(
    new CheckedBody(broken(), {}, clock).bytes(1000),
    (error) => error instanceof S3Error && error.code === "IncompleteBody" && error.cause instanceof Error,
  );
});

test("a body that drips is given up after a window, a slow one that keeps the floor is not, and the reader's time does not count", async () => {
  let time = 0;
  let timers = 0;
  const clock = {
    ...stillClock(exampleTime),
    monotonic: () => time,
    after: () => {
      timers += 1;
      return { [Symbol.dispose]: () => void (timers -= 1) };
    },
  };
  const stepMs = 20_000;
  const bytesAStep = (bodyFloorBytesPerSecond * stepMs) / 1000;
  /** Pieces that take a step each to come, and `readMs` to be read. */
  const send = async (pieceBytes: number, readMs: number): Promise<number> => {
    async function* slowly(): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < 12; count += 1) {
        time += stepMs;
        yield await Promise.resolve(Buffer.alloc(pieceBytes));
      }
    }
    let pieces = 0;
    for await (const piece of new CheckedBody(slowly(), {}, clock).chunks) {
      assert.equal(piece.length, pieceBytes);
      pieces += 1;
      time += readMs;
    }
    return pieces;
  };
  const begun = time;
  await assert.rejects(
    send(bytesAStep - 1, 0),
    (error) => error instanceof S3Error && error.code === "RequestTimeout",
  );
  assert.equal(time - begun, bodyRateWindowMs);
  assert.equal(await send(bytesAStep, 0), 12);
  assert.equal(await send(bytesAStep, 10 * bodyRateWindowMs), 12);
  assert.equal(timers, 0);
});
