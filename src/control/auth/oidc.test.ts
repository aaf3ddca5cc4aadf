import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { authLimits } from "#control/auth/limits.ts";
import type { OidcProviderConfig } from "#control/auth/oidc-config.ts";
import { createAuthWorld, type AuthWorld } from "#test/support/auth-world.ts";
import { startOidcProvider, type TestProvider } from "#test/support/oidc-provider.ts";

const people = {
  "subject-ada": { email: "Ada@example.org", email_verified: true, name: "Ada", preferred_username: "ada" },
  "subject-eve": { email: "grace@example.org", email_verified: false, preferred_username: "eve" },
  "subject-mallory": { email: "ada@example.org", email_verified: true, preferred_username: "mallory" },
  "subject-new": { email: "Lin.Ü@example.net", email_verified: true, preferred_username: "Lin Ü!" },
  "subject-bare": {},
  "subject-back": { preferred_username: "back" },
  "subject-second": { email: "lin2@example.net", email_verified: true, preferred_username: "Lin Ü!" },
};

const address = "192.0.2.9";
const ids = ["open", "closed", "domain", "wrong", "gone"] as const;
const callback = (id: string) => `https://vdc.test/v1/auth/oidc/${id}/callback`;
let provider: TestProvider;
let world: AuthWorld;

