import assert from "node:assert/strict";
import { test } from "node:test";
import { checksumOf } from "#objects/checksum/checksum.ts";
import { S3Error } from "#objects/s3-error.ts";
import { SeededRandom } from "#sim/random.ts";
import {
  chooseOperation,
  exampleCredentials,
  exampleKey,
  exampleTime,
  testAdmission,
  pieces,
} from "#test/support/s3-auth.ts";
import { chunkedBody } from "#test/support/s3-chunked.ts";
import { formPolicy, formRequest, formText, signedFields } from "#test/support/s3-form.ts";
import { mutateBytes, mutateText } from "#test/support/mutate.ts";
import { admit, type ChooseOperation } from "./admit.ts";
import { parsePolicy } from "./policy/parse-policy.ts";
import { parsePostPolicy } from "./post-policy.ts";
import type { RawRequest } from "./raw-request.ts";
import { presign, signRequest } from "./sign.ts";

/** Of both tests together; the slow lane asks for a million and more. */
const cases = Number(process.env["VDC_FUZZ_CASES"] ?? 20_000);
const seed = Number(process.env["VDC_FUZZ_SEED"] ?? 1);

/** A request that is accepted as it stands, and what was signed of it. */
interface Sample {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** The decoded body; undefined when its signer left it open. */
  readonly data?: Buffer;
}

const admission = testAdmission();
const data = Buffer.from("0123456789".repeat(12));
const path = "/examplebucket/a b/ä+%2F";
const host = "s3.amazonaws.com:9000";
const trailer = `0\r\nx-amz-checksum-crc32:${checksumOf("CRC32", data)}\r\n\r\n`;

function headerSample(
  name: string,
  form: string | undefined,
  headers: Readonly<Record<string, string>>,
  makeBody: (signature: string) => Buffer,
): Sample {
  const request = {
    method: "PUT",
    host,
    path,
    query: { "x-id": "Put Object" },
    headers: { "x-amz-meta-a": "ä  b", ...headers },
  };
  const payload = form === undefined ? data : { form };
  const latin = { ...request.headers, "x-amz-meta-a": Buffer.from("ä b").toString("latin1") };
  const signed = signRequest({ ...request, headers: latin }, exampleCredentials, {
    now: exampleTime,
    payload,
  });
  const body = makeBody(signed.signature);
  const open = form === "UNSIGNED-PAYLOAD" ? {} : { data };
  return {
    name,
    method: "PUT",
    target: signed.target,
    headers: Object.entries(signed.headers).flat(),
    body,
    ...open,
  };
}

function samples(): readonly Sample[] {
  const plain = { "content-length": String(data.length) };
  const framed = {
    "content-encoding": "aws-chunked",
    "transfer-encoding": "chunked",
    "x-amz-decoded-content-length": String(data.length),
  };
  const unsigned = Buffer.from(
    `32\r\n${data.toString("latin1", 0, 50)}\r\n46\r\n${data.toString("latin1", 50)}\r\n${trailer}`,
  );
  const url = presign({ method: "PUT", host, path }, exampleCredentials, { now: exampleTime, expires: 60 });
  return [
    headerSample("sha256", undefined, plain, () => data),
    headerSample("unsigned", "UNSIGNED-PAYLOAD", plain, () => data),
    headerSample("signed chunks", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", framed, (signature) =>
      Buffer.concat(
        chunkedBody({ data, chunkBytes: 50, seed: signature, key: exampleKey, now: exampleTime }),
      ),
    ),
    headerSample(
      "unsigned trailer",
      "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      { ...framed, "x-amz-trailer": "x-amz-checksum-crc32" },
      () => unsigned,
    ),
    {
      name: "presigned",
      method: "PUT",
      target: url,
      headers: ["Host", host, "Content-Length", String(data.length)],
      body: data,
    },
  ];
}

/** What of an accepted request must be as it was signed; of a header's value SigV4 signs runs of spaces as one. */
async function accepted(raw: RawRequest): Promise<readonly unknown[] | undefined> {
  try {
    const request = await admit(raw, chooseOperation, admission);
    const body = Buffer.from(await request.body.bytes(10_000));
    const own = [...request.headers]
      .filter(([name]) => name.startsWith("x-amz-") || name === "host")
      .map(([name, value]) => [name, value.replaceAll(/[ \t]+/g, " ")]);
    return [
      request.method,
      request.bucketName,
      request.key,
      [...request.query],
      Object.fromEntries(own),
      body,
    ];
  } catch (error) {
    if (error instanceof S3Error) return undefined;
    throw error;
  }
}

function rawOf(sample: Sample, pieceBytes: number): RawRequest {
  return {
    id: "r",
    method: sample.method,
    rawTarget: sample.target,
    rawHeaders: sample.headers,
    body: pieces(sample.body, pieceBytes),
    remoteAddress: "192.0.2.7",
    secure: false,
  };
}

