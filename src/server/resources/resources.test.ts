import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { VdcError } from "#api/errors.ts";
import { maxMembers, projectKind } from "#api/kinds/project.ts";
import { fixedRoutes } from "#api/routes.ts";
import { requireUsers } from "./members.ts";
import { startDataCenter, type TestDataCenter, type TestUser } from "#test/support/data-center.ts";
import { widgetKind } from "#test/support/widget-kind.ts";

let dc: TestDataCenter;
let admin: TestUser;

before(async () => {
  dc = await startDataCenter({ kinds: [widgetKind] });
  await dc.local.apply(projectKind, { name: "shop", spec: {} });
  admin = await dc.user("ada", { projects: { shop: "admin" } });
});
after(async () => await dc.stop());

const code = (wanted: string) => (error: unknown) => {
  assert.ok(error instanceof VdcError, String(error));
  assert.equal(error.code, wanted, error.message);
  return true;
};

test("an apply creates, changes, and then says that nothing changed", async () => {
  const lamp = { project: "shop", name: "lamp", spec: { title: "Lamp" } };
  assert.equal((await admin.client.apply(widgetKind, lamp)).outcome, "created");
  const changed = await admin.client.apply(widgetKind, { ...lamp, spec: { title: "Lamp 2" } });
  assert.equal(changed.outcome, "changed");
  assert.deepEqual(changed.diff, [{ op: "replace", path: "spec.title", before: "Lamp", after: "Lamp 2" }]);
  const again = await admin.client.apply(widgetKind, { ...lamp, spec: { title: "Lamp 2" } });
  assert.equal(again.outcome, "unchanged");
  assert.equal(again.resource.revision, changed.resource.revision);
});

test("a guarded field is refused to whoever may not set it, at creation as well", async () => {
  const key = { project: "shop", name: "guarded" };
  await assert.rejects(
    admin.client.apply(widgetKind, { ...key, spec: { memoryBytes: 5 } }),
    (error) => code("forbidden")(error) && /memoryBytes/.test(String(error)),
  );
  await admin.client.apply(widgetKind, { ...key, spec: { memoryBytes: 0 } });
  await dc.local.patch(widgetKind, key, { spec: { memoryBytes: 7 } });
  await assert.rejects(admin.client.patch(widgetKind, key, { spec: { memoryBytes: 8 } }), code("forbidden"));
  await assert.rejects(
    admin.client.patch(widgetKind, key, { spec: { memoryBytes: null } }),
    code("forbidden"),
  );
  const { resource } = await admin.client.patch(widgetKind, key, { spec: { title: "mine" } });
  assert.equal(resource.spec["memoryBytes"], 7);
});

test("a caller without a role hears the same for a project that exists and for one that does not", async () => {
  const stranger = await dc.user("eve");
  const messages: string[] = [];
  for (const name of ["shop", "nowhere"]) {
    await assert.rejects(stranger.client.apply(projectKind, { name, spec: {} }), (error: VdcError) => {
      messages.push(`${error.code} ${error.message.replaceAll(name, "X")}`);
      return true;
    });
    await assert.rejects(stranger.client.get(projectKind, { name }), (error: VdcError) => {
      messages.push(`${error.code} ${error.message.replaceAll(name, "X")}`);
      return true;
    });
  }
  assert.deepEqual(messages.slice(0, 2), messages.slice(2));
  assert.match(messages[0] ?? "", /^forbidden/);
});

test("a member that is no user is named, and nothing is written", async () => {
  const members = [
    { user: "ada", role: "admin" },
    { user: "nobody-here", role: "viewer" },
  ];
  await assert.rejects(
    dc.local.patch(projectKind, { name: "shop" }, { spec: { members } }),
    (error: VdcError) => {
      assert.equal(error.code, "invalid");
      assert.equal(error.fields[0]?.path, "spec.members[1].user");
      return true;
    },
  );
});

