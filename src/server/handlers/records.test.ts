import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { VdcError } from "#api/errors.ts";
import { projectKind } from "#api/kinds/project.ts";
import { fixedRoutes } from "#api/routes.ts";
import { startDataCenter, type TestDataCenter, type TestUser } from "#test/support/data-center.ts";
import { waitFor } from "#test/support/wait-for.ts";

let dc: TestDataCenter;
let member: TestUser;

before(async () => {
  dc = await startDataCenter();
  for (const name of ["shop", "other"]) await dc.local.apply(projectKind, { name, spec: {} });
  member = await dc.user("vera", { projects: { shop: "viewer" } });
});
after(async () => await dc.stop());

const isCode = (code: string) => (error: unknown) => error instanceof VdcError && error.code === code;

test("events of other projects and of the data center itself are not a member's", async () => {
  const all = (await dc.local.call(fixedRoutes["event.list"])).items;
  assert.ok(all.some((event) => event.project === "other"));
  assert.ok(all.some((event) => event.project === undefined));
  const own = (await member.client.call(fixedRoutes["event.list"])).items;
  assert.ok(own.length > 0);
  assert.deepEqual([...new Set(own.map((event) => event.project))], ["shop"]);
  await assert.rejects(
    member.client.call(fixedRoutes["event.list"], { query: { project: "other" } }),
    isCode("not-found"),
  );
  const stranger = await dc.user("eve");
  assert.deepEqual((await stranger.client.call(fixedRoutes["event.list"])).items, []);
});

test("events are of a kind, or of one thing of a kind, and a name alone is refused with what it lacks", async () => {
  const list = async (query: { kind?: string; name?: string }) => {
    const { items } = await dc.local.call(fixedRoutes["event.list"], { query });
    return new Set(items.map(({ subject }) => `${subject?.kind}/${subject?.name}`));
  };
  assert.deepEqual(await list({ kind: "project" }), new Set(["project/shop", "project/other"]));
  assert.deepEqual(await list({ kind: "project", name: "shop" }), new Set(["project/shop"]));
  assert.deepEqual(await list({ kind: "widget" }), new Set());
  const members = await member.client.call(fixedRoutes["event.list"], { query: { kind: "project" } });
  assert.deepEqual(new Set(members.items.map(({ subject }) => subject?.name)), new Set(["shop"]));
  await assert.rejects(
    list({ name: "shop" }),
    (error) =>
      isCode("invalid")(error) && /name: a name needs a kind.*both kind and name/.test(String(error)),
  );
});

test("an operation of the data center can be neither listed, nor read, nor cancelled by a member", async () => {
  const { id } = await dc.local.call(fixedRoutes["audit.verify"]);
  const params = { operation: id };
  for (const route of [fixedRoutes["operation.get"], fixedRoutes["operation.cancel"]])
    await assert.rejects(member.client.call(route, { params }), isCode("not-found"));
  assert.deepEqual((await member.client.call(fixedRoutes["operation.list"])).items, []);
  const done = await waitFor(
    async () => {
      const operation = await dc.local.call(fixedRoutes["operation.get"], { params });
      return operation.state === "running" ? undefined : operation;
    },
    { withinMs: 10_000, what: "the audit chain is verified" },
  );
  assert.equal(done.state, "succeeded");
});

test("every write has its audit entry with the caller, the request and the address", async () => {
  const owner = await dc.user("root", { owner: true });
  await owner.client.apply(projectKind, { name: "audited", spec: {} });
  const { items } = await owner.client.call(fixedRoutes["audit.list"]);
  const entry = items.find((one) => one.target.name === "audited");
  assert.equal(entry?.verb, "create");
  assert.equal(entry?.actor.name, "root/test");
  assert.match(entry?.requestId ?? "", /^req_/);
  assert.equal(entry?.address, "127.0.0.1");
});
