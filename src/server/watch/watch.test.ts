import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Client, WatchMessage } from "#api/client.ts";
import { VdcError } from "#api/errors.ts";
import { projectKind } from "#api/kinds/project.ts";
import { fixedRoutes } from "#api/routes.ts";
import { startDataCenter, type TestDataCenter, type TestUser } from "#test/support/data-center.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { widgetKind } from "#test/support/widget-kind.ts";

let dc: TestDataCenter;
let owner: TestUser;

before(async () => {
  dc = await startDataCenter({
    kinds: [widgetKind],
    serverLimits: { streamRecheckMs: 50, streamPingMs: 100, streamsPerCaller: 3 },
  });
  for (const name of ["shop", "other"]) await dc.local.apply(projectKind, { name, spec: {} });
  owner = await dc.user("root", { owner: true });
});
after(async () => await dc.stop());

type Query = Parameters<Client["watch"]>[0];

/** Follows a watch in the background. */
function follow(client: Client, query: Query) {
  const stop = new AbortController();
  const seen: WatchMessage[] = [];
  let ended: "open" | "ended" | VdcError = "open";
  const done = (async () => {
    try {
      for await (const message of client.watch(query, stop.signal)) seen.push(message);
      ended = "ended";
    } catch (error) {
      ended = error instanceof VdcError ? error : "ended";
    }
  })();
  return {
    seen,
    changes: () => seen.flatMap((message) => (message.type === "change" ? [message.change] : [])),
    ended: () => (ended === "open" ? undefined : ended),
    opened: async () => await waitFor(() => seen[0], { withinMs: 5_000, what: "the stream is open" }),
    stop: async () => {
      stop.abort();
      await done;
    },
  };
}

const widget = (project: string, name: string, title: string) => ({ project, name, spec: { title } });

test("a reader that reconnects again and again sees every change once and in order", async () => {
  const count = 120;
  const start = (await owner.client.list(widgetKind, { project: "shop" })).revision;
  const writing = (async () => {
    for (let at = 0; at < count; at += 1)
      await owner.client.apply(widgetKind, widget("shop", "churn", `t${at}`));
  })();
  const revisions: number[] = [];
  const titles: unknown[] = [];
  let since = start;
  let connections = 0;
  while (titles.length < count && connections < 500) {
    connections += 1;
    const stop = new AbortController();
    let taken = 0;
    try {
      for await (const message of owner.client.watch(
        { kind: "widget", project: "shop", since },
        stop.signal,
      )) {
        since = message.revision;
        if (message.type !== "change") continue;
        revisions.push(message.revision);
        titles.push((message.change.object["spec"] as { title?: unknown } | undefined)?.title);
        taken += 1;
        if (taken >= 7 || titles.length === count) break;
      }
    } finally {
      stop.abort();
    }
  }
  await writing;
  assert.deepEqual(
    titles,
    Array.from({ length: count }, (_, at) => `t${at}`),
  );
  assert.deepEqual(
    revisions,
    [...new Set(revisions)].toSorted((a, b) => a - b),
  );
  assert.ok(connections > 10, `${connections} connections`);
});

test("the id of the last event resumes, and wins over the query", async () => {
  const first = await owner.client.apply(widgetKind, widget("shop", "resume", "1"));
  await owner.client.apply(widgetKind, widget("shop", "resume", "2"));
  const response = await fetch(`${dc.url}/v1/watch?kind=widget&since=0`, {
    headers: { authorization: `Bearer ${owner.token}`, "last-event-id": String(first.resource.revision) },
  });
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(response.headers.get("x-accel-buffering"), "no");
  assert.ok(response.body);
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("event: change")) break;
  }
  assert.match(text, /event: change\nid: \d+\ndata: .*"title":"2"/);
  assert.doesNotMatch(text, /"title":"1"/);
});

test("a revision that is no longer kept, or was never given, ends in `compacted`", async () => {
  for (const since of [10_000_000]) {
    const watch = follow(owner.client, { since });
    const end = await waitFor(watch.ended, { withinMs: 5_000, what: "the stream ends" });
    assert.ok(end instanceof VdcError && end.code === "compacted");
  }
  await dc.plane.store.feed.compact({ keepMs: 0, keepChanges: 1, batch: 10_000 });
  const watch = follow(owner.client, { since: 1 });
  const end = await waitFor(watch.ended, { withinMs: 5_000, what: "the stream ends" });
  assert.ok(end instanceof VdcError && end.code === "compacted");
});

