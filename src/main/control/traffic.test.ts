import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemActor } from "#api/actor.ts";
import { routeSpecSchema } from "#api/kinds/route.ts";
import { identify } from "#drivers/process/identity.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { prepareDataDirectory } from "#main/data-directory.ts";
import { socketPath, writeIdentity } from "#main/gateway/identity.ts";
import { openTestStore, type TestStore } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { openSnapshot } from "#traffic/sealed-snapshot.ts";
import { gatewayUrls, startTraffic } from "./traffic.ts";

let shared: TestStore;
let folder: string;
const by = { actor: systemActor("test") };
const soon = (what: string) => ({ withinMs: 10_000, what });

before(async () => {
  shared = await openTestStore();
  folder = mkdtempSync(join(tmpdir(), "vdc-traffic-"));
});
after(async () => {
  await shared[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

test("addresses name the port unless it is the usual one", () => {
  assert.deepEqual(gatewayUrls({ httpPort: 8080, httpsPort: 8443 })("a.localhost", "/x"), [
    "https://a.localhost:8443/x",
    "http://a.localhost:8080/x",
  ]);
  assert.deepEqual(gatewayUrls({ httpPort: 80, httpsPort: 443 })("a.org", "/"), [
    "https://a.org/",
    "http://a.org/",
  ]);
});

test("control publishes the snapshot with a certificate for every name of the domain, for its own eyes, and tells the gateways", async () => {
  const directory = prepareDataDirectory(folder);
  const told: number[] = [];
  const self = identify(process.pid);
  assert.ok(self !== undefined);
  const identity = { ...self, name: "gateway-1", version: "0", startedAt: "2026-01-01T00:00:00.000Z" };
  writeIdentity(directory.gatewayRun, {
    ...identity,
    state: "ready",
    host: "127.0.0.1",
    httpPort: 1,
    httpsPort: 2,
  });
  const published = () => openSnapshot(readFileSync(directory.gatewaySnapshot, "utf8")).snapshot;
  const admin = createServer((request, response) => {
    assert.equal(`${request.method ?? ""} ${request.url ?? ""}`, "POST /v1/snapshot");
    const version = published()?.version ?? 0;
    told.push(version);
    response.end(JSON.stringify({ version }));
  });
  await new Promise<void>((resolve) => admin.listen(socketPath(directory.gatewayRun, identity), resolve));
  const { resources, leases, feed } = shared.store;
  const gateways = { host: "127.0.0.1", httpPort: 8080, httpsPort: 8443, domain: "localhost", directory };
  const common = { leases, feed, holder: "a", clock: systemClock, random: systemRandom, log: silentLog };
  const secretValue = async () => await Promise.resolve(undefined);
  const drivers = startTraffic({ gateways, resources, machine: "here", secretValue }, common);
  try {
    const first = await waitFor(() => told[0], soon("the gateway is told"));
    const fallback = published()?.content.certificates[0];
    assert.ok(fallback !== undefined);
    assert.deepEqual(fallback.hosts, ["*.localhost", "localhost"]);
    const file = (end: string) => join(directory.gatewayCertificates, `${fallback.fingerprint}.${end}`);
    const certificate = new X509Certificate(readFileSync(file("crt")));
    assert.match(certificate.subjectAltName ?? "", /DNS:\*\.localhost, DNS:localhost/);
    for (const path of [directory.gatewaySnapshot, file("crt"), file("key")])
      assert.equal(statSync(path).mode & 0o777, 0o600, path);

    await resources.apply({ kind: "project", name: "default", labels: {}, spec: { title: "" } }, { by });
    const spec = routeSpecSchema.parse({ hosts: ["news.localhost"], redirect: { to: "/elsewhere" } });
    const began = performance.now();
    await resources.apply({ kind: "route", project: "default", name: "news", labels: {}, spec }, { by });
    await waitFor(() => told.find((version) => version > first), soon("the gateway is told of the route"));
    assert.ok(performance.now() - began < 2_000);
    assert.equal(published()?.content.routes[0]?.name, "news");
    assert.equal(published()?.content.certificates[0]?.fingerprint, fallback.fingerprint);
  } finally {
    for (const driver of drivers) await driver.stop();
    admin.close();
  }
});