function mutate(sample: Sample, random: SeededRandom): Sample {
  const kind = random.below(4);
  if (kind === 0) return { ...sample, body: mutateBytes(sample.body, random) };
  if (kind === 1) return { ...sample, target: mutateText(sample.target, random) };
  if (kind === 2) return { ...sample, headers: mutateHeaders(sample.headers, random) };
  return {
    ...sample,
    method: random.chance(0.2) ? "DELETE" : sample.method,
    body: mutateBytes(sample.body, random),
    headers: mutateHeaders(sample.headers, random),
  };
}

function mutateHeaders(headers: readonly string[], random: SeededRandom): readonly string[] {
  const at = random.below(headers.length / 2) * 2;
  const name = headers[at] ?? "";
  const value = headers[at + 1] ?? "";
  const rest = [...headers.slice(0, at), ...headers.slice(at + 2)];
  const kind = random.below(5);
  if (kind === 0) return rest;
  if (kind === 1) return [...headers, name, random.chance(0.5) ? value : mutateText(value, random)];
  if (kind === 2) return [...rest, mutateText(name, random), value];
  if (kind === 3) return [...headers, "x-amz-acl", "public-read"];
  return [...rest, name, mutateText(value, random)];
}

test("however a signed request is changed, it is refused or it is what was signed", async (t) => {
  const count = Math.ceil(cases * 0.6);
  t.diagnostic(`seed ${seed}, ${count} cases`);
  const random = new SeededRandom(seed);
  const originals: (readonly [Sample, readonly unknown[]])[] = [];
  for (const sample of samples()) {
    const facts = await accepted(rawOf(sample, 17));
    assert.ok(facts !== undefined, `${sample.name} is accepted as it stands`);
    assert.deepEqual(facts.at(-1), data);
    originals.push([sample, facts]);
  }
  let passed = 0;
  for (let index = 0; index < count; index += 1) {
    const [sample, facts] = originals[index % originals.length] ?? assert.fail("there are samples");
    const changed = mutate(sample, random);
    const answer = await accepted(rawOf(changed, 1 + random.below(200)));
    if (answer === undefined) continue;
    passed += 1;
    const compared = sample.data === undefined ? answer.slice(0, -1) : answer;
    assert.deepEqual(
      compared,
      facts.slice(0, compared.length),
      `${sample.name}, case ${index} of seed ${seed}`,
    );
  }
  t.diagnostic(`${passed} changes left what was signed as it was`);
  assert.ok(passed > 0 && passed < count / 2);
});

test("whatever stands in a form, a policy or a target, the answer is S3's", async (t) => {
  const random = new SeededRandom(seed + 1);
  const count = Math.ceil(cases / 10);
  t.diagnostic(`seed ${seed + 1}, ${count} cases of each`);
  const conditions = [
    { bucket: "examplebucket" },
    ["starts-with", "$key", "user/"],
    ["content-length-range", 1, 100],
  ];
  const form = Buffer.from(
    formText([["key", "user/${filename}"], ...signedFields(formPolicy(conditions))], "hello"),
  );
  const formJson = JSON.stringify({ expiration: "2030-01-01T00:00:00Z", conditions });
  const policyJson = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Deny",
        Principal: { AWS: ["*", "arn:aws:iam::p:root"] },
        Action: ["s3:Get*"],
        Resource: "arn:aws:s3:::b/*",
        Condition: { NotIpAddress: { "aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"] } },
      },
    ],
  });
  const choose: ChooseOperation = () => ({
    name: "PostObject",
    action: "s3:PutObject",
    body: "object",
  });
  const answers = new Set<string>();
  const survives = async (run: () => unknown): Promise<void> => {
    try {
      await run();
      answers.add("passes");
    } catch (error) {
      assert.ok(error instanceof S3Error, String(error));
      answers.add(error.code);
    }
  };
  for (let index = 0; index < count; index += 1) {
    const raw = formRequest(mutateBytes(form, random).toString("latin1"), 1 + random.below(200));
    await survives(async () => {
      const request = await admit(raw, choose, admission);
      const file = await request.body.bytes(1000);
      assert.ok(request.key?.startsWith("user/") === true && file.length >= 1 && file.length <= 100);
    });
    await survives(() => parsePolicy(mutateText(policyJson, random), "b"));
    await survives(() => parsePostPolicy(Buffer.from(mutateText(formJson, random)).toString("base64")));
    const target = `/${Buffer.from(random.bytes(random.below(40))).toString("latin1")}`;
    const garbage = { ...rawOf(garbageSample(target, random), 9), method: "GET" };
    await survives(() => admit(garbage, chooseOperation, admission));
  }
  assert.ok(answers.has("passes") && answers.has("MalformedPolicy") && answers.has("InvalidPolicyDocument"));
});

function garbageSample(target: string, random: SeededRandom): Sample {
  const text = (): string => Buffer.from(random.bytes(random.below(60))).toString("latin1");
  const headers = ["host", random.chance(0.5) ? host : text(), "authorization", `AWS4-HMAC-SHA256 ${text()}`];
  return {
    name: "garbage",
    method: "GET",
    target,
    headers: random.chance(0.5) ? headers : headers.slice(0, 2),
    body: data,
  };
}
