import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SMTPServer } from "smtp-server";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import type { Incident, Receipt, Signal, Subscriber } from "#api/incidents.ts";
import { prepareDataDirectory } from "#main/data-directory.ts";
import { callSocket } from "#main/supervisor/socket-call.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { runStatus, type RunningStatus } from "./run-status.ts";

const folder = mkdtempSync(join(tmpdir(), "vdc-st-"));
const directory = prepareDataDirectory(folder);
const mails: string[] = [];
const hooks: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
let hookStatus = 204;
let smtpUrl = "";
let running: RunningStatus;

const sink = new SMTPServer({
  authOptional: true,
  disabledCommands: ["STARTTLS"],
  onData: (stream, _session, done) => {
    let text = "";
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
    stream.on("end", () => {
      mails.push(text);
      done();
    });
  },
});
const receiver = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    hooks.push({ headers: request.headers, body });
    response.writeHead(hookStatus).end();
  });
});

const start = async () =>
  await runStatus(
    { dataDirectory: folder, host: "127.0.0.1", port: 0, version: "1", name: "Test center" },
    smtpUrl,
    silentLog,
  );
const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

before(async () => {
  await new Promise<void>((resolve) => void sink.listen(0, "127.0.0.1", resolve));
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  smtpUrl = `smtp://127.0.0.1:${portOf(sink.server)}`;
  running = await start();
});
after(async () => {
  running.stop();
  receiver.close();
  await new Promise<void>((resolve) => {
    sink.close(resolve);
  });
  rmSync(folder, { recursive: true, force: true });
});

async function call<T>(method: "GET" | "POST", path: string, body = ""): Promise<T> {
  const answer = await callSocket(directory.statusSocket, {
    method,
    path,
    body,
    withinMs: 5_000,
    who: "status",
  });
  assert.ok(answer !== undefined, "nobody answered");
  assert.equal(answer.status, 200, answer.body);
  return JSON.parse(answer.body) as T; // our own program's answer
}
const say = async (path: string, body: object) => await call<object>("POST", path, JSON.stringify(body));
const ask = async <T>(path: string) => await call<T>("GET", path);
const page = async (path: string) => await fetch(`http://127.0.0.1:${running.port}/${path}`);
const receipts = async () => (await ask<{ items: Receipt[] }>("/v1/receipts")).items;
const incidents = async () => (await ask<{ items: Incident[] }>("/v1/incidents")).items;

const driveLost = (): Signal => ({
  id: "drive/2",
  component: "objects",
  cause: "drive-lost",
  effects: ["durability"],
  impact: "none",
  since: systemClock.now(),
  affected: { everyone: false, projects: [{ project: "shop", buckets: ["pictures", "invoices"] }] },
  detail: "drive 2 at /mnt/secret: EIO",
});

const subscribers = (): readonly Subscriber[] => {
  const hook = {
    type: "webhook" as const,
    url: `http://127.0.0.1:${portOf(receiver)}/hook`,
    secret: `whsec_${Buffer.from("a secret of theirs").toString("base64")}`,
  };
  const common = { buckets: [], minimumImpact: "none" as const };
  return [
    { ...common, id: "s-mail", project: "shop", channel: { type: "email", to: "ops@shop.example" } },
    { ...common, id: "s-hook", project: "shop", buckets: ["pictures"], channel: hook },
    { ...common, id: "s-other", project: "bank", channel: { type: "email", to: "ops@bank.example" } },
  ];
};

