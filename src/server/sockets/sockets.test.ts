import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixedRoutes } from "#api/routes.ts";
import { routeAddress } from "#api/transport.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import type { Principal } from "#control/auth/principal.ts";
import { localPrincipal } from "#control/auth/principals.ts";
import { openWebSocket, UpgradeRefused, type ClientSocket } from "#drivers/web-socket/web-socket.ts";
import type { SocketHandler } from "#server/handler.ts";
import type { ServerLimits } from "#server/limits.ts";
import { createApiServer, type ApiServer } from "#server/server.ts";
import { rawRequest } from "#test/support/raw-request.ts";
import { waitFor } from "#test/support/wait-for.ts";
import type { Peer } from "./peer.ts";

/** The whole server with the route of exec, whose handler a test writes: what a handler may rely on is what is tested. */
const route = fixedRoutes["instance.exec"];
const owner: Principal = localPrincipal(0);
const path = routeAddress(route, { project: "shop", name: "web-1" }, { command: '["sh"]' });
const folder = mkdtempSync(join(tmpdir(), "vdc-ws-"));
const servers = new AsyncDisposableStack();
before(() => servers.defer(() => rmSync(folder, { recursive: true })));
after(async () => await servers.disposeAsync());

interface Speaking {
  readonly port: number;
  readonly server: ApiServer;
  readonly socketPath: string;
  /** What `authenticate` gives from now on for the token `good` and the session cookie. */
  admit(principal: Principal | undefined): void;
}

let count = 0;

async function serve(
  speak: (peer: Peer) => Promise<void>,
  limits: Partial<ServerLimits> = {},
): Promise<Speaking> {
  let admitted: Principal | undefined = owner;
  const run: SocketHandler<typeof route> = () => Promise.resolve(speak);
  const server = servers.use(
    await createApiServer({
      routes: [{ route, run }],
      authenticate: (facts) =>
        Promise.resolve(
          facts.isLocal || facts.bearer === "good"
            ? admitted
            : facts.sessionSecret === undefined || admitted === undefined
              ? undefined
              : { ...admitted, via: "session" },
        ),
      observe: () => undefined,
      listen: { host: "127.0.0.1", port: 0 },
      hosts: [],
      limits,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
    }),
  );
  count += 1;
  const socketPath = join(folder, `${count}.sock`);
  await server.listenLocal(socketPath);
  return {
    port: await server.listen(),
    server,
    socketPath,
    admit: (principal) => void (admitted = principal),
  };
}

const bearer = { authorization: "Bearer good" };

async function open(
  { port }: Speaking,
  headers: Readonly<Record<string, string>> = bearer,
  at = path,
): Promise<ClientSocket> {
  return await openWebSocket(`ws://127.0.0.1:${port}${at}`, {
    headers,
    maxMessageBytes: 1024 * 1024,
    handshakeMs: 5_000,
    signal: AbortSignal.timeout(20_000),
  });
}

async function refusal(
  attempt: Promise<ClientSocket>,
): Promise<{ readonly status: number; readonly code: string }> {
  try {
    (await attempt).close();
  } catch (error) {
    assert.ok(error instanceof UpgradeRefused, String(error));
    return { status: error.status, code: (JSON.parse(error.body) as { code: string }).code }; // a problem document
  }
  return assert.fail("it was let in");
}

/** Sends everything back. */
const echo = async (peer: Peer) => {
  for await (const message of peer.messages) {
    if (message.type === "text") await peer.sendText(message.text);
    else await peer.sendBytes(message.bytes);
  }
};

async function next(socket: ClientSocket): Promise<string | Uint8Array | undefined> {
  for await (const message of socket.messages) return message;
  return undefined;
}

async function untilEnd(socket: ClientSocket): Promise<{ readonly code: number; readonly reason: string }> {
  for await (const _ of socket.messages); // nothing of it matters here
  return socket.ending() ?? assert.fail("it has an ending");
}

