import assert from "node:assert/strict";
import { test } from "node:test";
import { checksumOf } from "#objects/checksum/checksum.ts";
import type { AccessKeyRecord } from "#objects/records.ts";
import {
  chooseOperation,
  exampleCredentials,
  exampleKey,
  exampleTime,
  outcome,
  rawRequest,
  testAdmission,
  testBucket,
  testConfiguration,
} from "#test/support/s3-auth.ts";
import { chunkedBody } from "#test/support/s3-chunked.ts";
import { admit } from "./admit.ts";
import { signRequest } from "./sign.ts";

const data = Buffer.alloc(66_560, "a");
const signedForm = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const signedTrailerForm = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const unsignedForm = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

interface Upload {
  readonly form: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer | ((seed: string) => Buffer);
  readonly key?: AccessKeyRecord;
  readonly pieceBytes?: number;
}

async function upload(of: Upload): Promise<Buffer> {
  const request = {
    method: "PUT",
    host: "s3.amazonaws.com",
    path: "/examplebucket/chunkObject.txt",
    headers: {
      "content-encoding": "aws-chunked",
      "x-amz-decoded-content-length": "66560",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      "transfer-encoding": "chunked",
      ...of.headers,
    },
  };
  const signed = signRequest(request, exampleCredentials, { now: exampleTime, payload: { form: of.form } });
  const body = typeof of.body === "function" ? of.body(signed.signature) : of.body;
  const raw = rawRequest({ method: "PUT", ...signed, body, pieceBytes: of.pieceBytes ?? 65_536 });
  const verified = await admit(raw, chooseOperation, testAdmission());
  assert.equal(verified.headers.has("content-encoding"), false, "aws-chunked is not the object's encoding");
  return Buffer.from(await verified.body.bytes(1_000_000));
}

const answer = (of: Upload): Promise<string> => outcome(() => upload(of));

test("the documentation's signed chunks are accepted as published", async () => {
  const seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
  const raw = rawRequest({
    method: "PUT",
    target: "/examplebucket/chunkObject.txt",
    headers: {
      Host: "s3.amazonaws.com",
      "x-amz-date": "20130524T000000Z",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      Authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=${seed}`,
      "x-amz-content-sha256": signedForm,
      "Content-Encoding": "aws-chunked",
      "x-amz-decoded-content-length": "66560",
      "Content-Length": "66824",
    },
    body: [
      `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${"a".repeat(65_536)}\r\n`,
      `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${"a".repeat(1024)}\r\n`,
      "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
    ].join(""),
    pieceBytes: 1000,
  });
  const { body } = await admit(raw, chooseOperation, testAdmission());
  assert.equal(body.size, 66_560);
  assert.ok(data.equals(await body.bytes(100_000)));
});

test("the documentation's signed trailer is accepted as published, and not when it is changed", async () => {
  const seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
  const send = (trailer: string): Promise<string> => {
    const raw = rawRequest({
      method: "PUT",
      target: "/examplebucket/chunkObject.txt",
      headers: {
        Host: "s3.amazonaws.com",
        "x-amz-date": "20130524T000000Z",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        Authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer,Signature=${seed}`,
        "x-amz-content-sha256": signedTrailerForm,
        "Content-Encoding": "aws-chunked",
        "x-amz-decoded-content-length": "66560",
        "x-amz-trailer": "x-amz-checksum-crc32c",
        "Transfer-Encoding": "chunked",
      },
      body: [
        `10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n${"a".repeat(65_536)}\r\n`,
        `400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n${"a".repeat(1024)}\r\n`,
        "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n",
        trailer,
      ].join(""),
      pieceBytes: 997,
    });
    return outcome(async () => (await admit(raw, chooseOperation, testAdmission())).body.bytes(100_000));
  };
  const signature = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";
  const checksum = "x-amz-checksum-crc32c:sOO8/Q==";
  assert.equal(await send(`${checksum}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`), "passes");
  assert.equal(await send(`${checksum}\n\r\nx-amz-trailer-signature:${signature}\r\n\r\n`), "passes");
  assert.equal(await send(`${checksum}\r\nx-amz-trailer-signature:${signature}\r\n`), "IncompleteBody");
  assert.equal(await send(`${checksum}\r\n\r\n`), "IncompleteBody");
  assert.equal(
    await send(`x-amz-checksum-crc32c:sOO8/A==\r\nx-amz-trailer-signature:${signature}\r\n\r\n`),
    "SignatureDoesNotMatch",
  );
  assert.equal(await send(`x-amz-trailer-signature:${signature}\r\n\r\n`), "SignatureDoesNotMatch");
  assert.equal(
    await send(`x-amz-trailer-signature:${signature}\r\n${checksum}\r\n\r\n`),
    "SignatureDoesNotMatch",
  );
});

