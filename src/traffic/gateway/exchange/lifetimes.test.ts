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

const within = (what: string) => ({ withinMs: 8_000, what });
const get = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

async function receives(client: RawClient, pattern: RegExp): Promise<string> {
  return await waitFor(
    () => (pattern.test(client.received) ? client.received : undefined),
    within(`${pattern} in ${JSON.stringify(client.received.slice(-300))}`),
  );
}

async function ends(client: RawClient): Promise<string> {
  return await waitFor(() => (client.isEnded ? client.received : undefined), within("the connection's end"));
}

describe("when a request is sent again", () => {
  test("a kept connection that dies before it answers costs an idempotent request nothing", async () => {
    let isFirst = true;
    await using origin = await startOrigin((connection) => {
      // The second request on the first connection is met by its end, as when a server's idle time is over.
      if (connection.received.split("\r\n\r\n").length > 2 && isFirst) {
        isFirst = false;
        connection.socket.destroy();
      } else smallPage(connection);
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.send(get);
    await receives(client, /ok$/);
    client.send(get);
    await receives(client, /ok.*ok$/s);
    assert.equal(origin.connections.length, 2);
    assert.equal(world.gateway.status().members[0]?.failures, 0);
  });

  test("a POST that an instance has got is not sent again, even when not a byte of an answer came", async () => {
    await using origin = await startOrigin((connection) => void connection.socket.destroy());
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello");
    assert.match(await receives(client, /\}\n$/), /^HTTP\/1\.1 502 /);
    assert.equal(origin.connections.length, 1);
    assert.equal(world.entries[0]?.ended, "upstream-reset");
  });

  test("a PUT whose instance dies is sent again with its whole body, to another instance", async () => {
    await using bad = await startOrigin((connection) => void connection.socket.destroy());
    await using good = await startOrigin((connection) => {
      if (connection.received.endsWith("world"))
        connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    await using world = await startWorld({
      origins: [bad.port, good.port],
      policy: { balance: "round-robin" },
    });
    for (let n = 0; n < 4; n += 1) {
      await using client = await rawClient(world.port);
      client.send("PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhello");
      client.send("world");
      await receives(client, /ok$/);
    }
    assert.ok(bad.connections.length > 0, "the bad one was tried");
    for (const connection of good.connections) assert.match(connection.received, /\r\n\r\nhelloworld/);
  });

  test("nothing is sent again once a byte of an answer has come", async () => {
    await using origin = await startOrigin((connection) => {
      connection.socket.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", () =>
        connection.socket.destroy(),
      );
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.send(get);
    assert.match(
      await receives(client, /\}\n$/),
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1\.1 502 /,
    );
    assert.equal(origin.connections.length, 1);
  });

  test("retries end with the policy's number", async () => {
    await using origin = await startOrigin((connection) => void connection.socket.destroy());
    await using world = await startWorld({
      origins: [origin.port],
      policy: { retry: { attempts: 2, budgetPercent: 100 }, health: { ejectAfterFailures: 100 } },
    });
    await using client = await rawClient(world.port);
    client.send(get);
    await receives(client, /HTTP\/1\.1 502 /);
    assert.equal(origin.connections.length, 3);
    assert.equal(world.gateway.status().routes[0]?.retries, 2);
  });
});

describe("back-pressure", () => {
  test("a client that does not read makes the instance wait, and no more than a little is kept in memory", async () => {
    const piece = Buffer.alloc(65_536, "x");
    const total = 400;
    let written = 0;
    await using origin = await startOrigin((connection) => {
      connection.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${piece.length * total}\r\n\r\n`);
      const more = (): void => {
        while (written < total) {
          written += 1;
          if (!connection.socket.write(piece)) return void connection.socket.once("drain", more);
        }
      };
      more();
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.socket.pause();
    client.send(get);
    // What the kernel's buffers take on both ways differs; that it stops well before the end does not.
    let before = -1;
    await waitFor(() => {
      const isStill = written > 0 && written === before;
      before = written;
      return isStill ? true : undefined;
    }, within("the origin waits"));
    assert.ok(written < total, `${written} pieces were taken`);
    client.socket.resume();
    await waitFor(
      () => (client.received.length > piece.length * total ? true : undefined),
      within("the whole answer"),
    );
  });

  test("an instance that does not read makes the client wait", async () => {
    await using origin = await startOrigin((connection) => void connection.socket.pause());
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000000\r\n\r\n");
    const piece = Buffer.alloc(65_536, "x");
    let written = 0;
    const more = (): void => {
      while (written < 1_500) {
        written += 1;
        if (!client.socket.write(piece)) return void client.socket.once("drain", more);
      }
    };
    more();
    let before = -1;
    await waitFor(() => {
      const isStill = written > 0 && written === before;
      before = written;
      return isStill ? true : undefined;
    }, within("the client waits"));
    assert.ok(written < 1_500, `${written} pieces were taken`);
  });
});

describe("deadlines", () => {
  test("a head that comes too slowly is answered 408 and its connection closed, while others are served", async () => {
    await using origin = await startOrigin(smallPage);
    await using world = await startWorld({ origins: [origin.port] });
    await using slow = await rawClient(world.port);
    await using other = await rawClient(world.port);
    slow.send("GET / HTTP/1.1\r\nHost: a.te");
    other.send(get);
    await receives(other, /ok$/);
    world.advance(11_000);
    assert.match(await ends(slow), /^HTTP\/1\.1 408 .*\r\nx-vdc-rule: timeout-head\r\n/s);
    other.send(get);
    await receives(other, /ok.*ok$/s);
  });

  test("a connection without a request is closed after its idle time, without a word", async () => {
    await using world = await startWorld({ origins: [] });
    await using client = await rawClient(world.port);
    await waitFor(
      () => (world.gateway.status().connections === 1 ? true : undefined),
      within("the connection"),
    );
    world.advance(76_000);
    assert.equal(await ends(client), "");
  });

  test("an instance that does not answer in time is a 504, a body that does not come a 408", async () => {
    await using origin = await startOrigin(() => undefined);
    await using world = await startWorld({
      origins: [origin.port],
      policy: { timeouts: { responseMs: 5_000, idleMs: 3_000 } },
    });
    await using silent = await rawClient(world.port);
    silent.send(get);
    await using stuck = await rawClient(world.port);
    stuck.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhe");
    await waitFor(() => (origin.connections.length === 2 ? true : undefined), within("both requests"));
    world.advance(4_000);
    assert.match(await ends(stuck), /^HTTP\/1\.1 408 /);
    assert.equal(silent.received, "");
    world.advance(2_000);
    assert.match(await receives(silent, /\}\n$/), /^HTTP\/1\.1 504 .*"code":"timeout-response"/s);
    assert.deepEqual(
      world.entries.map((entry) => entry.ended),
      ["timeout-request", "timeout-response"],
    );
  });

  test("a body of an answer that stops is cut after the idle time", async () => {
    await using origin = await startOrigin((connection) => {
      connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    });
    await using world = await startWorld({ origins: [origin.port], policy: { timeouts: { idleMs: 3_000 } } });
    await using client = await rawClient(world.port);
    client.send(get);
    await receives(client, /half$/);
    world.advance(4_000);
    await ends(client);
    assert.equal(world.entries[0]?.ended, "timeout-idle");
  });
});

describe("requests that are held", () => {
  test("the client that goes frees its place, and what is denied says why and for how long it waited", async () => {
    await using world = await startWorld({ origins: [], policy: { hold: { maxMs: 2_000 } } });
    const gone = await rawClient(world.port);
    await using waiting = await rawClient(world.port);
    gone.send(get);
    waiting.send("PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello");
    const holding = () => world.gateway.status().routes[0]?.holding;
    await waitFor(() => (holding() === 2 ? true : undefined), within("two held"));
    await gone[Symbol.asyncDispose]();
    await waitFor(() => (holding() === 1 ? true : undefined), within("one held"));
    world.advance(2_500);
    const answer = await receives(waiting, /\}\n$/);
    assert.match(
      answer,
      /^HTTP\/1\.1 503 .*\r\nretry-after: \d+\r\n.*x-vdc-held-ms: 2\d\d\d\r\n.*"code":"hold-deadline"/s,
    );
    assert.deepEqual(
      world.entries.map(({ ended, heldFor }) => [ended, heldFor]),
      [
        ["client-closed", "no-instance"],
        ["hold-deadline", "no-instance"],
      ],
    );
  });

  test("what is granted says how long it waited, and its body arrives whole", async () => {
    await using origin = await startOrigin((connection) => {
      if (connection.received.endsWith("hello"))
        connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    await using world = await startWorld({ origins: [] });
    await using client = await rawClient(world.port);
    client.send("PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello");
    await waitFor(
      () => (world.gateway.status().routes[0]?.holding === 1 ? true : undefined),
      within("the hold"),
    );
    world.apply({}, [origin.port]);
    assert.match(
      await receives(client, /ok$/),
      /^HTTP\/1\.1 200 OK\r\nContent-Length: 2\r\nx-vdc-held-ms: \d+\r\n\r\nok$/,
    );
  });
});

describe("the end of a gateway", () => {
  test("a client that asks again on a kept connection is answered, and told that this was the last time", async () => {
    await using origin = await startOrigin(smallPage);
    await using world = await startWorld({ origins: [origin.port] });
    await using client = await rawClient(world.port);
    client.send(get);
    await receives(client, /ok$/);
    const drained = world.gateway.drain({ deadlineMs: 30_000 });
    client.send(get);
    assert.match(await ends(client), /ok.*\r\nconnection: close\r\n\r\nok$/s);
    client.socket.end();
    await drained;
  });

  test("idle connections close after a while, busy ones after their answer, and WebSockets are told to go before they are cut", async () => {
    let answer = (): void => undefined;
    await using origin = await startOrigin((connection) => {
      if (connection.received.includes("Sec-WebSocket"))
        connection.socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x02hi",
          "latin1",
        );
      else if (connection.received.includes("/slow"))
        answer = () => void connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      else smallPage(connection);
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using idle = await rawClient(world.port);
    await using busy = await rawClient(world.port);
    await using socket = await rawClient(world.port);
    idle.send(get);
    busy.send("GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n");
    socket.send(
      "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
    );
    await receives(idle, /ok$/);
    await receives(socket, /hi$/);
    await waitFor(() => (origin.received.includes("/slow") ? true : undefined), within("the slow request"));
    const drained = world.gateway.drain({ deadlineMs: 1_000 });
    await ends(idle);
    assert.equal(busy.isEnded, false);
    answer();
    assert.match(await ends(busy), /\r\nconnection: close\r\n\r\nok$/);
    assert.ok((await ends(socket)).endsWith("\x81\x02hi\x88\x02\x03\xe9"), "a close frame, 1001");
    for (const client of [idle, busy, socket]) client.socket.end();
    await drained;
    assert.equal(world.gateway.status().connections, 0);
  });
});

describe("a WebSocket whose instance ends without a close frame", () => {
  const lastBytesOf = async (written: string, isReplaced: boolean): Promise<string> => {
    await using origin = await startOrigin((connection) => {
      connection.socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${written}`,
        "latin1",
      );
    });
    await using world = await startWorld({ origins: [origin.port] });
    await using socket = await rawClient(world.port);
    socket.send(
      "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
    );
    await waitFor(() => (socket.received.endsWith(written) ? true : undefined), within("what it wrote"));
    if (isReplaced) world.drainMembers();
    origin.connections[0]?.socket.destroy();
    return (await ends(socket)).split("\r\n\r\n")[1] ?? "";
  };

  test("is told to come again when the instance is being replaced", async () => {
    assert.equal(await lastBytesOf("\x81\x02hi", true), "\x81\x02hi\x88\x02\x03\xe9");
  });

  test("is cut as it is when nothing was to end it, so that a crash looks like one", async () => {
    assert.equal(await lastBytesOf("\x81\x02hi", false), "\x81\x02hi");
  });

  test("gets no second close frame, and none inside of a frame", async () => {
    assert.equal(await lastBytesOf("\x88\x02\x03\xe8", true), "\x88\x02\x03\xe8");
    assert.equal(await lastBytesOf("\x81\x05hal", true), "\x81\x05hal");
  });
});

describe("a new snapshot", () => {
  test("moves no request that is on its way and closes no connection of a client", async () => {
    const waiting: (() => void)[] = [];
    await using old = await startOrigin((connection) => {
      waiting.push(() => void connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold"));
    });
    await using fresh = await startOrigin(smallPage);
    await using world = await startWorld({ origins: [old.port] });
    await using client = await rawClient(world.port);
    client.send(get);
    await waitFor(() => (waiting.length === 1 ? true : undefined), within("the first request"));
    world.apply({}, [fresh.port]);
    waiting[0]?.();
    await receives(client, /old$/);
    client.send(get);
    await receives(client, /ok$/);
    await waitFor(
      () => (old.connections.every((connection) => connection.isEnded) ? true : undefined),
      within("the old member's connections"),
    );
  });

  test("keeps the sticky browser with its instance", async () => {
    const name = (text: string) => (connection: Parameters<typeof smallPage>[0]) => {
      if (connection.received.endsWith("\r\n\r\n"))
        connection.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${text}`);
    };
    await using first = await startOrigin(name("1"));
    await using second = await startOrigin(name("2"));
    const origins = [first.port, second.port];
    await using world = await startWorld({ origins, policy: { sticky: {}, balance: "round-robin" } });
    await using client = await rawClient(world.port);
    client.send(get);
    const answer = await receives(client, /\r\n\r\n[12]$/);
    const cookie = /set-cookie: (vdc_instance=[0-9a-z]{14}); Path=\/; HttpOnly; SameSite=Lax\r\n/.exec(
      answer,
    )?.[1];
    assert.ok(cookie !== undefined);
    const who = answer.at(-1);
    world.apply({}, origins);
    for (let n = 0; n < 6; n += 1) {
      await using next = await rawClient(world.port);
      next.send(`GET / HTTP/1.1\r\nHost: a.test\r\nCookie: x=y; ${cookie}\r\n\r\n`);
      const again = await receives(next, /\r\n\r\n[12]$/);
      assert.equal(again.at(-1), who);
      assert.doesNotMatch(again, /set-cookie/);
    }
  });
});