test("a peer and its handler speak text and bytes, over TCP and over the control socket", async () => {
  const speaking = await serve(echo);
  const overSocket = await openWebSocket(`ws://localhost${path}`, {
    headers: {},
    socketPath: speaking.socketPath,
    maxMessageBytes: 1024,
    handshakeMs: 5_000,
    signal: AbortSignal.timeout(20_000),
  });
  for (const socket of [await open(speaking), overSocket]) {
    await socket.send("grüße");
    assert.equal(await next(socket), "grüße");
    await socket.send(Uint8Array.of(0, 255, 1));
    assert.deepEqual(new Uint8Array((await next(socket)) as Uint8Array), Uint8Array.of(0, 255, 1)); // bytes were sent
    socket.close();
  }
});

test("an upgrade is refused like any other request: without a sign-in, to unknown hosts, with a wrong query", async () => {
  const speaking = await serve(echo);
  assert.deepEqual(await refusal(open(speaking, {})), { status: 401, code: "unauthenticated" });
  assert.deepEqual(await refusal(open(speaking, { ...bearer, host: "evil.example" })), {
    status: 421,
    code: "misdirected",
  });
  assert.deepEqual(await refusal(open(speaking, bearer, `${path}&tty=1`)), { status: 422, code: "invalid" });
  assert.deepEqual(await refusal(open(speaking, bearer, "/v1/nothing")), { status: 404, code: "not-found" });
  speaking.admit({ ...owner, owner: false, roleIn: () => "viewer", projects: () => ({ shop: "viewer" }) });
  assert.deepEqual(await refusal(open(speaking)), { status: 403, code: "forbidden" });
});

test("a page of another site opens no WebSocket with the cookie of its visitor", async () => {
  const speaking = await serve(echo);
  const cookie = { cookie: `vdc-session=${"x".repeat(43)}` };
  const own = `http://127.0.0.1:${speaking.port}`;
  for (const headers of [
    cookie,
    { ...cookie, origin: "https://evil.example" },
    { ...cookie, origin: "null" },
    { ...cookie, origin: own, "sec-fetch-site": "cross-site" },
    { ...cookie, origin: `${own}.evil.example` },
  ])
    assert.deepEqual(await refusal(open(speaking, headers)), { status: 403, code: "forbidden" });
  const socket = await open(speaking, { ...cookie, origin: own });
  await socket.send("mine");
  assert.equal(await next(socket), "mine");
  socket.close();
});

test("a request for a socket's address that asks for no upgrade, or asks wrongly, is a bad request", async () => {
  const { port } = await serve(echo);
  const plain = await fetch(`http://127.0.0.1:${port}${path}`, { headers: bearer });
  assert.equal(plain.status, 400);
  assert.match(await plain.text(), /ask for an upgrade/);
  const ask = (lines: string) =>
    rawRequest(
      port,
      `GET ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer good\r\nconnection: upgrade\r\nupgrade: websocket\r\n${lines}\r\n`,
    );
  assert.match(await ask("sec-websocket-version: 8\r\n"), /^HTTP\/1\.1 400 [\s\S]*must be 13/);
  assert.match(
    await ask("sec-websocket-version: 13\r\nsec-websocket-key: short\r\n"),
    /^HTTP\/1\.1 400 [\s\S]*16 bytes/,
  );
  const h2c = await fetch(`http://127.0.0.1:${port}/v1/nothing`, {
    headers: { ...bearer, "x-upgrade": "h2c" },
  });
  assert.equal(h2c.status, 404);
});

test("a caller has so many sockets and no more, and a place that is left is free again", async () => {
  const speaking = await serve(echo, { socketsPerCaller: 2 });
  const first = await open(speaking);
  const second = await open(speaking);
  assert.deepEqual(await refusal(open(speaking)), { status: 503, code: "busy" });
  first.close();
  await waitFor(() => (speaking.server.sockets.open === 1 ? true : undefined), {
    withinMs: 5_000,
    what: "the first is gone",
  });
  const third = await open(speaking);
  for (const socket of [second, third]) socket.close();
});

