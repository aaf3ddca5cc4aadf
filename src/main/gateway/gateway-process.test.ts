import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { boundFetch } from "#drivers/bound-fetch/bound-fetch.ts";
import { isAlive } from "#drivers/process/identity.ts";
import { prepareDataDirectory } from "#main/data-directory.ts";
import { liveGateways, socketPath, type GatewayIdentity } from "#main/gateway/identity.ts";
import type { GatewayPlace } from "#main/parts/gateway-part.ts";
import { reserveGatewayPorts } from "#main/supervisor/gateway-ports.ts";
import type { PartEvent } from "#main/supervisor/part.ts";
import type { Supervisor } from "#main/supervisor/supervisor.ts";
import { version } from "#main/version.ts";
import { accessEntrySchema, gatewayStatusSchema } from "#traffic/gateway-api.ts";
import { ask, startLoad } from "#test/support/gateway-load.ts";
import { publishSnapshot } from "#test/support/publish-snapshot.ts";
import { superviseTwo } from "#test/support/gateway-supervisor.ts";
import { waitFor } from "#test/support/wait-for.ts";

const folder = mkdtempSync(join(tmpdir(), "vdc-gw-"));
const directory = prepareDataDirectory(folder);
const events: PartEvent[] = [];
let supervisor: Supervisor;
let place: GatewayPlace;
let port = 0;

before(async () => {
  using reserved = await reserveGatewayPorts(
    { count: 2, host: "127.0.0.1", httpPort: 0, httpsPort: 0, domain: "localhost" },
    directory,
  );
  place = reserved.place;
  port = place.httpPort;
  supervisor = superviseTwo({
    dataDirectory: folder,
    place,
    version,
    onEvent: (event) => events.push(event),
  });
  await supervisor.start();
});
after(async () => {
  await supervisor.stop();
  rmSync(folder, { recursive: true, force: true });
});

function live(name: string): readonly GatewayIdentity[] {
  return liveGateways(directory.gatewayRun).filter((gateway) => gateway.name === name);
}

function serving(name: string): GatewayIdentity {
  const found = live(name).findLast(({ state }) => state === "ready");
  assert.ok(found !== undefined, `${name} serves`);
  return found;
}

async function admin(gateway: GatewayIdentity, method: string, path: string): Promise<Response> {
  const bound = boundFetch(
    { via: "unix-socket", path: socketPath(directory.gatewayRun, gateway) },
    { idleMs: 5_000 },
  );
  return await bound.fetch(`http://gateway${path}`, { method });
}

const routesServed = async () => (JSON.parse(await ask(port)) as { routes: string[] }).routes;

function publish(number: number, name: string, change?: (text: string) => string): void {
  const route = { id: `p/${name}`, project: "p", name, hosts: ["a.localhost"], backends: [], policy: {} };
  publishSnapshot(directory, number, { routes: [route] }, change);
}

