import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { layOut } from "#main/data-directory.ts";
import { liveGateways, socketPath } from "#main/gateway/identity.ts";
import { callSocket } from "#main/supervisor/socket-call.ts";
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

  before(async () => {
    instance = createServer((_, response) => response.end("news")).listen(0, "127.0.0.1");
    await once(instance, "listening");
    center = new ForegroundCenter(data, anyPorts);
    await center.ready();
    const [, shown] = await center.shows(/^apps +http:\/\/NAME\.localhost:(\d+)\/$/m);
    port = Number(shown);
    publishSnapshot(directory, 1, contentFor((instance.address() as AddressInfo).port));
  });
  after(async () => {
    await center?.[Symbol.asyncDispose]();
    for (const pid of pids()) process.kill(pid, "SIGKILL"); // only after a failed test
    instance.close();
    folder[Symbol.dispose]();
  });

  const get = async () => await answer(port, "news.localhost");
  const serves = async () => (await get()) === "200 news" || undefined;

  it("serve what was published, and stand in the status with their ports and the apps' address", async () => {
    await waitFor(serves, { withinMs: 5_000, what: "the route" });
    assert.match(await answer(port, "other.localhost"), /^404 /);
    const status = await vdc(["status", "--data", data]);
    assert.equal(status.status, 0, status.stderr);
    assert.match(status.stdout, new RegExp(`^gateway-2 +ready +\\d+ .*ports ${port} and \\d+$`, "m"));
    assert.match(status.stdout, new RegExp(`^apps +http://NAME\\.localhost:${port}/$`, "m"));
  });

  it("are replaced by a restart without an end", async () => {
    const old = pids();
    const restarted = await vdc(["restart", "gateway-1", "--data", data]);
    assert.match(restarted.stdout, /^gateway-1 is ready again after .* \(handed over\)\.$/m);
    await waitFor(() => (pids().length === 2 ? true : undefined), {
      withinMs: 5_000,
      what: "the old one's end",
    });
    assert.equal(pids().filter((pid) => old.includes(pid)).length, 1);
    assert.ok(await serves());
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
    assert.ok(await serves());
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
