import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  connect,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from "node:http2";
import { request as httpsRequest } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { waitFor } from "#test/support/wait-for.ts";
import { startSecureGateway, type SecureGateway } from "#test/support/secure-gateway.ts";

const run = promisify(execFile);
const host = "a.test.localhost";

/** Answers that a test gives itself. */
const waiting: ServerResponse[] = [];

/** What an app would do: says what it was asked, by the path. */
function app(request: IncomingMessage, response: ServerResponse): void {
  const { url = "", method } = request;
  if (url === "/seen") {
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    response.end(JSON.stringify({ method, headers: request.headers, version: request.httpVersion }));
  } else if (url === "/hash") {
    const hash = createHash("sha256");
    request.on("data", (piece: Buffer) => hash.update(piece));
    request.on("end", () => response.end(hash.digest("hex")));
  } else if (url === "/trailers") {
    response.writeHead(200, { trailer: "x-sum" });
    response.write("body");
    response.addTrailers({ "x-sum": "42" });
    response.end();
  } else if (url === "/hints") {
    response.writeEarlyHints({ link: "</a.css>; rel=preload; as=style" });
    response.end("late");
  } else if (url === "/cut") {
    response.writeHead(200, { "content-length": "1000" });
    response.write("half", () => response.destroy());
  } else if (url.startsWith("/status/")) {
    response.writeHead(Number(url.slice(8))).end();
  } else if (url === "/large") {
    response.setHeader("content-length", 3_000_000);
    response.end(method === "HEAD" ? undefined : Buffer.alloc(3_000_000, 98));
  } else if (url.startsWith("/slow/")) waiting.push(response);
  else response.end(`hello ${url}`);
}