test("a socket ends when the caller's sign-in or right ends", async () => {
  const speaking = await serve(echo, { streamRecheckMs: 30 });
  const signedOut = await open(speaking);
  speaking.admit(undefined);
  assert.deepEqual(await untilEnd(signedOut), { code: 1008, reason: "sign-in-ended" });
  speaking.admit({
    ...owner,
    owner: false,
    roleIn: () => "operator",
    projects: () => ({ shop: "operator" }),
  });
  const demoted = await open(speaking);
  speaking.admit({ ...owner, owner: false, roleIn: () => "viewer", projects: () => ({ shop: "viewer" }) });
  assert.deepEqual(await untilEnd(demoted), { code: 1008, reason: "sign-in-ended" });
});

test("a handler hears at once that its peer has left", async () => {
  const left = Promise.withResolvers<string>();
  const speaking = await serve(async (peer) => {
    await new Promise<void>((resolve) => peer.signal.addEventListener("abort", () => resolve()));
    for await (const message of peer.messages) assert.fail(message.type);
    await peer.sendText("nobody reads this");
    left.resolve("left");
  });
  (await open(speaking)).close();
  assert.equal(await left.promise, "left");
});

test("a peer that answers no ping is cut off, and one that answers is not", async () => {
  const speaking = await serve(echo, { socketPingMs: 40 });
  const alive = await open(speaking);
  const handshake = `GET ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer good\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
  const said = await rawRequest(speaking.port, handshake, 5_000);
  assert.match(said, /^HTTP\/1\.1 101 /);
  await waitFor(() => (speaking.server.sockets.open === 1 ? true : undefined), {
    withinMs: 5_000,
    what: "only the one that answers is left",
  });
  await alive.send("still here");
  assert.equal(await next(alive), "still here");
  alive.close();
});

test("a message that is too large, or that is no frame, ends the socket and nothing else", async () => {
  const speaking = await serve(echo, { socketMessageBytes: 1000 });
  const other = await open(speaking);
  const large = await open(speaking);
  await large.send(new Uint8Array(2000));
  assert.equal((await untilEnd(large)).code, 1009);
  await other.send("well");
  assert.equal(await next(other), "well");
  other.close();
});

test("a peer is not read while its handler does not read", async () => {
  const go = Promise.withResolvers<void>();
  let received = 0;
  const speaking = await serve(
    async (peer) => {
      await go.promise;
      for await (const message of peer.messages) {
        if (message.type !== "bytes") return;
        received += message.bytes.byteLength;
      }
    },
    { socketQueueBytes: 64 * 1024 },
  );
  const socket = await open(speaking);
  const chunk = new Uint8Array(32 * 1024);
  let sent = 0;
  const flood = (async () => {
    for (; sent < 64 * 1024 * 1024; sent += chunk.byteLength) await socket.send(chunk);
    await socket.send("done");
  })();
  const stuck = { at: -1 };
  await waitFor(
    () => {
      const earlier = stuck.at;
      stuck.at = sent;
      return sent > 0 && earlier === sent ? true : undefined;
    },
    { withinMs: 10_000, what: "the flood stands still" },
  );
  assert.ok(sent < 32 * 1024 * 1024, `only what sockets hold was taken, not ${sent}`);
  go.resolve();
  await flood;
  await untilEnd(socket);
  assert.equal(received, 64 * 1024 * 1024);
});

test("a peer that takes nothing is cut off, and its handler goes on", async () => {
  const ended = Promise.withResolvers<string>();
  const speaking = await serve(
    async (peer) => {
      const chunk = new Uint8Array(256 * 1024);
      for (let at = 0; at < 1000 && !peer.signal.aborted; at += 1) await peer.sendBytes(chunk);
      ended.resolve(peer.signal.aborted ? "cut off" : "all sent");
    },
    { streamStallMs: 200 },
  );
  const socket = await open(speaking);
  assert.equal(await ended.promise, "cut off");
  socket.close();
});

test("a server that stops says so to every socket", async () => {
  const speaking = await serve(echo);
  const socket = await open(speaking);
  const end = untilEnd(socket);
  await speaking.server.stop();
  assert.deepEqual(await end, { code: 1001, reason: "shutdown" });
});

test("a fault in a handler closes the socket with 1011 and tells nothing of it", async () => {
  const socket = await open(await serve(() => Promise.reject(new Error("the password is hunter2"))));
  assert.deepEqual(await untilEnd(socket), { code: 1011, reason: "fault" });
});
