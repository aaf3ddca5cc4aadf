import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { roleAtLeast } from "#api/access.ts";
import { systemActor } from "#api/actor.ts";
import { authLimits } from "#control/auth/limits.ts";
import { meOf } from "#control/auth/own-account.ts";
import { localPrincipal } from "#control/auth/principals.ts";
import { createAuthWorld, type AuthWorld } from "#test/support/auth-world.ts";

const password = "correct horse battery";
const address = "192.0.2.1";
const month = 30 * 24 * 3600;

let world: AuthWorld;
before(async () => {
  world = await createAuthWorld({
    limits: { addressAttempts: { ...authLimits.addressAttempts, burst: 1000 } },
  });
  await world.signedIn("root", { owner: true });
});
after(() => world[Symbol.asyncDispose]());

const byToken = (secret: string) => world.auth.authenticate({ bearer: secret, address });
const project = (name: string, members: readonly { user: string; role: string }[]) =>
  world.store.resources.apply(
    {
      kind: "project",
      name,
      labels: {},
      spec: { title: "", description: "", members, quotas: {} },
    },
    { by: { actor: systemActor("test") } },
  );

describe("an API token", () => {
  test("stops at its end, and at once when it is revoked, also through a second process within a second", async () => {
    const { auth, by } = world;
    const { principal } = await world.signedIn("tess");
    const short = await auth.tokens.create(principal, { name: "short", expiresInSeconds: 60 }, by);
    const long = await auth.tokens.create(principal, { name: "long", expiresInSeconds: month }, by);
    assert.match(long.secret, /^vdct_[\w-]{43}$/);
    const other = world.another();
    assert.ok(await byToken(long.secret));
    assert.ok(await other.authenticate({ bearer: long.secret, address }));
    world.advance(60_000);
    assert.equal(await byToken(short.secret), undefined);
    const tried = Array.from({ length: 20 }, () => byToken(long.secret));
    await auth.tokens.revoke(principal, long.token.id, by);
    assert.equal(await byToken(long.secret), undefined);
    await Promise.all(tried);
    assert.equal(await byToken(long.secret), undefined);
    world.advance(authLimits.cacheTtlMs);
    assert.equal(await other.authenticate({ bearer: long.secret, address }), undefined);
    assert.deepEqual(await auth.tokens.list(principal, false), []);
  });

  test("is one of a bounded number, so that none can hide behind the others", async () => {
    const few = await createAuthWorld({ limits: { tokensPerUser: 2 } });
    await using _few = few;
    const { principal } = await few.signedIn("tara");
    const wanted = { name: "ci", expiresInSeconds: month };
    const first = await few.auth.tokens.create(principal, wanted, few.by);
    await few.auth.tokens.create(principal, wanted, few.by);
    await assert.rejects(few.auth.tokens.create(principal, wanted, few.by), { code: "conflict" });
    await few.auth.tokens.revoke(principal, first.token.id, few.by);
    await few.auth.tokens.create(principal, wanted, few.by);
  });

  test("is revoked by its user or an owner and by nobody else", async () => {
    const { auth, by } = world;
    const user = (await world.signedIn("tom")).principal;
    const foreign = (await world.signedIn("tim")).principal;
    const made = await auth.tokens.create(user, { name: "ci", expiresInSeconds: month }, by);
    await assert.rejects(auth.tokens.revoke(foreign, made.token.id, by), { code: "not-found" });
    await assert.rejects(auth.tokens.list(foreign, true), { code: "forbidden" });
    assert.ok(await byToken(made.secret));
    const local = localPrincipal(1000);
    assert.ok((await auth.tokens.list(local, true)).some(({ id }) => id === made.token.id));
    await auth.tokens.revoke(local, made.token.id, by);
    assert.equal(await byToken(made.secret), undefined);
  });

  test("with a scope never widens itself", async () => {
    const { auth, by, from } = world;
    const { principal } = await world.signedIn("scope", { password });
    const scopes = [{ role: "viewer" }, { project: "shop" }, { project: "shop", role: "admin" }] as const;
    for (const scope of scopes) {
      const made = await auth.tokens.create(principal, { name: "ci", ...scope, expiresInSeconds: month }, by);
      const token = await byToken(made.secret);
      assert.ok(token);
      const forbidden = { code: "forbidden" };
      await assert.rejects(
        auth.tokens.create(token, { name: "wide", expiresInSeconds: month }, by),
        forbidden,
      );
      const same = { name: "same", ...scope, expiresInSeconds: month };
      await assert.rejects(auth.tokens.create(token, same, by), forbidden);
      await assert.rejects(auth.tokens.list(token, false), forbidden);
      await assert.rejects(auth.tokens.list(token, true), forbidden);
      const change = { current: password, password: "the token's own" };
      await assert.rejects(auth.account.changePassword(token, change, from), forbidden);
      await assert.rejects(auth.account.sessions(token), forbidden);
      await assert.rejects(auth.account.endSession(token, String(principal.credentialId), by), forbidden);
      await auth.tokens.revoke(token, made.token.id, by);
      assert.equal(await byToken(made.secret), undefined);
    }
  });

  test("without a scope may make another; the local caller has no account to make one for", async () => {
    const { auth, by, from } = world;
    const link = await auth.users.createLink("scope", by);
    const given = { link: link.secret, tokenName: "cli", expiresInSeconds: month };
    const token = await byToken((await auth.forToken(given, from)).secret);
    assert.ok(token);
    assert.ok(await auth.tokens.create(token, { name: "next", expiresInSeconds: month }, by));
    const local = localPrincipal(0);
    assert.deepEqual(local.actor, { type: "local", id: "0", name: "local" });
    const wanted = { name: "next", expiresInSeconds: month };
    await assert.rejects(auth.tokens.create(local, wanted, by), { code: "forbidden" });
    await assert.rejects(auth.tokens.create(local, { ...wanted, project: "shop" }, by), {
      code: "forbidden",
    });
  });

  test("is the oldest owner's when the local caller makes it for one project and role", async () => {
    const { auth, by } = world;
    const local = localPrincipal(0);
    const wanted = { name: "workers", project: "shop", role: "operator", expiresInSeconds: month } as const;
    const made = await auth.tokens.create(local, wanted, by);
    const owners = (await auth.users.list()).filter(({ owner, disabled }) => owner && !disabled);
    const oldest = owners.toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt))[0];
    assert.equal(made.token.user, oldest?.name);
    assert.deepEqual((await byToken(made.secret))?.scope, { project: "shop", role: "operator" });
  });

  test("is one of two hundred at most, and a refused sign-in by link leaves the link usable", async () => {
    const { auth, by, from } = world;
    const { principal } = await world.signedIn("hoarder");
    const made = await auth.tokens.create(principal, { name: "first", expiresInSeconds: 3600 }, by);
    const row = await world.store.db
      .selectFrom("tokens")
      .selectAll()
      .where("id", "=", made.token.id)
      .executeTakeFirstOrThrow();
    const others = Array.from({ length: 199 }, (_, index) => `tok_${index}`);
    const rows = others.map((id) => ({ ...row, id, secret_hash: id }));
    await world.store.db.insertInto("tokens").values(rows).execute();
    const { secret } = await auth.users.createLink("hoarder", by);
    const given = { link: secret, tokenName: "cli", expiresInSeconds: month };
    await assert.rejects(auth.forToken(given, from), { code: "conflict" });
    assert.ok(await auth.withLink(secret, from));
  });
});