test("a member sees its own projects, their resources, events and operations, and nothing else", async () => {
  const member = await dc.user("vera", { projects: { shop: "viewer" } });
  const watch = follow(member.client, {});
  const all = follow(owner.client, {});
  await Promise.all([watch.opened(), all.opened()]);
  await owner.client.apply(widgetKind, widget("other", "hidden", "x"));
  await owner.client.apply(projectKind, { name: "third", spec: {} });
  await dc.local.call(fixedRoutes["machine.probe"], { params: { name: "test-host" } });
  await owner.client.apply(widgetKind, widget("shop", "shown", "x"));
  await waitFor(() => watch.changes().find((change) => change.name === "shown"), {
    withinMs: 5_000,
    what: "the widget comes",
  });
  await waitFor(() => all.changes().find((change) => change.kind === "operation"), {
    withinMs: 5_000,
    what: "the owner sees the operation",
  });
  for (const change of watch.changes()) {
    const project = change.kind === "project" ? change.name : change.project;
    assert.equal(project, "shop", JSON.stringify(change));
  }
  const kinds = new Set(all.changes().map((change) => change.kind));
  for (const kind of ["widget", "project", "event", "operation"]) assert.ok(kinds.has(kind), kind);
  await watch.stop();
  await all.stop();
});

test("a member that is taken out sees no more from then on, and hears of its project's end before", async () => {
  await dc.local.apply(projectKind, { name: "gone", spec: {} });
  const member = await dc.user("max", { projects: { gone: "admin" } });
  const watch = follow(member.client, {});
  await watch.opened();
  await dc.local.delete(projectKind, { name: "gone" });
  await waitFor(
    () => watch.changes().find((change) => change.kind === "project" && change.type === "deleted"),
    {
      withinMs: 10_000,
      what: "the deletion of the project is told",
    },
  );
  await dc.local.apply(projectKind, { name: "gone2", spec: { members: [{ user: "max", role: "viewer" }] } });
  await waitFor(() => watch.changes().find((change) => change.name === "gone2"), {
    withinMs: 5_000,
    what: "the new project is told",
  });
  await dc.local.apply(projectKind, { name: "gone2", spec: { members: [] } });
  await dc.local.apply(widgetKind, widget("gone2", "secret", "x"));
  const mark = await dc.local.apply(projectKind, {
    name: "mark",
    spec: { members: [{ user: "max", role: "viewer" }] },
  });
  await waitFor(() => watch.seen.find((message) => message.revision >= mark.resource.revision), {
    withinMs: 5_000,
    what: "the mark",
  });
  assert.equal(
    watch.changes().find((change) => change.name === "secret"),
    undefined,
  );
  await watch.stop();
});

test("a member that is taken out is told once that the project is deleted, without what it holds now", async () => {
  const members = [{ user: "mia", role: "viewer" as const }];
  for (const name of ["lost", "kept"])
    await dc.local.apply(projectKind, { name, labels: { team: "web" }, spec: {} });
  const member = await dc.user("mia", { projects: { lost: "viewer", kept: "viewer" } });
  const watch = follow(member.client, {});
  await watch.opened();
  await dc.local.apply(projectKind, { name: "lost", spec: { title: "Secret now", members: [] } });
  await dc.local.apply(projectKind, { name: "lost", spec: { title: "Still secret", members: [] } });
  await dc.local.apply(projectKind, { name: "kept", spec: { title: "Mark", members } });
  await waitFor(
    () =>
      watch
        .changes()
        .find((change) => change.name === "kept" && JSON.stringify(change.object).includes("Mark")),
    { withinMs: 5_000, what: "the mark" },
  );
  const told = watch.changes().filter((change) => change.kind === "project" && change.name === "lost");
  assert.deepEqual(
    told.map(({ type }) => type),
    ["deleted"],
  );
  const { labels, spec, status } = told[0]?.object ?? {};
  assert.deepEqual({ labels, spec, status }, { labels: {}, spec: {}, status: {} });
  // Whoever is made a member again sees it again.
  await dc.local.apply(projectKind, { name: "lost", spec: { title: "Ours", members } });
  const back = await waitFor(
    () => watch.changes().find((change) => change.type !== "deleted" && change.name === "lost"),
    {
      withinMs: 5_000,
      what: "the project is told again",
    },
  );
  assert.equal((back.object["spec"] as { title?: unknown } | undefined)?.title, "Ours");
  await watch.stop();
});

