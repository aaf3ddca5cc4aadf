import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createAuthWorld, type AuthWorld } from "#test/support/auth-world.ts";

let world: AuthWorld;
before(async () => {
  world = await createAuthWorld();
});
after(() => world[Symbol.asyncDispose]());

const password = "correct horse battery";

describe("signing in", () => {
  test("the first administrator comes in by a link, once, and then no more links are made", async () => {
    const { auth, by, from } = world;
    const link = await auth.ensureFirstAdministrator(by);
    assert.ok(link);
    assert.equal(link.user, "admin");
    assert.equal(link.url, `https://vdc.test/signin#link=${link.secret}`);
    const again = await auth.ensureFirstAdministrator(by);
    assert.ok(again);
    await assert.rejects(auth.withLink(link.secret, from), { code: "sign-in-failed" });
    const opened = await auth.withLink(again.secret, from);
    assert.equal(opened.principal.owner, true);
    await assert.rejects(auth.withLink(again.secret, from), { code: "sign-in-failed" });
    assert.equal(await auth.ensureFirstAdministrator(by), undefined);
    const principal = await auth.authenticate({ sessionSecret: opened.secret, address: "" });
    assert.equal(principal?.userName, "admin");
    await auth.account.changePassword(opened.principal, { password }, from);
    const second = await auth.withPassword({ user: "admin", password }, from);
    assert.notEqual(second.secret, opened.secret);
    const made = await auth.forToken(
      { user: "admin", password, tokenName: "cli", expiresInSeconds: 60 },
      from,
    );
    assert.equal((await auth.authenticate({ bearer: made.secret, address: "" }))?.via, "token");
  });
});
