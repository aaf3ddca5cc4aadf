import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { connect } from "node:tls";
import { systemActor } from "#api/actor.ts";
import { certificateSpecSchema, type CertificateStatus } from "#api/kinds/certificate.ts";
import { routeSpecSchema } from "#api/kinds/route.ts";
import type { JsonObject } from "#lib/json.ts";
import type { ReconcilerDriver } from "#control/reconcile/driver.ts";
import { identify } from "#drivers/process/identity.ts";
import { connectTcp } from "#drivers/tcp/connect.ts";
import { listenTcp, type TcpListener } from "#drivers/tcp/listen.ts";
import { background } from "#lib/background.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { prepareDataDirectory, type DataDirectory } from "#main/data-directory.ts";
import { socketPath, writeIdentity } from "#main/gateway/identity.ts";
import { SecureSide } from "#main/gateway/secure-side.ts";
import { hasPebble, startAcmeServer, type AcmeServer } from "#test/support/acme-server.ts";
import { selfSignedPem } from "#test/support/certificates.ts";
import { openTestStore, type TestStore } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";
import type { ConnectionFacts } from "#traffic/gateway/gateway-contract.ts";
import { createGateway } from "#traffic/gateway/gateway.ts";
import { openSnapshot } from "#traffic/sealed-snapshot.ts";
import { startTraffic } from "./traffic.ts";

const by = { actor: systemActor("test") };
const soon = (what: string) => ({ withinMs: 30_000, what });
const host = "127.0.0.1";

