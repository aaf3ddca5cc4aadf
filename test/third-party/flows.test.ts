import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { z } from "zod";
import { TemporaryFolder } from "#test/e2e/support/center.ts";
import { ask, startLoad } from "#test/support/gateway-load.ts";
import { startRealDataCenter, type RealDataCenter } from "#test/support/real-data-center.ts";
import { Comms } from "./support/comms.ts";
import { addressIn } from "./support/local-names.ts";
import { installInto } from "./support/npm.ts";
import { call, memoryLimitOf, writeVersion } from "./support/person.ts";

const older = "5.0.4";
const newer = "5.0.7";
const folder = new TemporaryFolder();
const source = join(folder.path, "flows");
const file = (version: string) => join(folder.path, `flows-${version}.vdc.tar`);
const password = "four-bells-and-a-whistle";

const flow = [
  { id: "tab", type: "tab", label: "Harbour" },
  { id: "in", type: "http in", z: "tab", url: "/tide", method: "get", wires: [["make"]] },
  {
    id: "make",
    type: "function",
    z: "tab",
    wires: [["out", "tell"]],
    func: "msg.payload = 'high tide for ' + msg.req.query.ship; return msg;",
  },
  { id: "out", type: "http response", z: "tab", wires: [] },
  { id: "tell", type: "debug", z: "tab", active: true, tosidebar: true, complete: "payload", wires: [] },
];

/** Node-RED, a flow editor, as npm delivers it. It cannot run twice on one volume, so its releases take turns. */
describe("a flow editor from npm", () => {
  let center: RealDataCenter;
  let data = "";
  let address = "";
  let token = "";
  let upgrade: Promise<void> = Promise.resolve();

  before(async () => {
    [center] = await Promise.all([
      startRealDataCenter(),
      installInto(source, "node-red", `node-red@${older}`),
    ]);
    data = center.directory;
    await center.ready(60_000);
  });
  after(async () => {
    await upgrade.catch(() => undefined); // told by the test that awaits it
    await center?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  /** The editor's own interface. */
  const api = async (path: string, given: { readonly body?: unknown; readonly signIn?: boolean } = {}) => {
    const answer = await fetch(`${address}${path}`, {
      method: given.body === undefined ? "GET" : "POST",
      headers: {
        "content-type": "application/json",
        "node-red-api-version": "v2",
        ...(given.signIn === true ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
    });
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  };
  const port = () => Number(new URL(address).port);
  const tide = async (ship: string) => await ask(port(), false, `/tide?ship=${ship}`, new URL(address).host);
  /** What has to be true after each change: the same flow serves, and the editor's line hears it. */
  const works = async (version: string) => {
    assert.equal((await api("settings"))["version"], version, "and the token is still good");
    assert.deepEqual((await api("flows"))["flows"], flow);
    using comms = await Comms.open(address, token);
    assert.equal(await tide(`after-${version}`), `high tide for after-${version}`);
    await comms.hears(`high tide for after-${version}`);
  };
  /** Runs a step while its flow is called and an editor is open: requests wait for the next instance, editors are told to come again. */
  const whileUsed = async (step: () => Promise<void>): Promise<string> => {
    using comms = await Comms.open(address, token);
    const load = startLoad(port(), 2, {
      host: new URL(address).host,
      path: "/tide?ship=mary",
      patienceMs: 60_000,
    });
    await step().catch(async (error: unknown) => {
      await load.stop();
      throw error;
    });
    const { answered, failures } = await load.stop();
    assert.deepEqual([...new Set(failures)], []);
    assert.equal(await comms.closed(), 1001, "going away: come again");
    return `${answered} requests answered`;
  };

  it("says which setting is missing, and is ready when it is given", async (context) => {
    const built = await call(data, ["package", "build", source, "-o", file("1.0.0")]);
    upgrade = installInto(source, "node-red", `node-red@${newer}`);
    const words = ["deploy", file("1.0.0")];
    assert.match((await call(data, words, 2)).stderr, /adminPassword/);
    const secret = join(folder.path, "password");
    writeFileSync(secret, password, { mode: 0o600 });
    const deployed = await call(data, [...words, "--set-secret", `adminPassword=@${secret}`]);
    assert.match(deployed.stdout, /^app\/flows is ready: release 1: 1\/1 ready$/m);
    address = addressIn(deployed.stdout).href;
    const top = await call(data, ["top", "flows"]);
    context.diagnostic(
      `built in ${built.seconds.toFixed(1)} s, deployed in ${deployed.seconds.toFixed(1)} s, ${/\d+ MiB/.exec(top.stdout)?.[0] ?? "?"}`,
    );
    const turns = { spec: { rollout: { maxSurge: 0, maxUnavailable: 1 } } };
    await call(data, ["patch", "app", "flows", "-p", "default", "--patch", JSON.stringify(turns)]);
  });

  it("takes a flow from its editor's interface, serves it, and tells it over the WebSocket", async () => {
    const form = { client_id: "node-red-editor", grant_type: "password", scope: "*", username: "admin" };
    const signedIn = await api("auth/token", { body: { ...form, password }, signIn: true });
    token = z.string().parse(signedIn["access_token"]);
    await api("flows", { body: { flows: flow } });
    await works(older);
    assert.equal((await fetch(`${address}flows`)).status, 401);
  });

  it("changes a setting: requests wait, and flows and sign-ins stay", async (context) => {
    const note = await whileUsed(async () => {
      const changed = await call(data, ["app", "set", "flows", "title=Harbour flows"]);
      assert.match(changed.stdout, /release 2: 1\/1 ready/);
    });
    context.diagnostic(note);
    assert.match(await (await fetch(address)).text(), /<title>Harbour flows<\/title>/);
    await works(older);
  });

  it("is upgraded and rolled back: requests wait, and flows and sign-ins stay", async (context) => {
    await upgrade;
    writeVersion(source, "2.0.0", `pkg:npm/node-red@${newer}`);
    await call(data, ["package", "build", source, "-o", file("2.0.0")]);
    const upgraded = await whileUsed(async () => {
      const words = ["deploy", file("2.0.0"), "--name", "flows"];
      assert.match((await call(data, words)).stdout, /release 3: 1\/1 ready/);
    });
    context.diagnostic(upgraded);
    await works(newer);
    const back = await whileUsed(async () => {
      assert.match((await call(data, ["rollback", "flows"])).stdout, /release 4: 1\/1 ready/);
    });
    context.diagnostic(back);
    await works(older);
  });

  it("shows its log, runs a command beside it, and is limited", async () => {
    const logs = await call(data, ["logs", "flows", "-n", "200"]);
    assert.match(logs.stdout, new RegExp(`Node-RED version: v${older}`));
    assert.match(logs.stdout, /\[info\] Started flows/);
    assert.doesNotMatch(logs.stdout, new RegExp(password));
    assert.match((await call(data, ["exec", "flows", "--", "ls", "/data"])).stdout, /^flows\.json$/m);
    assert.match(await memoryLimitOf(data, "flows"), /^512 MiB/);
    await call(data, ["remove", "flows", "--delete-volumes", "--yes"]);
  });
});