describe("the status process", () => {
  it("tells those concerned, by e-mail and a signed webhook, and nobody else, within a second of the signal", async () => {
    await say("/v1/subscribers", { subscribers: subscribers() });
    const begun = systemClock.monotonic();
    await say("/v1/report", { from: "catalog", signals: [driveLost()] });
    await waitFor(() => (mails.length === 1 && hooks.length === 1 ? true : undefined), {
      withinMs: 5_000,
      what: "both notices",
    });
    assert.ok(systemClock.monotonic() - begun < 5_000);
    const [mail = ""] = mails;
    assert.match(mail, /^To: ops@shop\.example$/m);
    assert.match(mail, /^Subject: \[Test center\] A storage drive is out/m);
    assert.match(mail, /pictures|invoices/);
    assert.match(mail, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click/im);
    assert.doesNotMatch(mail, /\/mnt\/secret|bank/);
    const [hook] = hooks;
    assert.ok(hook !== undefined);
    const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = hook.headers;
    const expected = createHmac("sha256", "a secret of theirs")
      .update(`${String(id)}.${String(at)}.${hook.body}`)
      .digest("base64");
    assert.equal(signature, `v1,${expected}`);
    const told = JSON.parse(hook.body) as { type: string; data: { project: string; buckets: string[] } };
    assert.deepEqual(
      [told.type, told.data.project, told.data.buckets],
      ["incident.identified", "shop", ["pictures"]],
    );
  });

  it("says the same thing once, however often it is reported", async () => {
    for (let turn = 0; turn < 5; turn += 1)
      await say("/v1/report", { from: "catalog", signals: [driveLost()] });
    await waitFor(
      async () => ((await receipts()).every(({ state }) => state === "sent") ? true : undefined),
      { withinMs: 5_000, what: "receipts" },
    );
    assert.deepEqual(
      [mails.length, hooks.length, (await receipts()).length, (await incidents()).length],
      [1, 1, 2, 1],
    );
  });

  it("shows it to everybody without names, and to the customer with those of their buckets", async () => {
    const open = await (await page("")).text();
    assert.match(open, /A storage drive is out/);
    assert.doesNotMatch(open, /pictures|shop|bank|secret/);
    const { url } = await ask<{ url: string }>("/v1/page?project=shop");
    const own = await (await fetch(url)).text();
    assert.match(own, /<code>pictures<\/code>/);
    const other = await ask<{ url: string }>("/v1/page?project=bank");
    assert.doesNotMatch(await (await fetch(other.url)).text(), /A storage drive is out/);
    assert.equal((await page("p/0123456789abcdef/")).status, 404);
    assert.equal((await page("active.json")).status, 404);
    assert.equal(statSync(join(directory.statusPublic, "active.json")).mode & 0o777, 0o600);
    assert.match(readFileSync(join(directory.statusPublic, "active.json"), "utf8"), /"drive-lost".*pictures/);
  });

  it("answers as Statuspage does, and as an Atom feed", async () => {
    const answer = await page("api/v2/summary.json");
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    const summary = (await answer.json()) as {
      status: object;
      incidents: { status: string }[];
      components: { id: string; status: string }[];
    };
    assert.deepEqual(summary.status, { indicator: "none", description: "All Systems Operational" });
    assert.deepEqual(
      summary.incidents.map(({ status }) => status),
      ["identified"],
    );
    assert.deepEqual(
      summary.components.map(({ id, status }) => [id, status]),
      [
        ["objects", "operational"],
        ["apps", "operational"],
        ["control", "operational"],
      ],
    );
    const feed = await page("feed.atom");
    assert.match(feed.headers.get("content-type") ?? "", /^application\/atom\+xml/);
    assert.match(await feed.text(), /<entry>[^]*A storage drive is out/);
  });

  it("raises the alarm itself when a source falls silent, and remembers everything over its own restart", async () => {
    running.stop();
    running = await start();
    assert.equal((await incidents()).length, 1);
    await say("/v1/report", { from: "objects-1", signals: [] });
    await waitFor(
      async () => ((await incidents()).some(({ cause }) => cause === "silence") ? true : undefined),
      { withinMs: 10_000, what: "the alarm" },
    );
    await waitFor(() => (mails.some((mail) => /To: ops@bank/.test(mail)) ? true : undefined), {
      withinMs: 5_000,
      what: "everybody is told",
    });
    const summary = (await (await page("api/v2/status.json")).json()) as { status: { indicator: string } };
    assert.equal(summary.status.indicator, "major");
  });

  it("gives the all-clear to whoever was told, after the trouble has stayed away", async () => {
    const heartbeat = async () => {
      await say("/v1/report", { from: "objects-1", signals: [] });
      await say("/v1/report", { from: "catalog", signals: [] });
    };
    const cleared = async () => {
      await heartbeat();
      return (await incidents()).every(({ status }) => status === "resolved") || undefined;
    };
    await waitFor(cleared, { withinMs: 30_000, what: "the all-clear" });
    await waitFor(
      () =>
        mails.filter((mail) => /Subject: \[Test center\] Resolved/.test(mail)).length === 3
          ? true
          : undefined,
      { withinMs: 5_000, what: "its messages" },
    );
    const last = JSON.parse(hooks.at(-1)?.body ?? "{}") as { type: string };
    assert.equal(last.type, "incident.resolved");
  });

  it("keeps trying a receiver that refuses, and says so in the receipt", async () => {
    hookStatus = 500;
    const seen = hooks.length;
    await say("/v1/report", {
      from: "catalog",
      signals: [{ ...driveLost(), id: "damage/1", cause: "data-damaged" }],
    });
    await waitFor(() => (hooks.length >= seen + 2 ? true : undefined), {
      withinMs: 10_000,
      what: "the second try",
    });
    assert.equal(hooks.at(-1)?.headers["webhook-id"], hooks.at(-2)?.headers["webhook-id"]);
    const receipt = (await receipts()).find(({ channel, state }) => channel === "webhook" && state === "due");
    assert.equal(receipt?.answer, "answered 500");
  });

  it("lets a reader unsubscribe by post alone, and a browser subscribe on a page that it knows", async () => {
    assert.equal((await page("unsubscribe/s-mail")).status, 200);
    const tests = async () => await say("/v1/test", { id: "s-mail" });
    assert.ok((await tests()) !== undefined);
    assert.equal(
      (await fetch(`http://127.0.0.1:${running.port}/unsubscribe/s-mail`, { method: "POST" })).status,
      200,
    );
    assert.equal(
      (await fetch(`http://127.0.0.1:${running.port}/unsubscribe/s-mail`, { method: "POST" })).status,
      404,
    );
    const { url } = await ask<{ url: string }>("/v1/page?project=shop");
    const keys = { endpoint: "https://push.example/1", keys: { p256dh: "key", auth: "auth" } };
    const subscribe = async (address: string) =>
      (await fetch(address, { method: "POST", body: JSON.stringify(keys) })).status;
    assert.deepEqual(
      [
        await subscribe(`${url}push`),
        await subscribe(`http://127.0.0.1:${running.port}/p/0123456789abcdef/push`),
      ],
      [201, 404],
    );
  });
});