describe("gateway processes", () => {
  it("share one port, and each has an admin socket and an identity for its user alone", async () => {
    const pids = new Set<number>();
    for (let turn = 0; turn < 200 && pids.size < 2; turn += 1)
      pids.add((JSON.parse(await ask(port)) as { pid: number }).pid);
    assert.equal(pids.size, 2);
    assert.equal(readdirSync(directory.gatewayRun).length, 4);
    for (const file of readdirSync(directory.gatewayRun))
      assert.equal(statSync(join(directory.gatewayRun, file)).mode & 0o777, 0o600, file);
    assert.equal(statSync(directory.gatewayRun).mode & 0o777, 0o700);
    const response = await admin(serving("gateway-1"), "GET", "/v1/status");
    const status = gatewayStatusSchema.parse(await response.json());
    assert.deepEqual([status.name, status.draining, status.listeners.length], ["gateway-1", false, 2]);
    assert.equal((await admin(serving("gateway-1"), "GET", "/v1/nothing")).status, 404);
    const metrics = await (await admin(serving("gateway-2"), "GET", "/metrics")).text();
    assert.match(metrics, /^vdc_gateway_connections\{gateway="gateway-2",pid="\d+"\} \d+$/m);
  });

  it("streams requests that ended to who watches their pool, and writes them to a log that others cannot read", async () => {
    const gateway = serving("gateway-1");
    const [own, others] = await Promise.all(
      ["default/news/", "default/other/"].map((pool) => admin(gateway, "GET", `/v1/requests?pool=${pool}`)),
    );
    const reader = own?.body?.pipeThrough(new TextDecoderStream()).getReader();
    const first = reader?.read();
    const until = new AbortController();
    const asking = (async () => {
      while (!until.signal.aborted) await ask(port, false, "/seen?secret=1");
    })();
    const line = (await first)?.value?.split("\n")[0] ?? "";
    until.abort();
    await asking;
    assert.equal(accessEntrySchema.parse(JSON.parse(line)).pool, "default/news/web");
    await Promise.all([reader?.cancel(), others?.body?.cancel()]);
    const file = directory.accessLog("gateway-1");
    const written = () => statSync(file, { throwIfNoEntry: false })?.size || undefined;
    await waitFor(written, { withinMs: 5_000, what: "lines in the access log" });
    assert.equal(statSync(file).mode & 0o777, 0o600);
    accessEntrySchema.parse(JSON.parse(readFileSync(file, "utf8").split("\n")[0] ?? ""));
  });

  it("serve a snapshot as soon as they are told of it, or find it by themselves", async () => {
    publish(5, "told");
    for (const name of ["gateway-1", "gateway-2"])
      assert.deepEqual(await (await admin(serving(name), "POST", "/v1/snapshot")).json(), { version: 5 });
    assert.deepEqual(await routesServed(), ["told"]);
    publish(6, "found");
    const found = async () => (await routesServed()).includes("found") || undefined;
    await waitFor(found, { withinMs: 5_000, what: "the next snapshot" });
  });

  it("keep the snapshot in use when the next one is cut, changed, of another form or senseless, and say why", async () => {
    publish(7, "good");
    const gateway = serving("gateway-1");
    const refresh = async () => (await (await admin(gateway, "POST", "/v1/snapshot")).json()) as object;
    assert.deepEqual(await refresh(), { version: 7 });
    const cases: readonly (readonly [(text: string) => string, string, RegExp])[] = [
      [(text) => text.slice(0, -10), "bad", /not JSON/],
      [(text) => text.replace("a.localhost", "b.localhost"), "bad", /checksum/],
      [(text) => text.replace('"format":1', '"format":2'), "bad", /format/],
      [(text) => text.replace('"hosts":["a.localhost"]', '"hosts":[]'), "bad", /content\.routes\.0\.hosts/],
      [(text) => text, "senseless", /no sense/],
    ];
    for (const [change, name, why] of cases) {
      publish(8, name, change);
      const state = (await refresh()) as { version: number; error: string };
      assert.equal(state.version, 7, name);
      assert.match(state.error, why);
    }
    const status = (await (await admin(gateway, "GET", "/v1/status")).json()) as object;
    assert.ok("snapshotError" in status);
    publish(9, "better");
    assert.deepEqual(await refresh(), { version: 9 });
  });

  it("hand over to a successor under load without one failed request", async () => {
    await waitFor(async () => (await routesServed()).includes("better") || undefined, {
      withinMs: 5_000,
      what: "both gateways have the snapshot",
    });
    const old = ["gateway-1", "gateway-2"].map((name) => serving(name).pid);
    const load = startLoad(port, 16);
    for (const name of ["gateway-1", "gateway-2", "gateway-1"])
      assert.deepEqual(await supervisor.restart(name), { note: "handed over" });
    const gone = () => (live("gateway-1").length + live("gateway-2").length === 2 ? true : undefined);
    await waitFor(gone, { withinMs: 10_000, what: "the old processes have drained" });
    const { answered, failures, bodies } = await load.stop();
    const pids = new Set([...bodies].map((body) => (JSON.parse(body) as { pid: number }).pid));
    assert.deepEqual(failures, []);
    assert.ok(answered > 100, String(answered));
    const now = ["gateway-1", "gateway-2"].map((name) => serving(name).pid);
    assert.ok(now.every((pid) => !old.includes(pid) && pids.has(pid)));
    assert.deepEqual(
      supervisor.status().map(({ state, pid }) => [state, pid]),
      now.map((pid) => ["ready", pid]),
    );
    assert.deepEqual(await routesServed(), ["better"]);
    assert.equal(events.filter(({ type }) => type === "down").length, 0);
  });

  it("are started again after kill -9, and what they left is removed", async () => {
    const killed = serving("gateway-2");
    process.kill(killed.pid, "SIGKILL");
    await waitFor(() => (isAlive(killed) ? undefined : true), { withinMs: 5_000, what: "its end" });
    // The main thread of a killed process is seen to be gone before its last thread lets the sockets go; until
    // then the kernel may still give it a connection, and resets that one.
    const others = async () => await routesServed().catch(() => undefined);
    assert.deepEqual(await waitFor(others, { withinMs: 1_000, what: "the other one serves" }), ["better"]);
    const again = () => live("gateway-2").find(({ state, pid }) => state === "ready" && pid !== killed.pid);
    const fresh = await waitFor(again, { withinMs: 10_000, what: "another gateway-2" });
    assert.equal(fresh.httpPort, port);
    assert.ok(!readdirSync(directory.gatewayRun).some((file) => file.includes(String(killed.pid))));
  });

  it("end with the supervisor's stop, and leave nothing", async () => {
    await supervisor.stop();
    assert.deepEqual(liveGateways(directory.gatewayRun), []);
    await waitFor(() => (readdirSync(directory.gatewayRun).length === 0 ? true : undefined), {
      withinMs: 2_000,
      what: "an empty folder",
    });
    await assert.rejects(ask(port), { code: "ECONNREFUSED" });
  });
});

