import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";

import { deriveSigningKey, sign } from "#objects/s3/auth/signing-key.ts";
import { s3Service, type S3Service } from "#test/support/s3-service.ts";

/** Uploads by a browser's form: the policy that was signed decides, each of its conditions (GHSA-wfxj, GHSA-w5fh). */

let service: S3Service;
let client: S3Client;
const Bucket = "forms";

before(async () => {
  service = await s3Service();
  client = await service.client();
  await client.send(new CreateBucketCommand({ Bucket }));
});
after(() => service[Symbol.asyncDispose]());

/** Fields of a form that allows keys below `in/`, 3 to 10 bytes, and text. */
function signedFields(): Record<string, string> {
  const time = new Date(Date.now()).toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = { date: time.slice(0, 8), region: "us-east-1" };
  const fields = {
    "x-amz-credential": `AKIATEST000000000001/${scope.date}/us-east-1/s3/aws4_request`,
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-date": time,
  };
  const document = {
    expiration: new Date(Date.now() + 60_000).toISOString(),
    conditions: [
      { bucket: Bucket },
      ["starts-with", "$key", "in/"],
      ["eq", "$Content-Type", "text/plain"],
      ["starts-with", "$x-amz-meta-a", ""],
      ["content-length-range", 3, 10],
      ["starts-with", "$success_action_status", "20"],
      ["starts-with", "$tagging", ""],
      ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
    ],
  };
  const policy = Buffer.from(JSON.stringify(document)).toString("base64");
  const key = deriveSigningKey("secret-of-AKIATEST000000000001", scope);
  return { ...fields, policy, "x-amz-signature": sign(key, policy) };
}

async function post(fields: Readonly<Record<string, string>>, file = "12345"): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob([file]), "photo.txt");
  return await fetch(`${service.endpoint}/${Bucket}`, { method: "POST", body: form });
}

const good = {
  key: "in/${filename}",
  "Content-Type": "text/plain",
  "x-amz-meta-a": "b",
  success_action_status: "204",
};

test("a form that keeps to its policy stores the file under the name it chose", async () => {
  const plain = await post({ ...good, ...signedFields() });
  assert.equal(plain.status, 204);
  assert.match(plain.headers.get("location") ?? "", /\/forms\/in\/photo\.txt$/);
  const stored = await client.send(new GetObjectCommand({ Bucket, Key: "in/photo.txt" }));
  assert.equal(await stored.Body?.transformToString(), "12345");
  assert.equal(stored.ContentType, "text/plain");
  assert.deepEqual(stored.Metadata, { a: "b" });
  const shown = await post({ ...good, success_action_status: "201", ...signedFields() });
  assert.equal(shown.status, 201);
  assert.match(
    await shown.text(),
    /<PostResponse>.*<Key>in\/photo\.txt<\/Key><ETag>&quot;\w{32}&quot;<\/ETag>/s,
  );
});

test("a form that breaks one condition of its policy stores nothing", async () => {
  const earlier = await client.send(new ListObjectsV2Command({ Bucket }));
  const attempts: readonly (readonly [Readonly<Record<string, string>>, string, number])[] = [
    [{ ...good, key: "out/x", ...signedFields() }, "12345", 403],
    [{ ...good, "Content-Type": "text/html", ...signedFields() }, "12345", 403],
    [{ ...good, "x-amz-meta-more": "1", ...signedFields() }, "12345", 403],
    [{ ...good, key: "in/small", ...signedFields() }, "12", 400],
    [{ ...good, key: "in/large", ...signedFields() }, "12345678901", 400],
    [{ ...good, key: "in/forged", ...signedFields(), "x-amz-signature": "0".repeat(64) }, "12345", 403],
    [{ ...good, key: "in/unsigned" }, "12345", 403],
  ];
  for (const [fields, file, status] of attempts) {
    const answer = await post(fields, file);
    assert.equal(answer.status, status, `${fields["key"]}: ${await answer.text()}`);
  }
  const later = await client.send(new ListObjectsV2Command({ Bucket }));
  assert.deepEqual(
    later.Contents?.map((entry) => entry.Key),
    earlier.Contents?.map((entry) => entry.Key),
  );
});

test("a form says the tags of its object as a document, and a wrong one stores nothing", async () => {
  const tagging = (value: string) =>
    `<Tagging><TagSet><Tag><Key>colour</Key><Value>${value}</Value></Tag></TagSet></Tagging>`;
  const form = (value: string, key: string) => ({ ...good, key, tagging: tagging(value), ...signedFields() });
  assert.equal((await post(form("blau", "in/tagged"))).status, 204);
  const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket, Key: "in/tagged" }));
  assert.deepEqual(TagSet, [{ Key: "colour", Value: "blau" }]);
  const refused = await post(form("<!-- -->{}", "in/refused"));
  assert.match(await refused.text(), /<Code>(InvalidTag|MalformedXML)</);
  const listed = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "in/refused" }));
  assert.equal(listed.KeyCount, 0);
});
