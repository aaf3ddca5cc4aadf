import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { generate } from "selfsigned";
import { boundFetch } from "#drivers/bound-fetch/bound-fetch.ts";
import { certificateSha256 } from "#drivers/bound-fetch/pinned-agent.ts";

const folder = mkdtempSync(join(tmpdir(), "vdc-fetch-"));
const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

async function listening(server: Server, at: string | number): Promise<Server> {
  servers.push(server);
  const { promise, resolve } = Promise.withResolvers<void>();
  if (typeof at === "string") server.listen(at, resolve);
  else server.listen(at, "127.0.0.1", resolve);
  await promise;
  return server;
}

test("a request over a unix socket carries method, headers and body, and the answer comes back", async () => {
  const path = join(folder, "echo.sock");
  await listening(
    createServer((request, response) => {
      let body = "";
      request.on("data", (bytes: Buffer) => void (body += bytes.toString()));
      request.on("end", () => {
        response.writeHead(201, { "x-seen": request.headers["x-given"] ?? "", "set-cookie": ["a=1", "b=2"] });
        response.end(JSON.stringify({ method: request.method, url: request.url, body }));
      });
    }),
    path,
  );
  const bound = boundFetch({ via: "unix-socket", path }, { idleMs: 5000 });
  const answer = await bound.fetch("http://localhost/a?b=c", {
    method: "POST",
    headers: { "x-given": "ü".length.toString() },
    body: "grüße",
  });
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.get("x-seen"), "1");
  assert.deepEqual(answer.headers.getSetCookie(), ["a=1", "b=2"]);
  assert.deepEqual(await answer.json(), { method: "POST", url: "/a?b=c", body: "grüße" });
  bound.close();
  bound.close();
});

test("a stream is read as it comes, ends by its signal, and silence is an error", async () => {
  const path = join(folder, "stream.sock");
  await listening(
    createServer((_, response) => {
      response.write("first");
    }),
    path,
  );
  const bound = boundFetch({ via: "unix-socket", path }, { idleMs: 200 });
  const answer = await bound.fetch("http://localhost/", {});
  const reader = (answer.body ?? assert.fail("no body")).getReader();
  assert.equal(new TextDecoder().decode((await reader.read()).value), "first");
  await assert.rejects(reader.read());
  const stop = new AbortController();
  const second = await bound.fetch("http://localhost/", { signal: stop.signal });
  const again = (second.body ?? assert.fail("no body")).getReader();
  await again.read();
  stop.abort(new Error("enough"));
  await assert.rejects(again.read());
  await assert.rejects(
    bound.fetch("http://localhost/", { signal: AbortSignal.abort(new Error("before")) }),
    /before/,
  );
  bound.close();
});

test("a pinned certificate is the only one that gets a request", async () => {
  const {
    cert,
    private: key,
    fingerprint,
  } = await generate([{ name: "commonName", value: "one" }], { algorithm: "sha256" });
  assert.notEqual(fingerprint, undefined);
  let requests = 0;
  const server = await listening(
    createTlsServer({ cert, key }, (_, response) => {
      requests += 1;
      response.end("hello");
    }),
    0,
  );
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`; // a TCP server's address
  const { sha256, trusted } = await certificateSha256(url, AbortSignal.timeout(5000));
  assert.equal(trusted, false);
  assert.equal(requests, 0);
  const pinned = boundFetch({ via: "pinned-tls", sha256 }, { idleMs: 5000 });
  assert.equal(await (await pinned.fetch(url, {})).text(), "hello");
  assert.equal(await (await pinned.fetch(url, {})).text(), "hello");
  const other = boundFetch({ via: "pinned-tls", sha256: "0".repeat(64) }, { idleMs: 5000 });
  await assert.rejects(other.fetch(url, { headers: { authorization: "Bearer x" } }), {
    name: "CertificateMismatch",
    shown: sha256,
  });
  const unpinned = boundFetch({ via: "address" }, { idleMs: 5000 });
  await assert.rejects(unpinned.fetch(url, {}), /self-signed certificate/);
  assert.equal(requests, 2);
  await assert.rejects(pinned.fetch("http://127.0.0.1:1/", {}), /needs an https address/);
  for (const bound of [pinned, other, unpinned]) bound.close();
});

test("an address that is refused gets no connection, whether it is written or looked up", async () => {
  let connections = 0;
  const server = await listening(
    createServer((_, response) => response.end("here")).on("connection", () => void (connections += 1)),
    0,
  );
  const { port } = server.address() as AddressInfo; // it listens on a port
  const asked: string[] = [];
  const refuses = (ip: string): boolean => asked.push(ip) > 0;
  const refusing = boundFetch({ via: "address", refuses }, { idleMs: 5000 });
  for (const host of ["127.0.0.1", "localhost", "[::1]"])
    await assert.rejects(refusing.fetch(`http://${host}:${port}/`, {}), /is refused/, host);
  assert.ok(asked.includes("127.0.0.1") && asked.includes("::1"));
  assert.equal(connections, 0);
  const letting = boundFetch({ via: "address", refuses: () => false }, { idleMs: 5000 });
  assert.equal(await (await letting.fetch(`http://127.0.0.1:${port}/`, {})).text(), "here");
  assert.equal(await (await letting.fetch(`http://localhost:${port}/`, {})).text(), "here");
  refusing.close();
  letting.close();
});
