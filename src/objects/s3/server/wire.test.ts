import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";

import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand } from "@aws-sdk/client-s3";

import { createLog } from "#lib/log.ts";
import { S3Error } from "#objects/s3-error.ts";
import { presign } from "#objects/s3/auth/sign.ts";
import { rawRequest } from "#test/support/raw-request.ts";
import { s3Service, type S3Service } from "#test/support/s3-service.ts";
import { waitFor } from "#test/support/wait-for.ts";

/** Bytes on the wire that no SDK shows. Requests are anonymous where a policy lets them, so that they can be written by hand. */

let service: S3Service;

before(async () => {
  service = await s3Service({
    handler: { extraHeaders: ({ bucket }) => (bucket === "public" ? { "x-vdc-incident": "inc-7" } : {}) },
  });
  const client = await service.client();
  await client.send(new CreateBucketCommand({ Bucket: "public" }));
  await client.send(
    new PutBucketPolicyCommand({
      Bucket: "public",
      Policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: "*",
            Action: ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
            Resource: ["arn:aws:s3:::public", "arn:aws:s3:::public/*"],
          },
        ],
      }),
    }),
  );
  await client.send(
    new PutObjectCommand({ Bucket: "public", Key: "page", Body: "<script>", ContentType: "text/html" }),
  );
});
after(() => service[Symbol.asyncDispose]());

