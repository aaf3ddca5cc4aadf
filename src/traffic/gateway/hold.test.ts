import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  Agent,
  createServer as createHttpServer,
  request as httpRequest,
  type ClientRequest,
} from "node:http";
import { connect, createServer, type AddressInfo } from "node:net";
import { after, describe, test } from "node:test";
import { trafficPolicySchema } from "#api/kinds/route.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { memberSpec, poolSpec } from "#test/support/gateway-pool.ts";
import { waitFor } from "#test/support/wait-for.ts";
import type { AccessEntry } from "../gateway-api.ts";
import type { SnapshotContent, SnapshotMember } from "../snapshot.ts";
import { createGateway } from "./gateway.ts";
import type { Gateway } from "./gateway-contract.ts";

const host = "shop.example.org";
const perInstance = 20;
const policy = { concurrency: { perInstance }, health: { path: "/ready" } };

const closing: (() => void)[] = [];
after(() => {
  for (const close of closing.toReversed()) close();
});

function contentOf(members: readonly SnapshotMember[]): SnapshotContent {
  return {
    routes: [
      {
        id: "default/shop",
        project: "default",
        name: "shop",
        hosts: [host],
        path: { prefix: "/" },
        headers: [],
        methods: [],
        backends: [{ pool: "default/shop/web", weight: 100 }],
        requestHeaders: { set: {}, remove: [] },
        responseHeaders: { set: {}, remove: [] },
        policy: trafficPolicySchema.parse(policy),
      },
    ],
    pools: [poolSpec({ members: [...members], policy })],
    certificates: [],
    challenges: [],
  };
}

async function startGateway(): Promise<{ gateway: Gateway; port: number; ended: AccessEntry[] }> {
  const gateway = createGateway({
    name: "test",
    ports: {
      connect: (address, port, onread) => connect({ host: address, port, noDelay: true, onread }),
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
    },
  });
  const ended: AccessEntry[] = [];
  gateway.onAccess = (entry) => ended.push(entry);
  const server = createServer({ noDelay: true }, (socket) => {
    gateway.accept(socket, {
      tls: false,
      clientAddress: "127.0.0.1",
      clientPort: socket.remotePort ?? 0,
      localPort: socket.localPort ?? 0,
      serverName: "",
      protocol: "http/1",
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.close();
    gateway.drain({ deadlineMs: 0 }).catch(() => undefined); // the test is over
  });
  return { gateway, port: (server.address() as AddressInfo).port, ended }; // a TCP server's address is one
}

/** An app that is ready at once, answers with the digest of what it got, and counts what it has at a time. */
async function startInstance(): Promise<{
  port: number;
  seen: { now: number; most: number; answered: number; broken: number };
}> {
  const seen = { now: 0, most: 0, answered: 0, broken: 0 };
  const server = createHttpServer((request, response) => {
    if (request.url === "/ready") {
      response.end("ready");
      return;
    }
    seen.now += 1;
    seen.most = Math.max(seen.most, seen.now);
    const digest = createHash("sha256");
    request.on("data", (bytes: Buffer) => digest.update(bytes));
    request.on("aborted", () => (seen.broken += 1));
    response.on("close", () => (seen.now -= 1));
    request.on("end", () =>
      setTimeout(() => {
        seen.answered += 1;
        response.end(digest.digest("hex"));
      }, 5),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, seen }; // as above
}

interface Asked {
  readonly request: ClientRequest;
  readonly digest: string;
  readonly answer: Promise<{ status: number; body: string; heldMs: number } | "gone">;
}

function ask(port: number, index: number, body: Buffer | undefined): Asked {
  const request = httpRequest({
    host: "127.0.0.1",
    port,
    agent: new Agent({ keepAlive: false }),
    path: `/order/${index}`,
    method: body === undefined ? "GET" : "POST",
    headers: { host, ...(body === undefined ? {} : { "content-length": body.length }) },
  });
  const answer = new Promise<Awaited<Asked["answer"]>>((resolve) => {
    request.on("error", () => resolve("gone"));
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("latin1");
      response.on("data", (piece: string) => (text += piece));
      response.on("error", () => resolve("gone"));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          body: text,
          heldMs: Number(response.headers["x-vdc-held-ms"]),
        }),
      );
    });
  });
  request.end(body);
  return {
    request,
    digest: createHash("sha256")
      .update(body ?? "")
      .digest("hex"),
    answer,
  };
}

