import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseInput } from "#api/validate.ts";
import { oidcClaims, userNameFrom } from "#control/auth/oidc-claims.ts";
import { oidcFileSchema } from "#control/auth/oidc-config.ts";
import { userNameSchema } from "#api/names.ts";
import fc from "fast-check";

const provider = { id: "corp", title: "Corp", issuer: "https://id.example.org", clientId: "vdc" };
const parse = (...providers: readonly unknown[]) => parseInput(oidcFileSchema, { providers }, "oidc.json");
const invalid = (at: string) => (error: { code?: string; fields?: readonly { path: string }[] }) =>
  error.code === "invalid" && error.fields?.some(({ path }) => path === at) === true;

describe("oidc.json", () => {
  test("needs little, and creates no users unless it says so", () => {
    const [parsed] = parse(provider).providers;
    assert.deepEqual(parsed, { ...provider, scopes: ["openid", "profile", "email"], createUsers: false });
  });

  test("takes plain http only for this machine", () => {
    for (const issuer of ["http://127.0.0.1:3000", "http://localhost/realm", "http://[::1]:80"])
      parse({ ...provider, issuer });
    for (const issuer of ["http://id.example.org", "http://127.0.0.1.example.org", "ftp://127.0.0.1", "corp"])
      assert.throws(() => parse({ ...provider, issuer }), invalid("providers[0].issuer"), issuer);
  });

  test("is refused with the name of what is wrong", () => {
    assert.throws(() => parse({ ...provider, clientSecret: "x" }), invalid("providers[0].clientSecret"));
    assert.throws(() => parse({ ...provider, scopes: ["email"] }), invalid("providers[0].scopes"));
    assert.throws(() => parse({ ...provider, id: "../x" }), invalid("providers[0].id"));
    assert.throws(() => parse(provider, provider), invalid("providers"));
  });
});

describe("claims", () => {
  const token = { iss: "https://id.example.org", sub: "1", email: "ada@example.org" };

  test("give an e-mail address only when it is verified, by the boolean true", () => {
    assert.equal(oidcClaims({ ...token, email_verified: true })?.email, "ada@example.org");
    for (const verified of [undefined, false, "true", 1, null])
      assert.equal(oidcClaims({ ...token, email_verified: verified })?.email, undefined);
    assert.equal(
      oidcClaims({ ...token, email: ["ada@example.org"], email_verified: true })?.email,
      undefined,
    );
  });

  test("without issuer or subject are none", () => {
    assert.equal(oidcClaims({ ...token, sub: "" }), undefined);
    assert.equal(oidcClaims({ ...token, iss: 7 }), undefined);
    assert.equal(oidcClaims(undefined), undefined);
  });

  test("make a valid user name of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const name = userNameFrom(text);
        assert.ok(userNameSchema.safeParse(name).success && name.length <= 59, name);
      }),
    );
    assert.equal(userNameFrom("Ada.Lovelace@example.org"), "ada.lovelace");
    assert.equal(userNameFrom("Zoë Müller"), "zoe-muller");
    assert.equal(userNameFrom("用户"), "user");
  });
});
