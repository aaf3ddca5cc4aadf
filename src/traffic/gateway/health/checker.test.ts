import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { after, describe, test } from "node:test";
import { systemClock } from "#lib/clock.ts";
import { ManualClock } from "#sim/clock.ts";
import { memberSpec, poolSpec, seededRandom, WaitingRequest } from "#test/support/gateway-pool.ts";
import { waitFor } from "#test/support/wait-for.ts";
import type { SnapshotMember } from "../../snapshot.ts";
import type { GatewayPorts } from "../gateway-contract.ts";
import { createPool } from "../pool/pool.ts";
import type { Pool } from "../pool-contract.ts";
import { startCheck, type CheckResult } from "./check.ts";
import { createHealthChecker } from "./checker.ts";
import { healthLimits } from "./limits.ts";

const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

/** When each port was connected to. */
const attempts = new Map<number, number[]>();

const ports: Pick<GatewayPorts, "connect" | "clock"> = {
  connect(host, port, onread) {
    attempts.set(port, [...attemptsOn(port), systemClock.monotonic()]);
    return connect({ host, port, noDelay: true, onread });
  },
  clock: systemClock,
};

function attemptsOn(port: number): readonly number[] {
  return attempts.get(port) ?? [];
}

function untilAttempts(port: number, count: number): Promise<true> {
  return waitFor(() => (attemptsOn(port).length >= count ? true : undefined), {
    withinMs: 10_000,
    what: `${count} checks`,
  });
}

async function serve(
  onConnection: (socket: Socket) => void,
  port = 0,
): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined); // a check leaves without saying goodbye
    closing.push(() => socket.destroy());
    onConnection(socket);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  return { server, port: (server.address() as AddressInfo).port }; // a TCP server's address is one
}

/** Answers each request with these pieces, one write after the other. */
function answering(...pieces: string[]): (socket: Socket) => void {
  return (socket) =>
    socket.once("data", () => {
      for (const piece of pieces) socket.write(piece);
      socket.end();
    });
}

async function closedPort(): Promise<number> {
  const { server, port } = await serve(() => undefined);
  server.close();
  await once(server, "close");
  return port;
}

function check(port: number, path?: string, timeoutMs = 5_000): Promise<CheckResult> {
  return new Promise(
    (resolve) => void startCheck({ address: "127.0.0.1", port, path, timeoutMs }, ports, resolve),
  );
}

function watchedPool(members: readonly { id: string; port: number }[], policy: object = {}): Pool {
  const checker = createHealthChecker(ports);
  const wanted = poolSpec({ members: members.map(({ id, port }) => memberSpec(id, { port })), policy });
  const now = systemClock.monotonic();
  const pool = createPool(wanted, { random: seededRandom(1), now, onChecksWanted: () => checker.wake() });
  closing.push(() => checker.stop());
  checker.watch([pool]);
  return pool;
}

describe("a check", () => {
  test("without a path is a connection that is accepted", async () => {
    const { port } = await serve(() => undefined);
    assert.deepEqual(await check(port), { ok: true, reachable: true });
    assert.deepEqual(await check(await closedPort()), { ok: false, reachable: false });
  });

  for (const [what, ok, ...pieces] of [
    ["200", true, "HTTP/1.1 200 OK\r\n\r\n"],
    ["204 of HTTP/1.0 without a reason", true, "HTTP/1.0 204\r\n\r\n"],
    ["a redirect", true, "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"],
    ["503", false, "HTTP/1.1 503 Service Unavailable\r\n\r\n"],
    ["100 and nothing more", false, "HTTP/1.1 100 Continue\r\n\r\n"],
    ["another protocol", false, "SSH-2.0-OpenSSH_9.2\r\n"],
    ["an end without an answer", false, ""],
    ["a status line without an end", false, "HTTP/1.1 200 OK"],
    ["kilobytes without an end of line", false, "HTTP/1.1 200 ".padEnd(5_000, "x")],
  ] as const)
    test(`with a path takes ${what} as ${ok ? "good" : "bad"}, and the member as reachable`, async () => {
      const { port } = await serve(answering(...pieces));
      assert.deepEqual(await check(port, "/healthz"), { ok, reachable: true });
    });

  test("reads a status line that comes byte by byte, and sends a request that any server takes", async () => {
    let heard = "";
    const { port } = await serve((socket) => {
      socket.on("data", (bytes) => (heard += bytes.toString("latin1")));
      socket.once("data", () => {
        const bytes = "HTTP/1.1 200 OK\r\n".split("");
        const next = () => {
          const byte = bytes.shift();
          if (byte !== undefined) socket.write(byte, () => setImmediate(next));
        };
        next();
      });
    });
    assert.deepEqual(await check(port, "/ready?deep=1"), { ok: true, reachable: true });
    assert.match(
      heard,
      /^GET \/ready\?deep=1 HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n(?:[^\r\n]+\r\n)+\r\n$/,
    );
  });

  test("names the host that visitors use, when one is known", async () => {
    let heard = "";
    const { port } = await serve((socket) => {
      socket.on("data", (bytes) => (heard += bytes.toString("latin1")));
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    });
    const target = { address: "127.0.0.1", port, host: "news.test", path: "/", timeoutMs: 5_000 };
    const result = await new Promise<CheckResult>((resolve) => void startCheck(target, ports, resolve));
    assert.deepEqual(result, { ok: true, reachable: true });
    assert.match(heard, /^GET \/ HTTP\/1\.1\r\nHost: news\.test\r\n/);
  });

  test("ends at its timeout when the member accepts and says nothing", async () => {
    const { port } = await serve((socket) => socket.resume());
    assert.deepEqual(await check(port, "/", 50), { ok: false, reachable: true });
  });
});