test("a flipped byte, a dropped, extended, reordered or repeated chunk breaks the chain of signatures", async () => {
  const sign = (seed: string): readonly Buffer[] =>
    chunkedBody({ data, chunkBytes: 20_000, seed, key: exampleKey, now: exampleTime });
  const joined = (change: (chunks: Buffer[]) => Buffer[]) => (seed: string) =>
    Buffer.concat(change([...sign(seed)]));
  assert.equal(await answer({ form: signedForm, body: joined((chunks) => chunks) }), "passes");
  const swapped = ([a, b, ...rest]: Buffer[]): Buffer[] => [b, a, ...rest].filter((one) => one !== undefined);
  const attacks: readonly (readonly [string, (chunks: Buffer[]) => Buffer[], string])[] = [
    ["reordered", swapped, "SignatureDoesNotMatch"],
    ["first dropped", (chunks) => chunks.slice(1), "SignatureDoesNotMatch"],
    ["last data dropped", (chunks) => [...chunks.slice(0, -2), ...chunks.slice(-1)], "IncompleteBody"],
    ["repeated", (chunks) => [...chunks.slice(0, 1), ...chunks], "SignatureDoesNotMatch"],
    ["final missing", (chunks) => chunks.slice(0, -1), "IncompleteBody"],
    ["something after the end", (chunks) => [...chunks, Buffer.from("\r\n")], "InvalidRequest"],
    ["final twice", (chunks) => [...chunks, ...chunks.slice(-1)], "InvalidRequest"],
  ];
  for (const [what, change, expected] of attacks)
    assert.equal(await answer({ form: signedForm, body: joined(change) }), expected, what);
  for (const at of [0, 5, 90, 5000, 20_090, 66_000]) {
    const flipped = (seed: string): Buffer => {
      const bytes = Buffer.concat(sign(seed));
      bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at);
      return bytes;
    };
    assert.notEqual(await answer({ form: signedForm, body: flipped }), "passes", `byte ${at}`);
  }
});

test("signed chunks under another name are not taken for unsigned ones, nor the other way round", async () => {
  const crc = checksumOf("CRC32", data);
  const unsigned = `10400\r\n${"a".repeat(66_560)}\r\n0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`;
  const headers = { "x-amz-trailer": "x-amz-checksum-crc32" };
  assert.equal(await answer({ form: unsignedForm, headers, body: unsigned }), "passes");
  assert.equal(await answer({ form: signedTrailerForm, headers, body: unsigned }), "InvalidRequest");
  const signed = (seed: string): Buffer =>
    Buffer.concat(chunkedBody({ data, chunkBytes: 20_000, seed, key: exampleKey, now: exampleTime }));
  assert.equal(await answer({ form: unsignedForm, body: signed }), "InvalidRequest");
  assert.equal(await answer({ form: "UNSIGNED-PAYLOAD", headers, body: unsigned }), "InvalidRequest");
});

