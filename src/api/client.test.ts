import assert from "node:assert/strict";
import { test } from "node:test";
import { gadgetKind, widgetKind } from "#test/support/widget-kind.ts";
import { createClient } from "./client.ts";
import { VdcError } from "./errors.ts";
import { machineKind } from "./kinds/machine.ts";

/** A client whose requests are kept, and answered with `body`. */
function recording(body: string) {
  const requests: { readonly line: string; readonly headers: Headers; readonly body: unknown }[] = [];
  const client = createClient({
    baseUrl: "http://vdc.invalid",
    timeoutMs: 10_000,
    fetch: async (url, init) => {
      const { pathname, search } = new URL(url);
      const sent: unknown = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
      requests.push({
        line: `${init.method} ${pathname}${search}`,
        headers: new Headers(init.headers),
        body: sent,
      });
      return await Promise.resolve(new Response(body));
    },
  });
  return { client, requests };
}

test("every verb calls its route, with the project for kinds that live in one and without for others", async () => {
  const { client, requests } = recording("{}");
  const key = { project: "shop", name: "lamp" };
  await client.list(widgetKind, { project: "shop", labelSelector: "app=web", limit: 3 });
  await client.get(widgetKind, key);
  await client.apply(widgetKind, { ...key, labels: { app: "web" }, spec: { title: "x" } });
  await client.patch(widgetKind, key, { labels: { app: null } }, { dryRun: true });
  await client.delete(gadgetKind, key, { dryRun: false });
  await client.get(machineKind, { project: "ignored", name: "a" });
  assert.deepEqual(
    requests.map(({ line, body }) => [line, body]),
    [
      ["GET /v1/projects/shop/widgets?labelSelector=app%3Dweb&limit=3", undefined],
      ["GET /v1/projects/shop/widgets/lamp", undefined],
      ["PUT /v1/projects/shop/widgets/lamp", { labels: { app: "web" }, spec: { title: "x" } }],
      ["PATCH /v1/projects/shop/widgets/lamp?dryRun=true", { labels: { app: null } }],
      ["DELETE /v1/projects/shop/gadgets/lamp", undefined],
      ["GET /v1/machines/a", undefined],
    ],
  );
});

test("a write on one revision says If-Match, one that must create says If-None-Match, others neither", async () => {
  const { client, requests } = recording("{}");
  for (const ifRevision of [7, 0, "absent"] as const) {
    await client.apply(machineKind, { name: "a", spec: {} }, { ifRevision });
    await client.patch(machineKind, { name: "a" }, {}, { ifRevision });
    await client.delete(machineKind, { name: "a" }, { ifRevision });
  }
  await client.apply(machineKind, { name: "a", spec: {} });
  const conditions = requests.map(({ headers }) => [headers.get("if-match"), headers.get("if-none-match")]);
  const thrice = (pair: readonly (string | null)[]) => [pair, pair, pair];
  assert.deepEqual(conditions, [
    ...thrice(['"7"', null]),
    ...thrice(['"0"', null]),
    ...thrice([null, "*"]),
    [null, null],
  ]);
});

test("a kind that lives in a project cannot be called without one", async () => {
  const { client, requests } = recording("{}");
  await assert.rejects(
    client.list(widgetKind),
    (error) => error instanceof VdcError && error.code === "invalid",
  );
  assert.deepEqual(requests, []);
});

test("a watch gives changes and bookmarks, passes over the unknown, and ends when the server says so", async () => {
  const change = { revision: 5, type: "created", kind: "widget", name: "lamp", object: {} };
  const { client, requests } = recording(
    [
      `event: change\nid: 5\ndata: ${JSON.stringify(change)}\n\n`,
      "event: not-yet-invented\nid: 6\ndata: {}\n\n",
      "event: bookmark\nid: 9\ndata:\n\n",
      "event: closing\ndata:\n\n",
      "event: bookmark\nid: 10\n\n",
    ].join(""),
  );
  const messages = await Array.fromAsync(client.watch({ since: 4 }, new AbortController().signal));
  assert.deepEqual(messages, [
    { type: "change", revision: 5, change },
    { type: "bookmark", revision: 9 },
  ]);
  assert.equal(requests[0]?.headers.get("accept"), "text/event-stream");
});

test("a watch from a revision that is no longer kept says so", async () => {
  const { client } = recording("event: compacted\ndata:\n\n");
  const watch = Array.fromAsync(client.watch({ since: 1 }, new AbortController().signal));
  await assert.rejects(watch, { name: "VdcError", code: "compacted" });
});