test("a token that is revoked ends its streams", async () => {
  const user = await dc.user("tom");
  const watch = follow(user.client, {});
  await watch.opened();
  const { items } = await user.client.call(fixedRoutes["token.list"]);
  await user.client.call(fixedRoutes["token.revoke"], { params: { token: items[0]?.id ?? "" } });
  assert.equal(await waitFor(watch.ended, { withinMs: 5_000, what: "the stream ends" }), "ended");
});

test("a caller has so many streams and no more, and a place that is left is free again", async () => {
  const user = await dc.user("sam");
  const open = [follow(user.client, {}), follow(user.client, {}), follow(user.client, {})];
  await Promise.all(open.map((watch) => watch.opened()));
  const fourth = follow(user.client, {});
  const end = await waitFor(fourth.ended, { withinMs: 5_000, what: "the fourth is refused" });
  assert.ok(end instanceof VdcError && end.code === "busy");
  const { secret } = await user.client.call(fixedRoutes["token.create"], { body: { name: "more" } });
  const byToken = await fetch(`${dc.url}/v1/watch`, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal(byToken.status, 503, "another token of the same user has no places of its own");
  await open[0]?.stop();
  await waitFor(
    async () => {
      const again = follow(user.client, {});
      const state = await waitFor(() => again.ended() ?? again.seen[0], {
        withinMs: 5_000,
        what: "an answer",
      });
      await again.stop();
      return state instanceof VdcError ? undefined : true;
    },
    { withinMs: 5_000, what: "the place is free" },
  );
  await Promise.all(open.map((watch) => watch.stop()));
});

test("a reader that takes nothing holds up neither writers nor other readers", async () => {
  const response = await fetch(`${dc.url}/v1/watch`, { headers: { authorization: `Bearer ${owner.token}` } });
  const watch = follow(dc.local, { kind: "widget" });
  await watch.opened();
  const big = "x".repeat(200);
  for (let at = 0; at < 100; at += 1)
    await owner.client.apply(widgetKind, {
      project: "shop",
      name: "flood",
      spec: { title: `${at} ${big}`.slice(0, 200), settings: { big: "y".repeat(20_000), at } },
    });
  await waitFor(
    () => (watch.changes().filter((change) => change.name === "flood").length >= 100 ? true : undefined),
    {
      withinMs: 10_000,
      what: "the other reader has everything",
    },
  );
  await response.body?.cancel();
  await watch.stop();
});

test("silence is filled with comments", async () => {
  const response = await fetch(`${dc.url}/v1/watch?kind=machine`, {
    headers: { authorization: `Bearer ${owner.token}` },
  });
  assert.ok(response.body);
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes(": ping\n\n")) break;
  }
  assert.match(text, /: ping\n\n/);
});

test("samples of the machine stream to owners", async () => {
  const stop = new AbortController();
  const samples = [];
  for await (const sample of owner.client.events(fixedRoutes["machine.stream"], {
    params: { name: "test-host" },
    signal: stop.signal,
  })) {
    samples.push(sample);
    if (samples.length === 2) break;
  }
  stop.abort();
  assert.ok(samples.every((sample) => sample.memoryTotalBytes > 0));
});

test("a server that stops says so, and then the stream ends", async () => {
  const second = await startDataCenter();
  const { token } = await second.user("root", { owner: true });
  const response = await fetch(`${second.url}/v1/watch`, { headers: { authorization: `Bearer ${token}` } });
  const text = response.text();
  await second.stop();
  assert.match(await text, /event: closing\ndata: \{"reason":"shutdown"\}\n\n$/);
});
