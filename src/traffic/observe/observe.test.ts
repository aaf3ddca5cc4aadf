import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TrafficSample } from "#api/apps.ts";
import { isoTime, systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { ManualClock } from "#sim/clock.ts";
import { waitFor } from "#test/support/wait-for.ts";
import type { AccessEntry, GatewayStatus } from "../gateway-api.ts";
import { createGatewayClient, type GatewayReach } from "../gateway-client.ts";
import { createTrafficService } from "./traffic-service.ts";

type Member = GatewayStatus["members"][number];

/** Gateways as control reaches them: what they answer, and who of them hangs. */
class Gateways implements GatewayReach {
  readonly statuses = new Map<string, GatewayStatus | "hangs">();
  readonly streams = new Map<string, ReadableStreamDefaultController<Uint8Array>>();

  list() {
    return [...this.statuses.keys()].map((id) => ({ id }));
  }

  async fetch({ id }: { readonly id: string }, path: string, { signal }: { readonly signal: AbortSignal }) {
    if (path.startsWith("/v1/requests")) {
      assert.equal(path, "/v1/requests?pool=p%2Fnews%2F");
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => void this.streams.set(id, controller),
      });
      signal.addEventListener("abort", () => this.streams.get(id)?.error(signal.reason), { once: true });
      return new Response(body);
    }
    const known = this.statuses.get(id);
    if (known === undefined) throw new Error("ECONNREFUSED");
    if (known !== "hangs") return Response.json(known);
    return await new Promise<Response>((_, reject) =>
      signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true }),
    );
  }
}

function status(name: string, members: readonly Member[], draining = false): GatewayStatus {
  const startedAt = "2026-01-01T00:00:00.000Z";
  return {
    name,
    pid: 1,
    version: "1",
    startedAt,
    snapshotVersion: 1,
    draining,
    listeners: [],
    connections: 0,
    members: [...members],
    routes: [],
  };
}

function member(id: string, state: Member["state"], inFlight: number): Member {
  return {
    id,
    state,
    inFlight,
    pool: "p/news/web",
    health: "healthy",
    upgraded: 1,
    requests: 5,
    failures: 1,
    concurrencyLimit: 8,
  };
}

function open() {
  const gateways = new Gateways();
  const client = createGatewayClient(gateways, systemClock);
  return {
    gateways,
    service: createTrafficService({ gateways: client, clock: systemClock, log: silentLog }),
  };
}

const signal = () => AbortSignal.timeout(10_000);

describe("the view of instances", () => {
  it("sums over gateways, and says draining only when none of them gives it requests any more", async () => {
    const { gateways, service } = open();
    gateways.statuses.set("a", status("gateway-1", [member("i1", "draining", 2), member("i2", "active", 1)]));
    gateways.statuses.set("b", status("gateway-2", [member("i1", "active", 3)], true));
    const before = await service.view.instances(["i1", "i2", "i3"], signal());
    const sum = { inFlight: 5, upgraded: 2, requests: 10, failures: 2 };
    assert.deepEqual(before.get("i1"), { ...sum, draining: false });
    assert.deepEqual(before.get("i2")?.draining, false);
    assert.deepEqual(before.get("i3"), {
      inFlight: 0,
      upgraded: 0,
      requests: 0,
      failures: 0,
      draining: true,
    });
    gateways.statuses.set("b", status("gateway-2", []));
    assert.equal((await service.view.instances(["i1"], signal())).get("i1")?.draining, true);
  });

  it("says that nothing is drained while a gateway that runs does not answer, and all is when none runs", async () => {
    const { gateways, service } = open();
    gateways.statuses.set("a", status("gateway-1", []));
    gateways.statuses.set("b", "hangs");
    const waiting = service.view.instances(["i1"], AbortSignal.timeout(50));
    assert.equal((await waiting).get("i1")?.draining, false);
    gateways.statuses.clear();
    assert.equal((await service.view.instances(["i1"], signal())).get("i1")?.draining, true);
  });
});

describe("live traffic", () => {
  it("asks the gateways while somebody looks and a minute longer, and gives late comers what was sampled", async () => {
    const clock = new ManualClock();
    // Nothing but promises: the clock moves on when all of them have settled.
    let asked = 0;
    const statuses = async () => {
      asked += 1;
      const answer = { gateway: { id: "a" }, status: status("gateway-1", [member("i1", "active", 2)]) };
      return await Promise.resolve({ answers: [answer], silent: [] });
    };
    const gateways = { list: () => [{ id: "a" }], statuses, requests: () => assert.fail("nobody asks") };
    using service = createTrafficService({ gateways, clock, log: silentLog });
    await clock.advance(5_000);
    assert.equal(asked, 0);
    const stop = new AbortController();
    const app = { project: "p", name: "news" };
    const first = service.samples(app, stop.signal)[Symbol.asyncIterator]();
    await clock.advance(70_000);
    assert.equal(asked, 71);
    const late = service.samples(app, stop.signal)[Symbol.asyncIterator]();
    const { value } = (await late.next()) as { readonly value: TrafficSample };
    assert.deepEqual(value.instances, [{ instance: "i1", requestsPerSecond: 0, inFlight: 2 }]);
    assert.equal(value.at, isoTime(clock.now() - 59_000));
    stop.abort();
    assert.equal((await first.next()).done, true);
    await clock.advance(120_000);
    const total = asked;
    assert.ok(total >= 130 && total <= 134, String(total));
    await clock.advance(60_000);
    assert.equal(asked, total);
  });

  it("shows requests of all gateways, at most 50 in a second, and follows those that start later", async () => {
    const { gateways, service } = open();
    gateways.statuses.set("a", status("gateway-1", []));
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const one of service.requests({ project: "p", name: "news" }, stop.signal))
        seen.push(one.id);
    })();
    const send = async (gateway: string, count: number) => {
      const stream = await waitFor(() => gateways.streams.get(gateway), {
        withinMs: 5_000,
        what: "its stream",
      });
      const lines = Array.from({ length: count }, (_, at) => `${JSON.stringify(entry(`${gateway}${at}`))}\n`);
      const bytes = new TextEncoder().encode(lines.join(""));
      stream.enqueue(bytes.subarray(0, 7));
      stream.enqueue(bytes.subarray(7));
    };
    await send("a", 1);
    await waitFor(() => seen.includes("a0") || undefined, { withinMs: 5_000, what: "a request" });
    gateways.statuses.set("b", status("gateway-2", []));
    await send("b", 400);
    await waitFor(() => seen.includes("b40") || undefined, { withinMs: 5_000, what: "more requests" });
    assert.ok(seen.length <= 101, String(seen.length));
    stop.abort();
    await reading;
  });
});

function entry(id: string): AccessEntry {
  return {
    at: isoTime(0),
    id,
    pool: "p/news/web",
    client: "127.0.0.1",
    protocol: "HTTP/1.1",
    tls: false,
    method: "GET",
    host: "news.localhost",
    path: "/",
    status: 200,
    requestBytes: 0,
    responseBytes: 2,
    attempts: 1,
    totalMs: 1,
    heldMs: 0,
    connectMs: 0,
    responseMs: 1,
  };
}