test("an unsigned trailer's checksum is verified: it is all that there is", async () => {
  const crc = checksumOf("CRC32", data);
  const headers = { "x-amz-trailer": "x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm": "CRC32" };
  const send = (body: string, more: Readonly<Record<string, string>> = {}): Promise<string> =>
    answer({ form: unsignedForm, headers: { ...headers, ...more }, body, pieceBytes: 3333 });
  const tiny = Array.from({ length: 13_312 }, () => "5\r\naaaaa\r\n").join("");
  const end = `0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`;
  const whole = `10400\r\n${"a".repeat(66_560)}\r\n`;
  assert.equal(await send(tiny + end), "passes", "pieces of five bytes, as SDKs send them");
  const attacks: readonly (readonly [string, string, string])[] = [
    ["changed", whole.replace("aaaa", "aaba") + end, "BadDigest"],
    ["no trailer", `${whole}0\r\n\r\n`, "MalformedTrailerError"],
    ["another trailer", `${whole}0\r\nx-amz-checksum-sha1:x\r\n\r\n`, "MalformedTrailerError"],
    [
      "an unannounced one too",
      `${whole}0\r\nx-amz-meta-a:x\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`,
      "MalformedTrailerError",
    ],
    [
      "twice",
      `${whole}0\r\nx-amz-checksum-crc32:${crc}\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`,
      "MalformedTrailerError",
    ],
    ["no base64", `${whole}0\r\nx-amz-checksum-crc32:?\r\n\r\n`, "InvalidRequest"],
    ["no colon", `${whole}0\r\nx-amz-checksum-crc32\r\n\r\n`, "MalformedTrailerError"],
    ["no end", `${whole}0\r\nx-amz-checksum-crc32:${crc}\r\n`, "IncompleteBody"],
    ["no final chunk", whole, "IncompleteBody"],
    ["nothing", "", "IncompleteBody"],
    ["shorter than announced", `5\r\naaaaa\r\n${end}`, "IncompleteBody"],
    ["longer than announced", `${whole}1\r\na\r\n${end}`, "IncompleteBody"],
    ["a chunk without its end", whole.replace(/\r\n$/, "xx") + end, "InvalidRequest"],
    ["an extension", whole.replace("\r\n", ";a=b\r\n") + end, "InvalidRequest"],
    ["a sign", `+${whole}${end}`, "InvalidRequest"],
    ["bare line feeds", whole.replaceAll("\r\n", "\n") + end, "InvalidRequest"],
    ["a header without end", "0".repeat(10_000_000), "InvalidRequest"],
    ["an endless trailer", `${whole}0\r\n${"x".repeat(10_000_000)}`, "InvalidRequest"],
    ["a huge size", `ffffffffffff\r\n${end}`, "IncompleteBody"],
  ];
  for (const [what, body, expected] of attacks) assert.equal(await send(body), expected, what);
  assert.equal(await send(whole + end, { "x-amz-trailer": "content-type" }), "InvalidRequest");
  assert.equal(await send(whole + end, { "x-amz-decoded-content-length": "x" }), "InvalidArgument");
  assert.equal(await send(whole + end, { "content-encoding": "aws-chunked" }), "passes");
});

test("an unsigned-trailer upload without a valid signature is refused, however the credentials are given", async () => {
  const crc = checksumOf("CRC32", data);
  const body = `10400\r\n${"a".repeat(66_560)}\r\n0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`;
  const headers = {
    host: "s3.amazonaws.com",
    "x-amz-content-sha256": unsignedForm,
    "x-amz-decoded-content-length": "66560",
    "x-amz-trailer": "x-amz-checksum-crc32",
    "x-amz-date": "20130524T000000Z",
    "transfer-encoding": "chunked",
  };
  const credential = `${exampleKey.accessKeyId}/20130524/us-east-1/s3/aws4_request`;
  const signedHeaders = Object.keys(headers).toSorted().join(";");
  const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${credential}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=${encodeURIComponent(signedHeaders)}`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${signedHeaders},Signature=${"0".repeat(64)}`;
  const path = "/examplebucket/k";
  const attempts: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    [path, headers, "AccessDenied"],
    [`${path}?X-Amz-Credential=${credential}`, headers, "AuthorizationQueryParametersError"],
    [`${path}?${query}`, headers, "AuthorizationQueryParametersError"],
    [`${path}?${query}&X-Amz-Signature=${"0".repeat(64)}`, headers, "SignatureDoesNotMatch"],
    [path, { ...headers, authorization }, "SignatureDoesNotMatch"],
    [
      path,
      { ...headers, authorization: authorization.replace(/,Signature.*/, "") },
      "AuthorizationHeaderMalformed",
    ],
    [path, { ...headers, "x-amz-content-sha256": signedTrailerForm }, "AccessDenied"],
    [path, { ...headers, "x-amz-meta-snowball-auto-extract": "true" }, "AccessDenied"],
  ];
  for (const [target, given, expected] of attempts) {
    const raw = rawRequest({ method: "PUT", target, headers: given, body });
    assert.equal(await outcome(() => admit(raw, chooseOperation, testAdmission())), expected, target);
  }
  const open = testBucket({
    policy: JSON.stringify({
      Statement: {
        Effect: "Allow",
        Principal: "*",
        Action: "s3:PutObject",
        Resource: "arn:aws:s3:::examplebucket/*",
      },
    }),
  });
  const anonymous = async (form: string): Promise<unknown> => {
    const raw = rawRequest({
      method: "PUT",
      target: path,
      headers: { ...headers, "x-amz-content-sha256": form },
      body,
    });
    return (await admit(raw, chooseOperation, testAdmission(testConfiguration([open])))).body.bytes(100_000);
  };
  assert.equal(await outcome(() => anonymous(unsignedForm)), "passes", "where a policy lets anyone write");
  assert.equal(await outcome(() => anonymous(signedTrailerForm)), "AccessDenied", "nobody signed the chunks");
});
