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
