import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  rawClient,
  smallPage,
  startOrigin,
  startWorld,
  type RawClient,
} from "#test/support/gateway-world.ts";
import { waitFor } from "#test/support/wait-for.ts";

const within = (what: string) => ({ withinMs: 5_000, what });

async function receives(client: RawClient, pattern: RegExp): Promise<string> {
  return await waitFor(
    () => (pattern.test(client.received) ? client.received : undefined),
    within(`${pattern} in ${JSON.stringify(client.received.slice(0, 300))}`),
  );
}

const get = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

describe("what an instance gets", () => {
  test("hop-by-hop lines and lines that Connection names do not pass, forwarded lines are ours alone", async () => {
    await using origin = await startOrigin(smallPage);
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.send(
      "GET /a?b=%20c HTTP/1.1\r\nHost: A.test:8080\r\nConnection: X-Secret, keep-alive\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\n" +
        "Proxy-Connection: close\r\nTE: trailers\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nProxy-Authorization: x\r\nProxy: x\r\n" +
        "X-Forwarded-For: 6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\nx-forwarded-host: evil\r\nX-Forwarded-Proto: https\r\nForwarded: for=6.6.6.6\r\n" +
        "X-Real-IP: 6.6.6.6\r\nX-Request-Id: forged\r\nX-VDC-Held-Ms: 1\r\nX-Original-URL: /admin\r\nVia: 1.0 other\r\nX-Kept:  yes \r\nCookie: a=b\r\n\r\n",
    );
    await receives(client, /ok$/);
    const lines = origin.received.split("\r\n");
    assert.match(lines[lines.length - 3] ?? "", /^x-request-id: [0-9a-f]{12}-\w+$/);
    assert.deepEqual(lines.slice(0, -3), [
      "GET /a?b=%20c HTTP/1.1",
      "Host: A.test:8080",
      "Via: 1.0 other",
      "X-Kept:  yes ",
      "Cookie: a=b",
      "x-forwarded-for: 127.0.0.1",
      "x-forwarded-proto: http",
      "x-forwarded-host: A.test:8080",
      `x-forwarded-port: ${world.port}`,
      'forwarded: for=127.0.0.1;host="A.test:8080";proto=http',
      "via: 1.1 vdc",
    ]);
  });

  test("a request that has passed too many gateways of this kind is a loop", async () => {
    await using origin = await startOrigin(smallPage);
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.send(`GET / HTTP/1.1\r\nHost: a.test\r\n${"Via: 1.1 vdc\r\n".repeat(5)}\r\n`);
    assert.match(await receives(client, /\}\n$/), /^HTTP\/1\.1 508 .*\r\nx-vdc-rule: via-loop\r\n/s);
  });

  test("a route edits headers, strips and adds prefixes and names another host", async () => {
    await using origin = await startOrigin(smallPage);
    await using world = await startWorld({
      origins: [origin.port],
      route: {
        path: { prefix: "/shop" },
        rewrite: { stripPrefix: "/shop", addPrefix: "/v2", host: "inner.test" },
        requestHeaders: { set: { "x-team": "blue" }, remove: ["cookie"] },
        responseHeaders: { set: { "x-frame-options": "DENY" }, remove: [] },
      },
    });
    await using client = await rawClient(world.port);
    client.send("GET /shop/cart?x=1 HTTP/1.1\r\nHost: a.test\r\nCookie: a=b\r\nX-Team: red\r\n\r\n");
    assert.match(await receives(client, /ok$/), /\r\nx-frame-options: DENY\r\n/);
    assert.match(origin.received, /^GET \/v2\/cart\?x=1 HTTP\/1\.1\r\n/);
    assert.match(origin.received, /\r\nhost: inner\.test\r\n/);
    assert.match(origin.received, /\r\nx-team: blue\r\n/);
    assert.match(origin.received, /\r\nx-forwarded-host: a\.test\r\n/);
    assert.doesNotMatch(origin.received, /: red|cookie|\nHost: a\.test/i);
  });

  test("chunks pass as they came, with extensions and trailers, and the next request follows on the same connection", async () => {
    await using origin = await startOrigin((connection) => {
      if (/0\r\n(?:.*\r\n)*\r\n$/.test(connection.received) || /GET .*\r\n\r\n$/s.test(connection.received))
        connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    const body = '5;a="b"\r\nhello\r\n00\r\nX-Sum: 1\r\n\r\n';
    client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n${body}`);
    await receives(client, /ok$/);
    assert.ok(origin.received.endsWith(`\r\ntransfer-encoding: chunked\r\n\r\n${body}`));
    client.send(get);
    await receives(client, /ok.*ok$/s);
    assert.equal(origin.connections.length, 1);
  });

  test("Expect is passed on, and the body is sent when the instance asks for it", async () => {
    await using origin = await startOrigin((connection) => {
      if (connection.received.endsWith("\r\n\r\n")) connection.socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      if (connection.received.endsWith("hello"))
        connection.socket.write("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.send("PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    assert.equal(await receives(client, /\r\n\r\n$/), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello");
    await receives(client, /HTTP\/1\.1 201 Created\r\n/);
    assert.match(origin.received, /\r\nexpect: 100-continue\r\n/);
  });

  test("requests that come together are answered in their order", async () => {
    await using origin = await startOrigin((connection) => {
      const path = /GET \/(\d+) [^]*\r\n\r\n$/.exec(
        connection.received.slice(connection.received.lastIndexOf("GET")),
      )?.[1];
      if (path !== undefined)
        connection.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    const count = 300;
    client.send(
      Array.from({ length: count }, (_, n) => `GET /${n} HTTP/1.1\r\nHost: a.test\r\n\r\n`).join(""),
    );
    const all = await receives(client, new RegExp(`\\r\\n\\r\\n${count - 1}$`));
    assert.deepEqual(
      [...all.matchAll(/\r\n\r\n(\d+)/g)].map(([, path]) => Number(path)),
      Array.from({ length: count }, (_, n) => n),
    );
  });
});

describe("what a client gets", () => {
  test("an answer that ends with its connection gets chunks for HTTP/1.1, and an end for HTTP/1.0", async () => {
    await using origin = await startOrigin((connection) => {
      if (connection.received.endsWith("\r\n\r\n"))
        connection.socket.end("HTTP/1.0 200 Fine\r\nX-A: b\r\n\r\nhello");
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using newer = await rawClient(world.port);
    newer.send(get);
    assert.equal(
      await receives(newer, /0\r\n\r\n$/),
      "HTTP/1.1 200 Fine\r\nX-A: b\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    );
    await using older = await rawClient(world.port);
    older.send("GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n");
    await waitFor(() => (older.isEnded ? true : undefined), within("the end"));
    assert.equal(older.received, "HTTP/1.1 200 Fine\r\nX-A: b\r\nconnection: close\r\n\r\nhello");
  });

  test("a client of HTTP/1.0 gets chunks decoded, and keeps its connection when it asks to and the length is known", async () => {
    await using origin = await startOrigin((connection) => {
      if (!connection.received.endsWith("\r\n\r\n")) return;
      const isChunked = connection.received.includes("/chunks");
      connection.socket.write(
        isChunked
          ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\nA: b\r\n\r\n"
          : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      );
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.send("GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n");
    assert.match(await receives(client, /ok$/), /\r\nconnection: keep-alive\r\n/);
    client.send("GET /chunks HTTP/1.0\r\nHost: a.test\r\n\r\n");
    await waitFor(() => (client.isEnded ? true : undefined), within("the end"));
    assert.match(client.received, /connection: close\r\n\r\nhello$/);
  });

  test("HEAD, 204 and 304 have no body, whatever they say of it", async () => {
    const answers = [
      "200 OK\r\nContent-Length: 9",
      "204 No Content",
      "304 Not Modified\r\nContent-Length: 9",
    ];
    await using origin = await startOrigin((connection) => {
      if (connection.received.endsWith("\r\n\r\n"))
        connection.socket.write(`HTTP/1.1 ${answers.shift()}\r\n\r\n`);
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.send("HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assert.equal(await receives(client, /\r\n\r\n$/), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
    client.send(get);
    await receives(client, /204 No Content\r\n\r\n$/);
    client.send(get);
    await receives(client, /304 Not Modified\r\nContent-Length: 9\r\n\r\n$/);
    assert.equal(origin.connections.length, 1);
  });

  test("an answer that breaks a rule is a 502 that names it, and its connection is not used again", async () => {
    await using origin = await startOrigin((connection) => {
      connection.socket.write(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      );
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.send(get);
    assert.match(await receives(client, /\}\n$/), /^HTTP\/1\.1 502 .*\r\nx-vdc-rule: length-and-coding\r\n/s);
    await waitFor(
      () => (origin.connections[0]?.isEnded === true ? true : undefined),
      within("the connection's end"),
    );
    assert.equal(world.entries[0]?.ended, "rule:length-and-coding");
  });

  test("an answer that breaks off is broken off for the client too", async () => {
    await using origin = await startOrigin((connection) => {
      connection.socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.send(get);
    await waitFor(() => (client.isEnded ? true : undefined), within("the end"));
    assert.match(client.received, /\r\n\r\nhalf$/);
    assert.equal(world.entries[0]?.ended, "upstream-closed");
  });

  test("both directions of an upgraded connection pass bytes as they are, and it is counted while it lasts", async () => {
    await using origin = await startOrigin((connection) => {
      if (connection.received.endsWith("\r\n\r\n"))
        connection.socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nfirst",
        );
      else
        connection.socket.write(
          connection.received.slice(connection.received.indexOf("\r\n\r\n") + 4).toUpperCase(),
        );
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.send(
      "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
    );
    assert.match(
      await receives(client, /first$/),
      /^HTTP\/1\.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nfirst$/,
    );
    client.send("GET /x HTTP/1.1\r\n\0");
    await receives(client, /GET \/X HTTP\/1\.1\r\n\0$/);
    assert.equal(world.gateway.status().members[0]?.upgraded, 1);
    client.socket.end();
    await waitFor(
      () => (world.gateway.status().members[0]?.upgraded === 0 ? true : undefined),
      within("the upgrade's end"),
    );
    assert.equal(world.entries[0]?.status, 101);
  });

  test("101 to a request that asked for nothing is a broken answer", async () => {
    await using origin = await startOrigin((connection) => {
      connection.socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.send(get);
    assert.match(await receives(client, /\}\n$/), /x-vdc-rule: status-unexpected/);
  });

  test("the gateway answers redirects, challenges, wrong hosts and bodies that are too large by itself", async () => {
    await using origin = await startOrigin(smallPage);
    await using world = await startWorld({ origins: [origin.port], policy: { maxBodyBytes: 10 } });
    await using client = await rawClient(world.port);
    client.send("GET /.well-known/acme-challenge/token HTTP/1.1\r\nHost: a.test\r\n\r\n");
    await receives(client, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\ntoken\.answer$/);
    client.send("GET / HTTP/1.1\r\nHost: c.test\r\n\r\n");
    await receives(client, /HTTP\/1\.1 404 Not Found\r\n[^]*"code":"unknown-host"[^]*\}\n$/);
    client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 11\r\n\r\nhello world");
    await receives(client, /HTTP\/1\.1 413 Content Too Large\r\n/);
    client.send(get);
    await receives(client, /ok$/);
  });

  test("no redirect leads to a host of the client's choice", async () => {
    await using world = await startWorld({
      origins: [],
      route: { redirect: { to: "/{path}?q={query}", status: 302 } },
    });
    await using client = await rawClient(world.port);
    client.send("GET //evil.test/x?y=1 HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assert.match(await receives(client, /\r\n\r\n$/), /\r\nlocation: \/evil\.test\/x\?q=y=1\r\n/);
  });

  test("plain HTTP is led to https where the policy says so", async () => {
    await using world = await startWorld({ origins: [], policy: { redirectToTls: true } });
    await using client = await rawClient(world.port);
    client.send("GET /x?y HTTP/1.1\r\nHost: a.test:8080\r\n\r\n");
    assert.match(
      await receives(client, /\r\n\r\n$/),
      /^HTTP\/1\.1 308 .*\r\nlocation: https:\/\/a\.test\/x\?y\r\n/s,
    );
  });
});

test("requests with bodies pass one after the other whether or not accepted sockets can be read into our buffer", async () => {
  for (const withoutReadInto of [false, true]) {
    await using origin = await startOrigin(smallPage);
    await using world = await startWorld({ origins: [origin.port], withoutReadInto });
    await using client = await rawClient(world.port);
    const post = (body: string) =>
      `POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    client.send(get + post("one") + get + post("x".repeat(100_000)) + get);
    await receives(client, /(?:HTTP\/1\.1 200 OK.*?ok){5}$/s);
    const { received } = origin;
    assert.ok(
      received.includes("\r\n\r\noneGET ") && received.includes(`\r\n\r\n${"x".repeat(100_000)}GET `),
    );
  }
});