describe("gateway processes whose supervisor is killed", () => {
  /** Starts a supervisor as a process of its own, kills it when all is ready, and tells which gateways it had. */
  async function superviseAndDie(): Promise<readonly number[]> {
    const options = JSON.stringify({ dataDirectory: folder, place, version });
    const program = fileURLToPath(new URL("../../../test/support/gateway-supervisor.ts", import.meta.url));
    const child = fork(program, [options], { execArgv: ["--disable-warning=ExperimentalWarning"] });
    const [pids] = (await once(child, "message")) as [number[]];
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    return pids;
  }

  it("serve on, are adopted by the next one, and hand over without a failed request to one of another version", async () => {
    const first = await superviseAndDie();
    assert.deepEqual(await routesServed(), ["better"]);
    assert.deepEqual(await superviseAndDie(), first);
    const load = startLoad(port, 8);
    await using newer = superviseTwo({ dataDirectory: folder, place, version: "another" });
    await newer.start();
    const { failures, answered } = await load.stop();
    assert.deepEqual(failures, []);
    assert.ok(answered > 10, String(answered));
    assert.ok(newer.status().every(({ pid, note }) => !first.includes(pid ?? 0) && note?.includes(version)));
  });

  it("make way for gateways at other ports, which end with the last supervisor", async () => {
    const old = await superviseAndDie();
    using reserved = await reserveGatewayPorts(
      { count: 2, host: "127.0.0.2", httpPort: 0, httpsPort: 0, domain: "localhost" },
      directory,
    );
    await using other = superviseTwo({ dataDirectory: folder, place: reserved.place, version });
    await other.start();
    assert.ok(other.status().every(({ pid }) => !old.includes(pid ?? 0)));
    await waitFor(() => (liveGateways(directory.gatewayRun).length === 2 ? true : undefined), {
      withinMs: 5_000,
      what: "the old ones have ended",
    });
    await other.stop();
    assert.deepEqual(liveGateways(directory.gatewayRun), []);
  });
});
