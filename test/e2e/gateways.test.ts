import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { connect, type ClientHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "#lib/clock.ts";
import { layOut } from "#main/data-directory.ts";
import { liveGateways, socketPath } from "#main/gateway/identity.ts";
import { callSocket } from "#main/supervisor/socket-call.ts";
import { selfSignedPem } from "#test/support/certificates.ts";
import { startLoad } from "#test/support/gateway-load.ts";
import { publishSnapshot } from "#test/support/publish-snapshot.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { ForegroundCenter, isRunning, TemporaryFolder, vdc } from "./support/center.ts";

const folder = new TemporaryFolder();
const data = join(folder.path, "d");
const directory = layOut(data);
const anyPorts = ["--gateways", "2", "--http-port", "0", "--https-port", "0"];
const pids = () => liveGateways(directory.gatewayRun).map(({ pid }) => pid);

describe("the gateways of a data center", () => {
  let center: ForegroundCenter;
  let instance: Server;
  let port = 0;
  let securePort = 0;

  before(async () => {
    instance = createServer((_, response) => response.end("news")).listen(0, "127.0.0.1");
    await once(instance, "listening");
    center = new ForegroundCenter(data, anyPorts);
    await center.ready();
    const [, shown] = await center.shows(/^Apps answer at http:\/\/NAME\.localhost:(\d+)\/$/m);
    port = Number(shown);
    securePort = liveGateways(directory.gatewayRun)[0]?.httpsPort ?? 0;
    const pem = await selfSignedPem(["*.localhost"]);
    for (const [ending, text] of [
      ["crt", pem.cert],
      ["key", pem.key],
    ] as const)
      writeFileSync(join(directory.gatewayCertificates, `${pem.fingerprint}.${ending}`), text, {
        mode: 0o600,
      });
    publishSnapshot(directory, 1, {
      ...contentFor((instance.address() as AddressInfo).port),
      certificates: [{ id: "fallback", hosts: ["*.localhost"], fingerprint: pem.fingerprint }],
    });
  });
  after(async () => {
    await center?.[Symbol.asyncDispose]();
    for (const pid of pids()) process.kill(pid, "SIGKILL"); // only after a failed test
    instance.close();
    folder[Symbol.dispose]();
  });

  /** Asks over HTTP/2, on a connection that is made anew when the server says that it goes. */
  function startSecureLoad(): {
    stop(): Promise<{ readonly answered: number; readonly failures: string[] }>;
  } {
    const stopping = new AbortController();
    const failures: string[] = [];
    let answered = 0;
    const running = (async () => {
      let session = connectSecure(securePort);
      while (!stopping.signal.aborted) {
        if (session.closed || session.destroyed) session = connectSecure(securePort);
        try {
          assert.equal(await askSecure(session), "news");
          answered += 1;
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          // The server says that it did nothing with it (RFC 9113 section 8.7): clients ask again, and so do we.
          if (!message.includes("REFUSED_STREAM")) failures.push(message);
        }
        await systemClock.sleep(5);
      }
      session.destroy();
    })();
    return {
      stop: async () => {
        stopping.abort();
        await running;
        return { answered, failures };
      },
    };
  }

  const get = async () => await answer(port, "news.localhost");
  const serves = async () => (await get()) === "200 news" || undefined;

  it("serve what was published, and stand in the status with their ports and the apps' address", async () => {
    await waitFor(serves, { withinMs: 5_000, what: "the route" });
    for (const gateway of liveGateways(directory.gatewayRun)) {
      const path = socketPath(directory.gatewayRun, gateway); // one that answers may be ahead of the other
      const asked = { method: "POST", path: "/v1/snapshot", withinMs: 5_000, who: "it" } as const;
      assert.equal((await callSocket(path, asked))?.status, 200);
    }
    assert.match(await answer(port, "other.localhost"), /^404 /);
    const status = await vdc(["status", "--data", data]);
    assert.equal(status.status, 0, status.stderr);
    assert.match(status.stdout, new RegExp(`^gateway-2 +ready +\\d+ .*ports ${port} and \\d+$`, "m"));
    assert.match(status.stdout, new RegExp(`^apps +http://NAME\\.localhost:${port}/$`, "m"));
  });

  it("are replaced by a restart without one failed request, on kept and fresh connections and over HTTP/2", async () => {
    const old = pids();
    const load = startLoad(port, 8, { host: "news.localhost" });
    const secure = startSecureLoad();
    for (const name of ["gateway-1", "gateway-2"]) {
      const restarted = await vdc(["restart", name, "--data", data]);
      assert.match(
        restarted.stdout,
        new RegExp(`^${name} is ready again after .* \\(handed over\\)\\.$`, "m"),
      );
    }
    await waitFor(() => (pids().some((pid) => old.includes(pid)) ? undefined : true), {
      withinMs: 20_000,
      what: "the old ones' ends",
    });
    const [plain, tls] = await Promise.all([load.stop(), secure.stop()]);
    assert.deepEqual([plain.failures, tls.failures], [[], []]);
    assert.deepEqual([...plain.bodies], ["news"]);
    assert.ok(plain.answered > 100 && tls.answered > 20, `${plain.answered} and ${tls.answered}`);
    assert.equal(pids().length, 2);
  });

  it("serve on when control, PostgreSQL and the supervisor are killed, also after a restart of their own", async () => {
    const dead = [center.pid, center.pidOf("postgres"), center.pidOf("control")];
    process.kill(center.pid, "SIGKILL");
    process.kill(center.pidOf("postgres"), "SIGKILL");
    await waitFor(() => (dead.some(isRunning) ? undefined : true), { withinMs: 10_000, what: "their ends" });
    assert.ok(await serves());
    for (const gateway of liveGateways(directory.gatewayRun)) {
      const path = socketPath(directory.gatewayRun, gateway);
      const asked = { method: "POST", path: "/v1/succeed", withinMs: 20_000, who: "it" } as const;
      assert.equal((await callSocket(path, asked))?.status, 200);
      await waitFor(() => (isRunning(gateway.pid) ? undefined : true), { withinMs: 5_000, what: "its end" });
      assert.ok(await serves());
    }
    assert.equal(pids().length, 2);
  });

  it("are adopted by the next up, with the ports that they have", async () => {
    const left = pids();
    center = new ForegroundCenter(data, anyPorts);
    await center.ready();
    await center.shows(new RegExp(`^gateway-1 +ready .*adopted, ports ${port} and`, "m"));
    assert.deepEqual(pids(), left);
    assert.ok(await serves());
  });

  it("start again after a kill, with their snapshot, while others serve", async () => {
    const [killed = 0] = pids();
    process.kill(killed, "SIGKILL");
    await waitFor(() => (isRunning(killed) ? undefined : true), { withinMs: 5_000, what: "its end" });
    // The main thread of a killed process is seen to be gone before its last thread lets the sockets go.
    const again = async () => await serves().catch(() => undefined);
    await waitFor(again, { withinMs: 1_000, what: "the other one serves" });
    await waitFor(() => (pids().length === 2 && !pids().includes(killed) ? true : undefined), {
      withinMs: 10_000,
      what: "another one",
    });
    assert.ok(await serves());
  });

  it("refuse a port that another program has, naming it and the flag", async () => {
    const taken = String((instance.address() as AddressInfo).port);
    const words = ["up", "--data", join(folder.path, "e"), "--port", "0", "--gateways", "1"];
    for (const flag of ["--http-port", "--https-port"]) {
      const others = flag === "--http-port" ? [] : ["--http-port", "0"];
      const up = await vdc([...words, flag, taken, ...others]);
      assert.equal(up.status, 5);
      assert.match(up.stderr, new RegExp(`port ${taken} is taken by .*pid ${process.pid}.*: ${flag} \\d+`));
    }
  });

  it("end with the data center", async () => {
    const down = await vdc(["down", "--data", data]);
    assert.match(down.stdout, /^Stopped control, gateway-2, gateway-1, postgres and the supervisor/);
    assert.deepEqual(pids(), []);
    await assert.rejects(get(), { code: "ECONNREFUSED" });
  });
});

function contentFor(instancePort: number): Parameters<typeof publishSnapshot>[2] {
  const where = { project: "default", app: "news", component: "web" };
  const member = { id: "i1", name: "news-web-1", address: "127.0.0.1", port: instancePort, group: "1" };
  return {
    routes: [
      {
        id: "default/news",
        project: "default",
        name: "news",
        hosts: ["news.localhost"],
        backends: [{ pool: "default/news/web", weight: 1 }],
        policy: {},
      },
    ],
    pools: [{ id: "default/news/web", ...where, members: [{ ...member, state: "active" }], policy: {} }],
  };
}

function connectSecure(port: number): ClientHttp2Session {
  const session = connect(`https://127.0.0.1:${port}`, {
    rejectUnauthorized: false,
    servername: "news.localhost",
  });
  session.on("error", () => undefined); // its requests tell
  return session;
}

async function askSecure(session: ClientHttp2Session): Promise<string> {
  const stream = session.request({ ":path": "/", ":authority": "news.localhost" });
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += String(chunk);
  return text;
}

async function answer(port: number, host: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const headers = { host };
    const sent = request({ host: "127.0.0.1", port, headers, agent: false, timeout: 10_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(`${response.statusCode ?? 0} ${text}`));
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer within 10 s")));
    sent.on("error", reject).end();
  });
}
