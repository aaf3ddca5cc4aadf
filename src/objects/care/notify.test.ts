import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { systemRandom } from "#lib/random.ts";
import { ManualClock } from "#sim/clock.ts";
import { catalogWorld } from "#test/support/object-store-world.ts";
import { plainSealer } from "#test/support/object-store.ts";
import { Notifier } from "./notify.ts";

const secret = `whsec_${Buffer.from("a secret of this test").toString("base64")}`;

/** A receiver that checks signatures as a customer's would. */
async function receiver(answer: () => number) {
  const got: { readonly type: string; readonly subject: string; readonly id: string }[] = [];
  const take = async (request: IncomingMessage) => {
    const body = await text(request);
    const header = (name: string) => String(request.headers[name]);
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    const signed = `${header("webhook-id")}.${header("webhook-timestamp")}.${body}`;
    const expected = `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
    assert.equal(header("webhook-signature"), expected);
    assert.equal(header("content-type"), "application/cloudevents+json");
    const status = answer();
    if (status < 300) got.push(JSON.parse(body));
    return status;
  };
  const server = createServer((request, response) => {
    take(request).then(
      (status) => response.writeHead(status).end(),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on a port
  return { got, url: `http://127.0.0.1:${port}/`, close: () => void server.close() };
}

async function world(url: string) {
  const clock = new ManualClock();
  const made = await catalogWorld({ clock });
  const events = [
    "s3:ObjectCreated:*",
    "s3:ObjectRemoved:*",
    "s3:ObjectTagging:*",
    "s3:LifecycleExpiration:Delete",
  ];
  const rule = { id: "r", endpoint: "hook", events, prefix: "in/", suffix: ".jpg" };
  await made.bucket("pictures", { notifications: [rule] });
  const sealedSecret = plainSealer.seal(secret);
  await made.store.opened.care.putEndpoint({ project: "default", name: "hook", url, sealedSecret });
  const dropped = { events: 0 };
  const sender = (rows = made.store.opened.care) =>
    new Notifier({
      rows,
      open: (sealed) => plainSealer.open(sealed),
      post: async ({ url: to }, headers, body) => (await fetch(to, { method: "POST", headers, body })).status,
      clock,
      random: systemRandom,
      dropped: (count) => (dropped.events += count),
    });
  const waiting = () => made.store.opened.care.outbox("default", "hook", 100).length;
  return { ...made, clock, sender, waiting, dropped };
}

describe("event notifications", () => {
  it("tell of what was made and removed, signed, and of nothing that the rule does not name", async () => {
    const hook = await receiver(() => 204);
    const { put, remove, sender, waiting } = await world(hook.url);
    await put("pictures", "in/a b.jpg", "one");
    await put("pictures", "in/b.jpg", "two", { by: "Copy" });
    await put("pictures", "out/c.jpg", "three");
    await put("pictures", "in/d.png", "four");
    await remove("pictures", "in/b.jpg");
    await sender().turn();
    const told = hook.got.map(({ type, subject }) => `${type} ${subject}`);
    assert.deepEqual(told.toSorted(), [
      "vdc.s3.ObjectCreated.Copy in/b.jpg",
      "vdc.s3.ObjectCreated.Put in/a b.jpg",
      "vdc.s3.ObjectRemoved.Delete in/b.jpg",
    ]);
    assert.equal(waiting(), 0);
    hook.close();
  });

  it("tell of tags that were set and taken away", async () => {
    const hook = await receiver(() => 204);
    const { put, store, sender } = await world(hook.url);
    await put("pictures", "in/a.jpg", "one");
    for (const tags of [{ colour: "blue" }, null])
      await store.opened.catalog.annotate({
        callId: randomUUID(),
        bucket: "pictures",
        key: "in/a.jpg",
        change: { type: "tags", tags },
      });
    await sender().turn();
    assert.deepEqual(hook.got.map(({ type }) => type).toSorted(), [
      "vdc.s3.ObjectCreated.Put",
      "vdc.s3.ObjectTagging.Delete",
      "vdc.s3.ObjectTagging.Put",
    ]);
    hook.close();
  });

  it("are sent by the next sender when the first was killed after the commit, and again with the same id after no answer", async () => {
    let status = 503;
    const ids = new Set<string>();
    const hook = await receiver(() => status);
    const first = await world(hook.url);
    const { put, sender, clock } = first;
    await put("pictures", "in/a.jpg", "one", { callId: randomUUID() });
    // The process is gone before it sent anything; the next one has nothing but the journal.
    const next = await catalogWorld({ clock, journal: first.store.journal });
    const rows = next.store.opened.care;
    const waiting = () => rows.outbox("default", "hook", 100).length;
    const second = sender(rows);
    await second.turn();
    assert.equal(waiting(), 1);
    status = 200;
    await second.turn();
    assert.equal(hook.got.length, 0, "it waits before it tries again");
    clock.pauseFor(2_000);
    await second.turn();
    for (const { id } of hook.got) ids.add(id);
    assert.equal(hook.got.length, 1);
    assert.equal(ids.size, 1);
    assert.equal(waiting(), 0);
    hook.close();
  });

  it("are given up after a day, and counted", async () => {
    const hook = await receiver(() => 500);
    const { put, sender, waiting, clock, dropped } = await world(hook.url);
    await put("pictures", "in/a.jpg", "one");
    const only = sender();
    await only.turn();
    clock.pauseFor(24 * 3_600_000 + 1);
    await only.turn();
    assert.equal(waiting(), 0);
    assert.equal(dropped.events, 1);
    hook.close();
  });

  it("are forgotten with their endpoint", async () => {
    const hook = await receiver(() => 200);
    const { put, waiting, store } = await world(hook.url);
    await put("pictures", "in/a.jpg", "one");
    assert.equal(waiting(), 1);
    await store.opened.care.removeEndpoint("default", "hook");
    assert.equal(waiting(), 0);
    await put("pictures", "in/b.jpg", "two");
    assert.equal(waiting(), 0);
    hook.close();
  });
});