test("an entity tag guards writes and spares reads", async () => {
  const path = `${dc.url}/v1/projects/shop/widgets/tagged`;
  const headers = { authorization: `Bearer ${admin.token}`, "content-type": "application/json" };
  const put = (more: Record<string, string>, title: string) =>
    fetch(path, {
      method: "PUT",
      headers: { ...headers, ...more },
      body: JSON.stringify({ spec: { title } }),
    });
  assert.equal((await put({ "if-match": "*" }, "a")).status, 412);
  const created = await put({ "if-none-match": "*" }, "a");
  assert.equal(created.status, 200);
  const tag = created.headers.get("etag") ?? "";
  assert.match(tag, /^"\d+"$/);
  assert.equal((await put({ "if-none-match": "*" }, "b")).status, 412);
  assert.equal((await put({ "if-match": '"1"' }, "b")).status, 412);
  const read = await fetch(path, { headers: { ...headers, "if-none-match": tag } });
  assert.equal(read.status, 304);
  assert.equal(await read.text(), "");
  assert.equal((await put({ "if-match": tag }, "b")).status, 200);
});

test("a list holds what the caller may view, by pages and selectors", async () => {
  await dc.local.apply(projectKind, { name: "foreign", spec: {} });
  const projects = await admin.client.list(projectKind);
  assert.deepEqual(
    projects.items.map((item) => item.name),
    ["shop"],
  );
  for (const name of ["one", "two", "three"])
    await admin.client.apply(widgetKind, {
      project: "shop",
      name,
      labels: { tier: "a" },
      spec: { title: name },
    });
  const first = await admin.client.list(widgetKind, { project: "shop", labelSelector: "tier=a", limit: 2 });
  assert.equal(first.items.length, 2);
  const rest = await admin.client.list(widgetKind, {
    project: "shop",
    labelSelector: "tier=a",
    limit: 2,
    ...(first.continue === undefined ? {} : { continue: first.continue }),
  });
  assert.deepEqual([...first.items, ...rest.items].map((item) => item.name).toSorted(), [
    "one",
    "three",
    "two",
  ]);
  const picked = await admin.client.list(widgetKind, { project: "shop", fieldSelector: "spec.title=two" });
  assert.deepEqual(
    picked.items.map((item) => item.name),
    ["two"],
  );
});

test("a dry run answers with the diff and changes nothing", async () => {
  const key = { project: "shop", name: "dry" };
  const planned = await admin.client.apply(widgetKind, { ...key, spec: { title: "x" } }, { dryRun: true });
  assert.equal(planned.outcome, "created");
  assert.equal(planned.dryRun, true);
  await assert.rejects(admin.client.get(widgetKind, key), code("not-found"));
});

test("a deleted resource is gone, and a deleted project goes by its operation", async () => {
  const key = { project: "shop", name: "short-lived" };
  await admin.client.apply(widgetKind, { ...key, spec: {} });
  assert.equal((await admin.client.delete(widgetKind, key)).outcome, "removed");
  await assert.rejects(admin.client.get(widgetKind, key), code("not-found"));
  await assert.rejects(admin.client.delete(projectKind, { name: "shop" }), code("forbidden"));
});

test("members beyond the limit are refused before any of them is looked up", async () => {
  const looked: string[] = [];
  const exists = (user: string) => {
    looked.push(user);
    return Promise.resolve(false);
  };
  const members = Array.from({ length: maxMembers + 1 }, (_, at) => ({
    user: `u${at}`,
    role: "viewer" as const,
  }));
  await requireUsers(members, exists, 8);
  assert.deepEqual(looked, []);
  await assert.rejects(requireUsers(members.slice(1), exists, 8), code("invalid"));
  await assert.rejects(
    admin.client.patch(projectKind, { name: "shop" }, { spec: { members } }),
    code("invalid"),
  );
});

test("a label named like what every object inherits is a label, and its change is in the audit chain", async () => {
  const key = { project: "shop", name: "inherits" };
  const owner = await dc.user("audrey", { owner: true });
  await admin.client.apply(widgetKind, { ...key, spec: {} });
  const labels = { constructor: "a", toString: "b", hasOwnProperty: "c" };
  const { resource, diff } = await admin.client.apply(widgetKind, { ...key, labels, spec: {} });
  assert.equal(resource.labels["toString"], "b");
  assert.equal(diff.length, 3);
  const { items } = await owner.client.call(fixedRoutes["audit.list"], { query: { limit: 1 } });
  assert.equal(items[0]?.target.name, "inherits");
  assert.equal(items[0].revision, resource.revision);
});