describe("certificates, from the resource to the handshake", () => {
  const secrets = new Map<string, string>();
  const listeners: TcpListener[] = [];
  let shared: TestStore;
  let folder: string;
  let directory: DataDirectory;
  let admin: Server;
  let drivers: readonly ReconcilerDriver[];
  let http: TcpListener;
  let https: TcpListener;

  before(async () => {
    shared = await openTestStore();
    folder = mkdtempSync(join(tmpdir(), "vdc-certificates-"));
    directory = prepareDataDirectory(folder);
    await startGateway();
    const { resources, leases, feed } = shared.store;
    const gateways = { host, httpPort: http.port, httpsPort: https.port, domain: "localhost", directory };
    const common = { leases, feed, holder: "a", clock: systemClock, random: systemRandom, log: silentLog };
    const secretValue = async (project: string, name: string) =>
      await Promise.resolve(secrets.get(`${project}/${name}`));
    drivers = startTraffic({ gateways, resources, machine: "here", secretValue }, common);
    await apply("project", "default", { title: "" });
    await apply("project", "other", { title: "" });
  });
  after(async () => {
    for (const driver of drivers) await driver.stop();
    for (const listener of listeners) listener.close();
    admin.close();
    await shared[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it("signs one itself, serves it for its host, and signs anew when its hosts change", async () => {
    await apply(
      "certificate",
      "own",
      certificateSpecSchema.parse({ hosts: ["own.example.org"], issuer: { selfSigned: {} } }),
    );
    const first = await ready("own");
    assert.equal(first.issuedBy, "VDC");
    assert.equal(await served("own.example.org"), first.fingerprint);
    assert.notEqual(await served("news.localhost"), first.fingerprint);
    const hosts = ["own.example.org", "more.example.org"];
    await apply("certificate", "own", certificateSpecSchema.parse({ hosts, issuer: { selfSigned: {} } }));
    const second = await ready("own", 2);
    assert.notEqual(second.fingerprint, first.fingerprint);
    assert.equal(await served("more.example.org"), second.fingerprint);
    const key = join(directory.gatewayCertificates, `${second.fingerprint ?? ""}.key`);
    assert.equal(statSync(key).mode & 0o777, 0o600);
    await shared.store.resources.delete({ kind: "certificate", project: "default", name: "own" }, { by });
    await waitFor(
      async () => ((await served("own.example.org")) === second.fingerprint ? undefined : true),
      soon("it is not served any more"),
    );
  });

  it("serves one that is provided, when its key is in a secret and fits, and says what is wrong else", async () => {
    const pem = await selfSignedPem(["*.given.org"], { days: 90 });
    const provided = (hosts: readonly string[]) =>
      certificateSpecSchema.parse({ hosts, issuer: { provided: { chain: pem.cert, keySecret: "key" } } });
    await apply("certificate", "given", provided(["a.given.org"]));
    assert.equal((await failed("given")).reason, "secret key has no value");
    secrets.set("default/key", (await selfSignedPem(["x.org"])).key);
    drivers.forEach((driver) => driver.wake());
    await waitFor(
      async () =>
        (await status("given")).reason?.includes("not the one of the certificate") === true
          ? true
          : undefined,
      soon("the key is refused"),
    );
    secrets.set("default/key", pem.key);
    await apply("certificate", "given", provided(["a.given.org", "a.b.given.org"]));
    await waitFor(
      async () =>
        (await status("given")).reason === "the certificate is not good for a.b.given.org" ? true : undefined,
      soon("the host is refused"),
    );
    await apply("certificate", "given", provided(["a.given.org"]));
    assert.equal((await ready("given", 3)).fingerprint, pem.fingerprint);
    assert.equal(await served("a.given.org"), pem.fingerprint);
  });

  describe("by ACME", { skip: hasPebble ? false : "pebble is not installed" }, () => {
    let acme: AcmeServer;
    before(async () => (acme = await startAcmeServer({ httpPort: http.port })));
    after(async () => await acme[Symbol.asyncDispose]());

    const ordered = (hosts: readonly string[], change: JsonObject = {}) =>
      certificateSpecSchema.parse({
        hosts,
        issuer: { acme: { directory: acme.directory, trust: acme.trust, termsAccepted: true, ...change } },
      });

    it("orders one, answers the challenges through the gateway, and serves a chain that leads to the authority", async () => {
      await apply("certificate", "ordered", ordered(["news.example.org", "www.example.org"]));
      const { fingerprint, issuedBy } = await ready("ordered");
      assert.match(issuedBy ?? "", /^Pebble/);
      assert.equal(await served("www.example.org"), fingerprint);
      const socket = connect({ port: https.port, host, servername: "news.example.org", ca: acme.root });
      await once(socket, "secureConnect");
      assert.equal(socket.authorized, true);
      socket.destroy();
      const [account] = readdirSync(join(directory.gateway, "acme"));
      assert.equal(statSync(join(directory.gateway, "acme", account ?? "")).mode & 0o777, 0o600);
      const end = await waitFor(() => {
        const { snapshot } = openSnapshot(readFileSync(directory.gatewaySnapshot, "utf8"));
        return snapshot?.content.challenges.length === 0 ? snapshot : undefined;
      }, soon("challenges are gone"));
      assert.ok(end.version > 0);
    });

    it("uses the account again for the next order", async () => {
      await apply("certificate", "next", ordered(["next.example.org"]));
      await ready("next");
      assert.equal(readdirSync(join(directory.gateway, "acme")).length, 1);
    });

    it("says why an order failed, keeps what is served, and waits before the next try", async () => {
      await apply("certificate", "wild", ordered(["*.example.net"]));
      assert.match((await failed("wild")).reason ?? "", /needs a challenge by DNS/);
      await apply(
        "certificate",
        "plain",
        ordered(["plain.example.org"], { directory: "http://127.0.0.1:1/dir" }),
      );
      assert.match((await failed("plain")).reason ?? "", /https:/);
      await apply(
        "certificate",
        "untrusted",
        ordered(["untrusted.example.org"], { trust: (await selfSignedPem(["x"])).cert }),
      );
      const refused = await failed("untrusted");
      assert.match(refused.reason ?? "", /cannot be reached: (?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED)/);
      assert.equal(refused.failures, 1);
      assert.ok(Date.parse(refused.nextAttemptAt ?? "") > Date.now());
      await apply("certificate", "missing", ordered(["missing.example.org"]));
      assert.match((await failed("missing")).reason ?? "", /missing\.example\.org/);
    });

    it("gets none for a host of another project", async () => {
      const taken = routeSpecSchema.parse({ hosts: ["taken.example.org"], redirect: { to: "/x" } });
      await apply("route", "taken", taken, "other");
      await apply("certificate", "thief", ordered(["taken.example.org"]));
      assert.match((await failed("thief")).reason ?? "", /another project/);
    });
  });

  /** A gateway in this process that takes snapshots as a process does, and listens for both protocols. */
  async function startGateway(): Promise<void> {
    const ports = { connect: connectTcp, clock: systemClock, random: systemRandom, log: silentLog };
    const secure = new SecureSide(ports, directory);
    const gateway = createGateway({ ports, name: "gateway-1", http2: secure.http2 });
    secure.leadTo(gateway);
    const facts = (tls: boolean): ConnectionFacts => ({
      tls,
      clientAddress: host,
      clientPort: 1,
      localPort: 1,
      serverName: "",
      protocol: "http/1",
    });
    const listen = { host, port: 0, shared: false };
    http = await listenTcp(listen, (socket) => gateway.accept(socket, facts(false)));
    https = await listenTcp(listen, (socket) => secure.accept(socket, facts(true)));
    listeners.push(http, https);
    const self = identify(process.pid);
    assert.ok(self !== undefined);
    const identity = { ...self, name: "gateway-1", version: "0", startedAt: "2026-01-01T00:00:00.000Z" };
    writeIdentity(directory.gatewayRun, {
      ...identity,
      state: "ready",
      host,
      httpPort: http.port,
      httpsPort: https.port,
    });
    admin = createServer((_, response) => {
      const { snapshot } = openSnapshot(readFileSync(directory.gatewaySnapshot, "utf8"));
      assert.ok(snapshot !== undefined);
      gateway.apply(snapshot.content);
      const answer = async () => {
        await secure.apply(snapshot.content);
        response.end(JSON.stringify({ version: snapshot.version }));
      };
      background(answer(), "test.apply", silentLog);
    });
    await new Promise<void>((resolve) => admin.listen(socketPath(directory.gatewayRun, identity), resolve));
  }

  async function apply(kind: string, name: string, spec: object, project = "default"): Promise<void> {
    const key = kind === "project" ? { kind, name } : { kind, project, name };
    await shared.store.resources.apply({ ...key, labels: {}, spec: { ...spec } }, { by });
  }

  async function status(name: string): Promise<CertificateStatus & { readonly generation: number }> {
    const found = await shared.store.resources.get({ kind: "certificate", project: "default", name });
    return { ...(found?.status as CertificateStatus), generation: found?.generation ?? 0 };
  }

  async function ready(name: string, generation = 1): Promise<CertificateStatus> {
    return await waitFor(
      async () => {
        const found = await status(name);
        const isFailed = found.phase === "failed" && found.observedGeneration === generation;
        assert.equal(isFailed, false, found.reason ?? "");
        return found.phase === "ready" && found.observedGeneration === generation ? found : undefined;
      },
      soon(`${name} is ready`),
    );
  }

  async function failed(name: string): Promise<CertificateStatus> {
    return await waitFor(
      async () => {
        const found = await status(name);
        return found.phase === "failed" ? found : undefined;
      },
      soon(`${name} has failed`),
    );
  }

  /** Fingerprint of the certificate that the gateway serves for a name, once it serves from the newest snapshot. */
  async function served(servername: string): Promise<string> {
    await waitFor(async () => {
      const { content } = openSnapshot(readFileSync(directory.gatewaySnapshot, "utf8")).snapshot ?? {};
      const page = await shared.store.resources.list({ kind: "certificate", limit: 100 });
      const fingerprints = page.items.flatMap((one) =>
        one.status["fingerprint"] === undefined ? [] : [one.status["fingerprint"]],
      );
      return fingerprints.every((one) => content?.certificates.some(({ fingerprint }) => fingerprint === one))
        ? true
        : undefined;
    }, soon("the snapshot has every certificate"));
    const socket = connect({ port: https.port, host, servername, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const certificate = socket.getPeerX509Certificate();
    assert.ok(certificate instanceof X509Certificate);
    socket.destroy();
    return certificate.fingerprint256.replaceAll(":", "").toLowerCase();
  }
});