function send(request: string): Promise<string> {
  return rawRequest(service.port, `${request}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
}

function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

test("every answer carries ids, date, server and nosniff, whatever type a customer stored", async () => {
  for (const target of ["/public/page", "/public/absent", "/nowhere/x", "/"]) {
    const answer = await send(`GET ${target} HTTP/1.1`);
    assert.match(answer, /^x-amz-request-id: [0-9A-F]{16}\r$/im);
    assert.match(answer, /^x-amz-id-2: .+\r$/im);
    assert.match(answer, /^date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r$/im);
    assert.match(answer, /^server: VDC\r$/im);
    assert.match(answer, /^x-content-type-options: nosniff\r$/im);
  }
  assert.match(await send("GET /public/page HTTP/1.1"), /^content-type: text\/html\r$/im);
});

test("an error is S3's document with the id of its request", async () => {
  const answer = await send("GET /public/absent%20%26?versionId=secret HTTP/1.1");
  const id = /x-amz-request-id: (\w+)/i.exec(answer)?.[1];
  assert.match(answer, /^HTTP\/1\.1 403 /);
  const missing = await send("GET /public/absent%20%26 HTTP/1.1");
  assert.match(missing, /^HTTP\/1\.1 404 /);
  assert.match(missing, /^content-type: application\/xml\r$/im);
  assert.match(bodyOf(missing), /<Code>NoSuchKey<\/Code>.*<Key>absent &amp;<\/Key>/);
  assert.match(bodyOf(answer), new RegExp(`<RequestId>${id}</RequestId>`));
  assert.ok(!bodyOf(answer).includes("secret"));
});

test("answers to HEAD, and 304, have no body", async () => {
  for (const target of ["/public/page", "/public/absent", "/public"]) {
    const answer = await send(`HEAD ${target} HTTP/1.1`);
    assert.equal(bodyOf(answer), "", target);
  }
  const head = await send("HEAD /public/page HTTP/1.1");
  assert.match(head, /^content-length: 8\r$/im);
  const etag = /^etag: (.*)\r$/im.exec(head)?.[1];
  const unchanged = await send(`GET /public/page HTTP/1.1\r\nIf-None-Match: ${etag}`);
  assert.match(unchanged, /^HTTP\/1\.1 304 /);
  assert.match(unchanged, /^etag: /im);
  assert.equal(bodyOf(unchanged), "");
});

test("only who signed a request may choose what a browser makes of an object", async () => {
  const answer = await send("GET /public/page?response-content-type=text/javascript HTTP/1.1");
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.match(bodyOf(answer), /<Code>InvalidRequest<\/Code>/);
});

test("a signed address may choose headers of the answer, but never add a line to them", async () => {
  const key = {
    accessKeyId: "AKIAPRESIGNER",
    secretAccessKey: "presigner",
    owner: "shop",
    project: "shop",
    scope: { access: "read" as const },
    createdAt: 0,
  };
  await service.store.catalog.putKey({ key });
  const get = (query: Readonly<Record<string, string>>) =>
    send(
      `GET ${presign(
        { method: "GET", host: "127.0.0.1", path: "/public/page", query },
        { ...key, region: "us-east-1" },
        { now: Date.now(), expires: 60 },
      )} HTTP/1.1`,
    );
  const named = await get({ "response-content-disposition": 'attachment; filename="ü.txt"' });
  assert.match(named, /^content-disposition: attachment; filename="\u00c3\u00bc\.txt"\r$/im);
  const split = await get({ "response-content-type": "text/plain\r\nSet-Cookie: a=b" });
  assert.match(split, /^HTTP\/1\.1 400 /);
  assert.ok(!/^set-cookie/im.test(split));
});

test("what is not supported says its name", async () => {
  const answer = await send("GET /public?replication HTTP/1.1");
  assert.match(answer, /^HTTP\/1\.1 403 /, "rights come first");
  const client = await service.client();
  const { store } = service;
  assert.equal(store.configuration.bucket("public")?.project, "shop");
  await assert.rejects(
    client.send(new PutObjectCommand({ Bucket: "public", Key: "k", Body: "", StorageClass: "GLACIER" })),
    { name: "InvalidStorageClass" },
  );
  await assert.rejects(
    client.send(
      new PutObjectCommand({ Bucket: "public", Key: "k", Body: "", ServerSideEncryption: "aws:kms" }),
    ),
    { name: "NotImplemented" },
  );
});

test("100 Continue is said to an admitted client, and never to a refused one", async () => {
  const put = (bucket: string) =>
    send(`PUT /${bucket}/late HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue`);
  const refused = await put("nowhere");
  assert.match(refused, /^HTTP\/1\.1 404 /);
  assert.match(refused, /^connection: close\r$/im);

  const answer = await talk([
    "PUT /public/late HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
    /^HTTP\/1\.1 100 Continue\r\n\r\n$/,
    "late",
  ]);
  assert.match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
});

/** Writes, waits for what comes, writes again; gives all that came. */
async function talk(steps: readonly (string | RegExp)[]): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: service.port });
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
  for (const step of steps) {
    if (typeof step === "string") socket.write(step);
    else
      await waitFor(() => step.test(answer) || undefined, {
        withinMs: 5000,
        what: `the server says ${step}`,
      });
  }
  await new Promise((resolve) => socket.on("close", resolve));
  return answer;
}

test("a refused upload still gets its answer while the client is sending", async () => {
  const size = 8 * 1024 * 1024;
  const head = `PUT /nowhere/big HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${size}\r\n\r\n`;
  const socket = connect({ host: "127.0.0.1", port: service.port });
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
  socket.on("error", () => undefined); // The server may close while megabytes are on their way.
  socket.write(head);
  socket.write(Buffer.alloc(size));
  await new Promise((resolve) => socket.on("close", resolve));
  assert.match(answer, /^HTTP\/1\.1 404 /);
  assert.match(answer, /^connection: close\r$/im);
});

test("a small refused body is read, and the connection goes on to the next request", async () => {
  const answer = await talk([
    "PUT /nowhere/small HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\nabc",
    "GET /public/page HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
  ]);
  assert.match(answer, /HTTP\/1\.1 404 [\s\S]*HTTP\/1\.1 200 OK[\s\S]*<script>$/);
});

test("a client that goes away in the middle of its body leaves no object", async () => {
  const socket = connect({ host: "127.0.0.1", port: service.port });
  const seen = service.observations.length;
  const half = "PUT /public/half HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nhalf of it";
  await new Promise<void>((resolve) => socket.write(half, () => resolve()));
  socket.destroy();
  await waitFor(() => service.observations.length > seen || undefined, {
    withinMs: 5000,
    what: "the request ends",
  });
  assert.equal(service.observations.at(-1)?.isAborted, true);
  assert.match(await send("GET /public/half HTTP/1.1"), /^HTTP\/1\.1 404 /);
});

test("each request is told to whoever watches, with its customer", async () => {
  const answer = await send("GET /public/page HTTP/1.1");
  assert.match(answer, /^x-vdc-incident: inc-7\r$/im);
  const { milliseconds, ...seen } = service.observations.at(-1) ?? { milliseconds: -1 };
  assert.ok(milliseconds >= 0);
  assert.deepEqual(seen, {
    operation: "GetObject",
    bucket: "public",
    project: "shop",
    status: 200,
    bytesIn: 0,
    bytesOut: 8,
    isAborted: false,
  });
  await send("GET /public/absent HTTP/1.1");
  assert.equal(service.observations.at(-1)?.code, "NoSuchKey");
});

test("a fault of ours is an InternalError with an id, logged with its cause; a held request is told when to come back", async () => {
  const lines: string[] = [];
  let fault: Error = new TypeError("secret detail");
  await using broken = await s3Service({
    wrap: (store) => ({
      ...store,
      catalog: { ...store.catalog, list: () => Promise.reject(fault) },
    }),
    handler: { log: createLog({ part: "s3", destination: { write: (line) => lines.push(line) } }) },
  });
  const client = await broken.client();
  await client.send(new CreateBucketCommand({ Bucket: "public" }));
  const list = () =>
    rawRequest(
      broken.port,
      `GET ${presign(
        { method: "GET", host: "127.0.0.1", path: "/public" },
        {
          accessKeyId: "AKIATEST000000000001",
          secretAccessKey: "secret-of-AKIATEST000000000001",
          region: "us-east-1",
        },
        { now: Date.now(), expires: 60 },
      )} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
    );
  const answer = await list();
  assert.match(answer, /^HTTP\/1\.1 500 /);
  assert.match(answer, /<Code>InternalError<\/Code>/);
  assert.ok(!answer.includes("secret detail"));
  const id = /x-amz-request-id: (\w+)/i.exec(answer)?.[1] ?? "no id";
  assert.ok(lines.some((line) => line.includes(id) && line.includes("secret detail")));

  fault = new S3Error("SlowDown");
  const slow = await list();
  assert.match(slow, /^HTTP\/1\.1 503 /);
  assert.match(slow, /^retry-after: 1\r$/im);
});