function holdingIs(gateway: Gateway, count: number): Promise<true> {
  return waitFor(() => (gateway.status().routes[0]?.holding === count ? true : undefined), {
    withinMs: 20_000,
    what: `${count} requests held`,
  });
}

describe("from zero instances to one", () => {
  test("300 requests wait, half of them with 200 kB, 20 clients leave, and the other 280 are served at the instance's pace", async () => {
    const { gateway, port, ended } = await startGateway();
    gateway.apply(contentOf([]));
    const asked = Array.from({ length: 300 }, (_, index) =>
      ask(port, index, index % 2 === 0 ? undefined : Buffer.alloc(200_000, `body ${index} `)),
    );
    await holdingIs(gateway, 300);
    const leaving = new Set(asked.filter((_, index) => index % 15 === 0));
    for (const { request } of leaving) request.destroy();
    // Who waits with all of its request is seen to leave at once. The end of a connection whose body is paused stands behind the
    // rest of that body, so those ten are only seen to leave when their turn comes.
    await holdingIs(gateway, 290);
    assert.equal(ended.filter((entry) => entry.heldFor === "no-instance").length, 10);

    const instance = await startInstance();
    gateway.apply(contentOf([memberSpec("first", { port: instance.port })]));
    for (const one of asked) {
      const answer = await one.answer;
      if (leaving.has(one)) {
        assert.equal(answer, "gone");
        continue;
      }
      assert(answer !== "gone", "nobody who waited is let down");
      assert.deepEqual([answer.status, answer.body], [200, one.digest]);
      assert(answer.heldMs > 0, `held for ${answer.heldMs} ms`);
    }

    const { seen } = instance;
    await waitFor(() => (ended.length === 300 ? true : undefined), {
      withinMs: 5_000,
      what: "300 log entries",
    });
    assert(seen.answered >= 280 && seen.answered <= 290, `${seen.answered} answered`);
    assert(seen.broken <= 10, `${seen.broken} broken off`);
    assert.equal(ended.filter((entry) => entry.status === 200).length, 280);
    assert(seen.most <= perInstance, `the instance had ${seen.most} at once`);
    assert(seen.most >= perInstance / 2, `the instance had only ${seen.most} at once`);
    const { routes, members } = gateway.status();
    assert.deepEqual([routes[0]?.held, routes[0]?.holding, members[0]?.inFlight], [300, 0, 0]);
  });

  test("an instance that dies with requests in it and others waiting: those that nothing was sent of wait for its successor", async () => {
    const { gateway, port } = await startGateway();
    const dying = createServer((socket) => {
      socket.on("error", () => undefined); // the gateway may leave first
      socket.once("data", (bytes) => {
        if (bytes.toString("latin1").startsWith("GET /ready")) socket.end("HTTP/1.1 200 OK\r\n\r\n");
        else {
          dying.close();
          socket.destroy();
        }
      });
    });
    dying.listen(0, "127.0.0.1");
    await once(dying, "listening");
    gateway.apply(contentOf([memberSpec("dying", { port: (dying.address() as AddressInfo).port })])); // as above
    await waitFor(() => (gateway.status().members[0]?.health === "healthy" ? true : undefined), {
      withinMs: 5_000,
      what: "a healthy instance",
    });
    const asked = Array.from({ length: 60 }, (_, index) => ask(port, index, undefined));
    await waitFor(() => (gateway.status().members[0]?.health === "unhealthy" ? true : undefined), {
      withinMs: 5_000,
      what: "the crash to be seen",
    });
    const instance = await startInstance();
    gateway.apply(contentOf([memberSpec("next", { port: instance.port })]));
    for (const one of asked) {
      const answer = await one.answer;
      assert(answer !== "gone");
      assert.equal(answer.status, 200);
    }
    assert(instance.seen.most <= perInstance);
  });
});