describe("the health checker", () => {
  test("ends a hold as soon as a member that was starting listens, without anybody's help", async () => {
    const port = await closedPort();
    const pool = watchedPool([{ id: "a", port }]);
    const request = new WaitingRequest({ holdUntil: Number.POSITIVE_INFINITY }).ask(
      pool,
      systemClock.monotonic(),
    );
    await untilAttempts(port, 4);
    assert.equal(request.calls, 0);
    await serve(() => undefined, port);
    const from = systemClock.monotonic();
    await waitFor(() => request.member, { withinMs: 5_000, what: "the grant" });
    assert(systemClock.monotonic() - from < healthLimits.urgentMaxMs + 250);
  });

  test("asks a member that is starting after 50 ms and then less and less often, and one that is healthy at its interval", async () => {
    const port = await closedPort();
    const healthy = await serve(() => undefined);
    const policy = { health: { intervalMs: 60_000 } };
    const pool = watchedPool(
      [
        { id: "a", port },
        { id: "b", port: healthy.port },
      ],
      policy,
    );
    await untilAttempts(port, 7);
    const times = attemptsOn(port);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    for (const [index, gap] of gaps.entries()) {
      const wanted = healthLimits.urgentMs * healthLimits.urgentGrowth ** index;
      assert(gap > Math.min(wanted, healthLimits.urgentMaxMs) - 2, `gap ${index} was ${gap} ms`);
    }
    assert.deepEqual(
      pool.members.map(({ health }) => health),
      ["unknown", "healthy"],
    );
    assert.equal(attemptsOn(healthy.port).length, 1);
  });

  test("after half an hour without a request, the first one makes it look at once for a member that is gone", async () => {
    const clock = new ManualClock();
    const port = await closedPort();
    const checker = createHealthChecker({ ...ports, clock });
    closing.push(() => checker.stop());
    const wanted = poolSpec({
      members: [memberSpec("a", { port })],
      policy: { health: { intervalMs: 600_000 }, hold: { maxMs: 600_000 } },
    });
    const pool = createPool(wanted, {
      random: seededRandom(1),
      now: 0,
      onChecksWanted: () => checker.wake(),
    });
    checker.watch([pool]);
    // Small steps while it is new: each check really fails, and takes little of this clock's time.
    while (clock.monotonic() < 1_800_000)
      await clock.advance(clock.monotonic() < healthLimits.newMs * 2 ? 250 : 60_000);
    const asked = attemptsOn(port).length;
    await clock.advance(10_000);
    assert.equal(attemptsOn(port).length, asked, "nobody waits, and its interval is long");

    await serve(() => undefined, port);
    const from = clock.monotonic();
    const request = new WaitingRequest({ holdUntil: from + 600_000 }).ask(pool, from);
    await clock.advance(healthLimits.urgentMs);
    await waitFor(() => request.member, { withinMs: 5_000, what: "the grant" });
    assert(request.heldMs <= healthLimits.urgentMs);
  });

  test("finds a member unhealthy after as many failures as the policy says, and healthy again", async () => {
    let status = 200;
    const { port } = await serve((socket) => answering(`HTTP/1.1 ${status} X\r\n\r\n`)(socket));
    const pool = watchedPool([{ id: "a", port }], {
      health: { path: "/", intervalMs: 100, unhealthyAfter: 2 },
    });
    const member = pool.members[0] ?? assert.fail();
    const becomes = (health: string) =>
      waitFor(() => (member.health === health ? true : undefined), { withinMs: 5_000, what: health });
    await becomes("healthy");
    status = 500;
    await becomes("unhealthy");
    status = 200;
    await becomes("healthy");
  });

  test("leaves draining members alone, and those that went", async () => {
    const draining = await serve(() => undefined);
    const [went, stays] = [await closedPort(), await closedPort()];
    const checker = createHealthChecker(ports);
    closing.push(() => checker.stop());
    const poolOf = (...members: SnapshotMember[]) =>
      createPool(poolSpec({ members }), { random: seededRandom(1), now: systemClock.monotonic() });
    const first = poolOf(
      memberSpec("a", { port: draining.port, state: "draining" }),
      memberSpec("b", { port: stays }),
    );
    const second = poolOf(memberSpec("c", { port: went }));
    checker.watch([first, second]);
    await untilAttempts(went, 1);
    checker.watch([first]);
    const before = attemptsOn(went).length;
    await untilAttempts(stays, attemptsOn(stays).length + 3);
    assert.equal(attemptsOn(went).length, before);
    assert.equal(attemptsOn(draining.port).length, 0);
  });

  test("runs a bounded number of checks at once, and everybody's turn comes", async () => {
    let open = 0;
    let most = 0;
    const { port } = await serve((socket) => {
      open += 1;
      most = Math.max(most, open);
      socket.on("close", () => (open -= 1));
      socket.once("data", () => setTimeout(() => socket.end("HTTP/1.1 200 OK\r\n\r\n"), 20));
    });
    const members = Array.from({ length: 400 }, (_, index) => ({ id: `m${index}`, port }));
    const pool = watchedPool(members, { health: { path: "/", intervalMs: 60_000, timeoutMs: 20_000 } });
    await waitFor(() => (pool.unreadyCount === 0 ? true : undefined), {
      withinMs: 20_000,
      what: "all members healthy",
    });
    assert(most > 1 && most <= healthLimits.checksAtOnce + 16, `${most} at once`); // sockets that close are still counted there
  });
});