test("a page of another origin is answered by the bucket's CORS rules only", async () => {
  const { store } = service;
  const rule = {
    allowedOrigins: ["https://*.example.com"],
    allowedMethods: ["GET", "PUT"],
    allowedHeaders: ["x-amz-*", "content-type"],
    exposeHeaders: ["ETag"],
    maxAgeSeconds: 300,
  };
  await store.catalog.updateBucket({ callId: "cors", name: "public", change: { cors: [rule] } });
  const preflight = (origin: string, method: string, headers: string) =>
    send(
      `OPTIONS /public/page HTTP/1.1\r\nOrigin: ${origin}\r\nAccess-Control-Request-Method: ${method}\r\nAccess-Control-Request-Headers: ${headers}`,
    );
  const allowed = await preflight("https://app.example.com", "PUT", "X-Amz-Meta-A, content-type");
  assert.match(allowed, /^HTTP\/1\.1 200 /);
  assert.match(allowed, /^access-control-allow-origin: https:\/\/app\.example\.com\r$/im);
  assert.match(allowed, /^access-control-allow-headers: x-amz-meta-a, content-type\r$/im);
  assert.match(allowed, /^access-control-max-age: 300\r$/im);
  for (const [origin, method, headers] of [
    ["https://example.org", "PUT", "content-type"],
    ["https://app.example.com", "DELETE", "content-type"],
    ["https://app.example.com", "PUT", "authorization"],
    ["https://example.com.evil.org", "PUT", "content-type"],
  ] as const)
    assert.match(
      await preflight(origin, method, headers),
      /^HTTP\/1\.1 403 /,
      `${origin} ${method} ${headers}`,
    );

  const page = await send("GET /public/page HTTP/1.1\r\nOrigin: https://app.example.com");
  assert.match(page, /^access-control-allow-origin: https:\/\/app\.example\.com\r$/im);
  assert.match(page, /^access-control-expose-headers: ETag\r$/im);
  const error = await send("GET /public/absent HTTP/1.1\r\nOrigin: https://app.example.com");
  assert.match(error, /^access-control-allow-origin: /im);
  const stranger = await send("GET /public/page HTTP/1.1\r\nOrigin: https://example.org");
  assert.ok(!/^access-control-allow-origin/im.test(stranger));
});

test("broken requests are refused, and the service goes on", async () => {
  for (const [request, status] of [
    ["GET /public/%ff HTTP/1.1", 400],
    ["GET /public/%zz HTTP/1.1", 400],
    ["GET /public/a%00b HTTP/1.1", 400],
    ["GET http://other/public/page HTTP/1.1", 400],
    ["PUT /public/x HTTP/1.1", 411],
    ["DELETE /public/x?uploads HTTP/1.1", 405],
    [`GET /public/${"k".repeat(1025)} HTTP/1.1`, 400],
  ] as const)
    assert.match(await send(request), new RegExp(`^HTTP/1\\.1 ${status} `), request.slice(0, 60));
  assert.match(await send("GET /public/page HTTP/1.1"), /^HTTP\/1\.1 200 /);
});