describe("roles", () => {
  test("are those of the moment: a membership that ends counts before the write is acknowledged", async () => {
    const { memberships } = world;
    const { principal } = await world.signedIn("meg");
    assert.equal(principal.roleIn("shop"), undefined);
    await memberships.seen((await project("shop", [{ user: "meg", role: "admin" }])).resource.revision);
    assert.equal(principal.roleIn("shop"), "admin");
    assert.deepEqual({ ...meOf(principal).projects }, { shop: "admin" });
    memberships.applyLocal((await project("shop", [{ user: "meg", role: "viewer" }])).resource);
    assert.equal(principal.roleIn("shop"), "viewer");
    assert.equal(principal.roleIn("constructor"), undefined);
  });

  test("are reduced by a token's scope, and an owner's scoped token is no owner", async () => {
    const { auth, by, memberships } = world;
    const { principal: meg } = await world.signedIn("max");
    const { principal: owner } = await world.signedIn("olga", { owner: true });
    const one = await project("one", [{ user: "max", role: "operator" }]);
    const two = await project("constructor", [{ user: "max", role: "viewer" }]);
    memberships.applyLocal(one.resource);
    memberships.applyLocal(two.resource);
    const scoped = async (principal: typeof meg, scope: { project?: string; role?: "viewer" | "admin" }) => {
      const wanted = { name: "scoped", ...scope, expiresInSeconds: month };
      const token = await byToken((await auth.tokens.create(principal, wanted, by)).secret);
      assert.ok(token);
      return token;
    };
    assert.deepEqual({ ...(await scoped(meg, {})).projects() }, { one: "operator", constructor: "viewer" });
    assert.deepEqual(
      { ...(await scoped(meg, { role: "admin" })).projects() },
      { one: "operator", constructor: "viewer" },
    );
    assert.deepEqual(
      { ...(await scoped(meg, { project: "one", role: "viewer" })).projects() },
      { one: "viewer" },
    );
    assert.deepEqual({ ...(await scoped(meg, { project: "foreign" })).projects() }, {});
    assert.equal((await scoped(owner, {})).owner, true);
    const capped = await scoped(owner, { role: "viewer" });
    assert.deepEqual(
      [capped.owner, capped.roleIn("one"), capped.roleIn("none")],
      [false, "viewer", undefined],
    );
    const inOne = await scoped(owner, { project: "one" });
    assert.deepEqual(
      [inOne.owner, inOne.roleIn("one"), inOne.roleIn("constructor")],
      [false, "admin", undefined],
    );
    assert.ok(roleAtLeast(inOne.roleIn("one"), "admin"));
  });
});
