import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTls } from "node:tls";
import { describe, test } from "node:test";
import {
  rawClient,
  smallPage,
  startOrigin,
  startWorld,
  type RawClient,
} from "#test/support/gateway-world.ts";
import { startSecureGateway, type SecureGateway } from "#test/support/secure-gateway.ts";
import { waitFor } from "#test/support/wait-for.ts";

const within = (what: string) => ({ withinMs: 10_000, what });

async function receives(client: RawClient, pattern: RegExp): Promise<string> {
  return await waitFor(
    () => (pattern.test(client.received) ? client.received : undefined),
    within(String(pattern)),
  );
}

describe("a client that ends its side", () => {
  for (const head of [
    "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
  ])
    test(`still gets the answer to its last request: ${JSON.stringify(head.slice(0, 16))}`, async () => {
      let answer = () => {};
      await using origin = await startOrigin(({ socket }) => {
        answer = () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");
      });
      await using world = await startWorld({ origins: [origin.port] });
      await using client = await rawClient(world.port);
      client.socket.end(head, "latin1");
      await waitFor(() => origin.connections.length > 0 || undefined, within("the request"));
      await waitFor(() => client.socket.writableFinished || undefined, within("the client's end"));
      answer();
      assert.match(await receives(client, /late$/), /^HTTP\/1\.1 200 OK\r\n/);
      await waitFor(
        () => world.gateway.status().connections === 0 || undefined,
        within("the connection has gone"),
      );
    });

  for (const [what, head, bytes] of [
    ["a request that said it was its last", "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n", 0],
    ["a paused body", "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 400000\r\n\r\n", 200_000],
  ] as const)
    test(`that has gone altogether while it waits, after ${what}, frees its place`, async () => {
      await using world = await startWorld({ origins: [] });
      await using client = await rawClient(world.port);
      const holding = (count: number) =>
        waitFor(
          () => world.gateway.status().pools?.[0]?.holding === count || undefined,
          within(`${count} wait`),
        );
      client.send(head + "x".repeat(bytes));
      await holding(1);
      client.socket.destroy();
      await holding(0);
    });

  test("has left when it may have asked for more, and its place in the queue is free", async () => {
    await using world = await startWorld({ origins: [] });
    await using client = await rawClient(world.port);
    client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 60000\r\n\r\n${"x".repeat(40_000)}`);
    await waitFor(
      () => world.gateway.status().pools?.[0]?.holding === 1 || undefined,
      within("a request waits"),
    );
    assert.equal(world.gateway.status().pools?.[0]?.holdCause, "no-instance");
    client.socket.end();
    await waitFor(
      () => world.gateway.status().pools?.[0]?.holding === 0 || undefined,
      within("nobody waits"),
    );
    assert.equal(world.gateway.status().pools?.[0]?.held, 1);
  });
});

test("requests without a route are counted by what refused them", async () => {
  await using origin = await startOrigin(smallPage);
  await using world = await startWorld({ origins: [origin.port] });
  for (const bytes of [
    "get / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n",
  ]) {
    await using client = await rawClient(world.port);
    client.send(bytes);
    await waitFor(() => client.isEnded || undefined, within("the answer"));
  }
  assert.deepEqual(world.gateway.status().refused, {
    "rule:request-start": 1,
    "rule:host-missing": 1,
    "unknown-host": 1,
  });
});

describe("a TLS connection for one name", () => {
  const hosts = ["a.test", "b.test"];

  async function overHttp1(gateway: SecureGateway, host: string): Promise<string> {
    const socket = connectTls({
      host: "127.0.0.1",
      port: gateway.port,
      ca: gateway.ca,
      servername: "a.test",
    });
    let received = "";
    socket.on("data", (piece: Buffer) => (received += piece.toString("latin1")));
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    await once(socket, "close");
    return received;
  }

  async function overHttp2(gateway: SecureGateway, host: string): Promise<string> {
    const session = connectHttp2(`https://127.0.0.1:${gateway.port}`, {
      ca: gateway.ca,
      servername: "a.test",
    });
    const stream = session.request({ ":authority": host, ":path": "/" });
    let status = "";
    stream.on(
      "response",
      (headers) =>
        (status = `HTTP/2 ${headers[":status"] ?? 0} x-vdc-rule: ${String(headers["x-vdc-rule"])}`),
    );
    stream.resume();
    await once(stream, "close");
    session.close();
    return status;
  }

  for (const [name, ask] of [
    ["HTTP/1.1", overHttp1],
    ["HTTP/2", overHttp2],
  ] as const)
    test(`over ${name} is misdirected for a host that its certificate does not cover, and serves one that it does`, async () => {
      await using gateway = await startSecureGateway(hosts, (_, response) => response.end("ok"));
      assert.match(await ask(gateway, "a.test"), / 200 /);
      assert.match(await ask(gateway, "b.test"), / 200 /);
      assert.match(await ask(gateway, "c.test"), / 421 [^]*x-vdc-rule: host-not-server-name/);
      assert.deepEqual(gateway.gateway.status().refused, { "host-not-server-name": 1 });
    });

  test("gets 502 over HTTP/2 for a status that HTTP does not have", async () => {
    await using origin = await startOrigin((connection) => {
      if (connection.received.endsWith("\r\n\r\n"))
        connection.socket.write("HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n");
    });
    await using gateway = await startSecureGateway(hosts, { port: origin.port });
    assert.match(await overHttp2(gateway, "a.test"), /^HTTP\/2 502 x-vdc-rule: status-line$/);
  });
});