before(async () => {
  provider = await startOidcProvider({ redirectUris: ids.map(callback), people });
  const { issuer, clientId, clientSecret } = provider;
  const scopes = ["openid", "profile", "email"];
  const open = { id: "open", title: "Open", issuer, clientId, clientSecret, scopes, createUsers: true };
  const oidc: OidcProviderConfig[] = [
    open,
    { ...open, id: "closed", createUsers: false },
    { ...open, id: "domain", allowedEmailDomains: ["example.org"] },
    { ...open, id: "wrong", clientSecret: "not the secret" },
    { ...open, id: "gone", issuer: "http://127.0.0.1:1" },
  ];
  const limits = {
    addressAttempts: { ...authLimits.addressAttempts, burst: 1000 },
    oidcStarts: { ...authLimits.oidcStarts, burst: 1000 },
  };
  world = await createAuthWorld({ oidc, limits });
});
after(async () => {
  await world[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

/** Begins a sign-in and goes through the provider's pages; what is left is our callback. */
async function upToCallback(id: string, subject: string, returnTo = "/") {
  const start = await world.auth.oidc.start(id, returnTo, { address });
  return { url: await provider.signIn(start.redirectUrl, subject), cookie: start.stateCookie };
}

async function through(id: string, subject: string, returnTo = "/") {
  const { url, cookie } = await upToCallback(id, subject, returnTo);
  return world.auth.oidc.callback(id, url, cookie, { address });
}

const failed = { code: "sign-in-failed" };

describe("OpenID Connect", () => {
  test("a user is found by a verified e-mail address, once, and by issuer and subject from then on", async () => {
    const { auth, by, accounts } = world;
    await auth.users.create({ name: "countess", title: "", email: "ada@example.org", owner: false }, by);
    const opened = await through("closed", "subject-ada", "/projects?x=1#top");
    assert.equal(opened.principal.userName, "countess");
    assert.equal(opened.returnTo, "/projects?x=1#top");
    const principal = await auth.authenticate({ sessionSecret: opened.secret, address });
    assert.equal(principal?.userName, "countess");
    // A password would let them stay when the provider lets go of them.
    const change = auth.account.changePassword(
      opened.principal,
      { password: "a long password" },
      { address },
    );
    await assert.rejects(change, { code: "forbidden" });
    // The same address claimed by somebody else of the same issuer does not open the account.
    await assert.rejects(through("closed", "subject-mallory"), failed);
    await auth.users.change("countess", { email: "other@example.org" }, by);
    assert.equal((await through("closed", "subject-ada")).principal.userName, "countess");
    assert.ok(await accounts.identities.find(provider.issuer, "subject-ada"));
  });

  test("an e-mail address that the provider did not verify opens nobody's account", async () => {
    const { auth, by } = world;
    await auth.users.create({ name: "grace", title: "", email: "grace@example.org", owner: true }, by);
    await assert.rejects(through("closed", "subject-eve"), failed);
    const opened = await through("open", "subject-eve");
    assert.equal(opened.principal.userName, "eve");
    assert.equal(opened.principal.owner, false);
    assert.equal((await auth.users.get("eve")).email, undefined);
  });

  test("an unknown person is refused where users are not created, and no user appears", async () => {
    const count = (await world.auth.users.list()).length;
    await assert.rejects(through("closed", "subject-bare"), failed);
    assert.equal((await world.auth.users.list()).length, count);
  });

  test("a new user gets a name in our form, another one when it is taken, and is never an owner", async () => {
    assert.equal((await through("open", "subject-new")).principal.userName, "lin-u");
    const second = (await through("open", "subject-second")).principal;
    assert.deepEqual([second.userName, second.owner], ["lin-u-2", false]);
    assert.equal((await through("open", "subject-new")).principal.userName, "lin-u");
  });

  test("a deleted or disabled user does not come back through the provider", async () => {
    const { auth, by } = world;
    const { principal } = await through("open", "subject-back");
    const name = String(principal.userName);
    await auth.users.change(name, { disabled: true }, by);
    await assert.rejects(through("open", "subject-back"), failed);
    await auth.users.delete(name, by);
    await assert.rejects(through("open", "subject-back"), failed);
  });

  test("only verified addresses in an allowed domain come in where domains are named", async () => {
    await assert.rejects(through("domain", "subject-new"), failed);
    await assert.rejects(through("domain", "subject-eve"), failed);
    assert.equal((await through("domain", "subject-ada")).principal.userName, "countess");
  });

  test("a callback with another state, with nobody's cookie, or with none is refused", async () => {
    const one = await upToCallback("open", "subject-ada");
    const other = await upToCallback("open", "subject-ada");
    const { oidc } = world.auth;
    await assert.rejects(oidc.callback("open", one.url, undefined, { address }), failed);
    await assert.rejects(oidc.callback("open", one.url, "x".repeat(43), { address }), failed);
    await assert.rejects(oidc.callback("open", one.url, other.cookie, { address }), failed);
    const tampered = new URL(one.url);
    tampered.searchParams.set("state", "x");
    await assert.rejects(oidc.callback("open", tampered, one.cookie, { address }), failed);
    // A cookie that failed once is used up.
    await assert.rejects(oidc.callback("open", one.url, one.cookie, { address }), failed);
  });

  test("a sign-in begun for one provider does not end at another", async () => {
    const { url, cookie } = await upToCallback("open", "subject-ada");
    await assert.rejects(world.auth.oidc.callback("domain", url, cookie, { address }), failed);
  });

  test("a code works once: neither the same callback nor the code in a new sign-in is taken", async () => {
    const { oidc } = world.auth;
    const { url, cookie } = await upToCallback("open", "subject-ada");
    await oidc.callback("open", url, cookie, { address });
    await assert.rejects(oidc.callback("open", url, cookie, { address }), failed);
    const start = await oidc.start("open", "/", { address });
    const replayed = new URL(url);
    const state = new URL(start.redirectUrl).searchParams.get("state");
    replayed.searchParams.set("state", String(state));
    await assert.rejects(oidc.callback("open", replayed, start.stateCookie, { address }), failed);
  });

  test("a fresh code of somebody else, put into my sign-in, is refused by PKCE and nonce", async () => {
    const { oidc } = world.auth;
    const theirs = await upToCallback("open", "subject-mallory");
    const mine = await oidc.start("open", "/", { address });
    const injected = new URL(theirs.url);
    injected.searchParams.set("state", String(new URL(mine.redirectUrl).searchParams.get("state")));
    await assert.rejects(oidc.callback("open", injected, mine.stateCookie, { address }), failed);
  });

  test("a sign-in that takes longer than ten minutes begins again", async () => {
    const { url, cookie } = await upToCallback("open", "subject-ada");
    world.advance(authLimits.oidcSignInMs + 1);
    await assert.rejects(world.auth.oidc.callback("open", url, cookie, { address }), failed);
  });

  test("a refusal at the provider, and a client secret that it does not take, are failed sign-ins", async () => {
    const { oidc } = world.auth;
    const start = await oidc.start("open", "/", { address });
    const state = String(new URL(start.redirectUrl).searchParams.get("state"));
    const denied = new URL(`${callback("open")}?error=access_denied&state=${state}&iss=${provider.issuer}`);
    await assert.rejects(oidc.callback("open", denied, start.stateCookie, { address }), failed);
    await assert.rejects(through("wrong", "subject-ada"), failed);
  });

  test("a provider that does not answer is unavailable, an unknown one is not found", async () => {
    const { oidc } = world.auth;
    await assert.rejects(oidc.start("gone", "/", { address }), { code: "unavailable" });
    await assert.rejects(oidc.start("nobody", "/", { address }), { code: "not-found" });
    assert.deepEqual(oidc.providers[0], { id: "open", title: "Open" });
  });
});