describe("HTTP/2 through a gateway", () => {
  let world: SecureGateway;
  let session: ClientHttp2Session;
  before(async () => {
    world = await startSecureGateway([host, "b.test.localhost"], app);
    session = connect(`https://${host}:${world.port}`, {
      ca: world.ca,
      servername: host,
      lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]),
    });
  });
  after(async () => {
    session.destroy();
    await world[Symbol.asyncDispose]();
  });

  interface Answer {
    readonly status: number | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly trailers: IncomingHttpHeaders;
    readonly interim: readonly IncomingHttpHeaders[];
    readonly body: Buffer;
    readonly code: number;
  }

  async function ask(headers: OutgoingHttpHeaders, body?: Buffer): Promise<Answer> {
    const stream = session.request(headers, { endStream: body === undefined });
    const pieces: Buffer[] = [];
    const interim: IncomingHttpHeaders[] = [];
    let given: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
    let trailers: IncomingHttpHeaders = {};
    stream.on("headers", (one) => interim.push(one)).on("response", (one) => (given = one));
    stream.on("trailers", (one) => (trailers = one)).on("data", (piece: Buffer) => pieces.push(piece));
    stream.on("error", () => undefined);
    if (body !== undefined) stream.end(body);
    await new Promise<void>((resolve) => void stream.once("close", resolve));
    const status = given[":status"];
    return {
      status,
      headers: given,
      trailers,
      interim,
      body: Buffer.concat(pieces),
      code: stream.rstCode ?? 0,
    };
  }

  it("reaches an app of HTTP/1.1 with one Host, one cookie line and true forwarded lines", async () => {
    const { status, headers, body } = await ask({
      ":path": "/seen",
      cookie: ["a=1", "b=2"],
      "x-forwarded-for": "6.6.6.6",
      te: "trailers",
    });
    assert.equal(status, 200);
    assert.deepEqual(headers["set-cookie"], ["a=1", "b=2"]);
    const seen = JSON.parse(body.toString()) as { headers: Record<string, string>; version: string }; // what `app` says
    assert.equal(seen.version, "1.1");
    assert.equal(seen.headers["host"], `${host}:${world.port}`);
    assert.equal(seen.headers["cookie"], "a=1; b=2");
    assert.equal(seen.headers["x-forwarded-for"], "127.0.0.1");
    assert.equal(seen.headers["x-forwarded-proto"], "https");
    assert.equal(seen.headers["te"], undefined);
    assert.equal(world.entries.at(-1)?.protocol, "HTTP/2");
  });

  it("carries large bodies in both directions, byte for byte", async () => {
    const upload = Buffer.alloc(3_000_000, "vdc-");
    const { body } = await ask({ ":path": "/hash", ":method": "POST" }, upload);
    assert.equal(body.toString(), createHash("sha256").update(upload).digest("hex"));
    const { length } = upload;
    const counted = await ask(
      { ":path": "/hash", ":method": "PUT", "content-length": String(length) },
      upload,
    );
    assert.equal(counted.body.toString(), body.toString());
    assert.deepEqual((await ask({ ":path": "/large" })).body, Buffer.alloc(3_000_000, 98));
  });

  it("carries trailers, early hints, and answers without a body", async () => {
    const { body, trailers } = await ask({ ":path": "/trailers" });
    assert.deepEqual([body.toString(), trailers["x-sum"]], ["body", "42"]);
    const hinted = await ask({ ":path": "/hints" });
    assert.equal(hinted.interim[0]?.["link"], "</a.css>; rel=preload; as=style");
    assert.equal(hinted.body.toString(), "late");
    for (const status of [204, 304])
      assert.equal((await ask({ ":path": `/status/${status}` })).status, status);
    const head = await ask({ ":path": "/large", ":method": "HEAD" });
    assert.deepEqual([head.status, head.headers["content-length"], head.body.length], [200, "3000000", 0]);
  });

  it("shows the client that an answer was cut", async () => {
    const { code, body } = await ask({ ":path": "/cut" });
    assert.notEqual(code, 0);
    assert.ok(body.length < 1000);
    assert.equal((await ask({ ":path": "/still" })).body.toString(), "hello /still");
  });

  it("serves 200 requests at once over one connection", async () => {
    const all = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => await ask({ ":path": `/n/${n}` })),
    );
    assert.deepEqual(
      all.map(({ body }) => body.toString()),
      all.map((_, n) => `hello /n/${n}`),
    );
  });

  it("answers 421 to a host that its server name does not cover", async () => {
    const { status } = await ask({ ":path": "/", ":authority": "c.test.example" });
    assert.equal(status, 421);
  });

  it("leaves HTTP/1.1 over TLS to clients that ask for it", async () => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const options = {
      port: world.port,
      host: "127.0.0.1",
      servername: host,
      ca: world.ca,
      headers: { host },
    };
    httpsRequest({ ...options, path: "/old" }, (response) => {
      let text = response.httpVersion;
      response.setEncoding("utf8").on("data", (chunk: string) => (text += ` ${chunk}`));
      response.on("end", () => resolve(text));
    })
      .on("error", reject)
      .end();
    assert.equal(await promise, "1.1 hello /old");
  });

  it(
    "is spoken as nghttp2's own client does",
    { skip: !existsSync("/usr/bin/nghttp") && "nghttp is not installed" },
    async () => {
      const url = `https://127.0.0.1:${world.port}/nghttp`;
      const { stdout } = await run("nghttp", ["--no-verify-peer", `-H:authority: ${host}`, "-v", url]).catch(
        async () => await run("nghttp", [`-H:authority: ${host}`, "-v", url]),
      );
      assert.match(stdout, /:status: 200/);
      assert.match(stdout, /hello \/nghttp/);
    },
  );

  it(
    "loses no request of h2load",
    { skip: !existsSync("/usr/bin/h2load") && "h2load is not installed" },
    async () => {
      const url = `https://127.0.0.1:${world.port}/load`;
      const { stdout } = await run("h2load", ["-n2000", "-c4", "-m32", `-H:authority: ${host}`, url]);
      assert.match(stdout, /2000 succeeded, 0 failed, 0 errored/);
    },
  );

  it("drains without losing what is under way", async () => {
    const pending = Array.from({ length: 20 }, async (_, n) => await ask({ ":path": `/slow/${n}` }));
    await waitFor(() => (waiting.length === pending.length ? true : undefined), {
      withinMs: 5_000,
      what: "all requests are with the app",
    });
    const drained = world.gateway.drain({ deadlineMs: 5_000 });
    await new Promise<void>((resolve) => void session.once("goaway", () => resolve()));
    for (const response of waiting) response.end("last");
    const answers = await Promise.all(pending);
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    await drained;
    assert.equal(world.gateway.status().connections, 0);
  });
});
