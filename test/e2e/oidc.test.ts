import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { OidcProviderConfig } from "#control/auth/oidc-config.ts";
import { startDataCenter, type TestDataCenter } from "#test/support/data-center.ts";
import { startOidcProvider, type TestProvider } from "#test/support/oidc-provider.ts";
import { freePort } from "#test/support/free-port.ts";

const people = {
  "subject-ada": { email: "ada@example.org", email_verified: true, name: "Ada", preferred_username: "ada" },
  "subject-eve": { email: "eve@example.org", email_verified: true, preferred_username: "eve" },
};

/** Where a browser would be sent, and what it would keep. */
interface Answer {
  readonly status: number;
  readonly location: string;
  readonly cookies: readonly string[];
}

describe("OpenID Connect through the HTTP server", () => {
  let provider: TestProvider;
  let dc: TestDataCenter;

  before(async () => {
    // Both have to know the other's address before they start.
    const port = await freePort();
    const callback = (id: string) => `http://127.0.0.1:${port}/v1/auth/oidc/${id}/callback`;
    provider = await startOidcProvider({ redirectUris: [callback("known"), callback("open")], people });
    const { issuer, clientId, clientSecret } = provider;
    const scopes = ["openid", "profile", "email"];
    const known = { id: "known", title: "Known", issuer, clientId, clientSecret, scopes, createUsers: false };
    const oidc: OidcProviderConfig[] = [
      known,
      { ...known, id: "open", title: "Open", createUsers: true },
      { ...known, id: "gone", title: "Gone", issuer: "http://127.0.0.1:1" },
    ];
    dc = await startDataCenter({ port, oidc });
  });
  after(async () => {
    await dc?.stop();
    await provider?.[Symbol.asyncDispose]();
  });

  const go = async (address: string | URL, cookie = ""): Promise<Answer> => {
    const response = await fetch(new URL(address, dc.url), { redirect: "manual", headers: { cookie } });
    await response.body?.cancel();
    const location = response.headers.get("location") ?? "";
    return { status: response.status, location, cookies: response.headers.getSetCookie() };
  };

  /** Through our start, the provider's pages and our callback. */
  const signIn = async (id: string, subject: string, returnTo = "/") => {
    const start = await go(`/v1/auth/oidc/${id}/start?returnTo=${encodeURIComponent(returnTo)}`);
    assert.equal(start.status, 302);
    assert.ok(start.location.startsWith(`${provider.issuer}/auth?`), start.location);
    assert.match(start.cookies.join(), /^vdc-oidc=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
    const state = pairOf(start.cookies, "vdc-oidc");
    const callback = await provider.signIn(start.location, subject);
    return { callback, state, answer: await go(callback, state) };
  };

  const me = async (cookie: string) =>
    await fetch(`${dc.url}/v1/auth/me`, { headers: { cookie } }).then(async (response) => ({
      status: response.status,
      // The body of a success is `me`, of a refusal a problem; both are read by name below.
      body: (await response.json()) as { readonly name?: string; readonly code?: string },
    }));

  test("is among the sign-in methods, with its title", async () => {
    const methods = await dc.client().call(dc.local.routes["auth.methods"]);
    assert.deepEqual(
      methods.providers.map(({ id, title }) => `${id} ${title}`),
      ["known Known", "open Open", "gone Gone"],
    );
  });

  test("gives a user whom an owner made a session, and leads to where the user wanted to go", async () => {
    await dc.local.call(dc.local.routes["user.create"], {
      body: { name: "countess", email: "ada@example.org" },
    });
    const { answer } = await signIn("known", "subject-ada", "/projects?sort=name#top");
    assert.deepEqual([answer.status, answer.location], [302, "/projects?sort=name#top"]);
    assert.match(answer.cookies.join("\n"), /^vdc-oidc=; .*Max-Age=0$/m);
    assert.match(
      answer.cookies.join("\n"),
      /^vdc-session=[\w-]{43,}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/m,
    );
    const own = await me(pairOf(answer.cookies, "vdc-session"));
    assert.deepEqual([own.status, own.body.name], [200, "countess"]);
  });

  test("sends somebody unknown to the sign-in page without a session, unless users are to be made", async () => {
    const { answer } = await signIn("known", "subject-eve", "/projects");
    assert.deepEqual([answer.status, answer.location], [302, "/signin?failed=sign-in-failed"]);
    assert.ok(!answer.cookies.some((cookie) => cookie.startsWith("vdc-session=")));
    const users = await dc.local.call(dc.local.routes["user.list"]);
    assert.ok(!users.items.some(({ name }) => name === "eve"));
    const made = await signIn("open", "subject-eve", "/projects");
    assert.equal(made.answer.location, "/projects");
    assert.equal((await me(pairOf(made.answer.cookies, "vdc-session"))).body.name, "eve");
  });

  test("never leads to another site, and takes neither a callback twice nor one of another browser", async () => {
    const first = await signIn("open", "subject-eve", "//evil.example/");
    assert.equal(first.answer.location, "/");
    const refused = { status: 302, location: "/signin?failed=sign-in-failed" };
    for (const cookie of [first.state, "", "vdc-oidc=somebody-elses"]) {
      const { status, location, cookies } = await go(first.callback, cookie);
      assert.deepEqual({ status, location }, refused);
      assert.ok(!cookies.some((one) => one.startsWith("vdc-session=")));
    }
  });

  test("leads back to the sign-in page when its provider does not answer, or is not there", async () => {
    const dead = await go("/v1/auth/oidc/gone/start");
    assert.deepEqual([dead.status, dead.location], [302, "/signin?failed=unavailable"]);
    const none = await go("/v1/auth/oidc/nobody/start");
    assert.deepEqual([none.status, none.location], [302, "/signin?failed=not-found"]);
  });
});

function pairOf(cookies: readonly string[], name: string): string {
  return cookies.find((cookie) => cookie.startsWith(`${name}=`))?.split(";")[0] ?? "";
}
