import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { VdcError } from "#api/errors.ts";
import { authLimits } from "#control/auth/limits.ts";
import { createAuthWorld, type AuthWorld } from "#test/support/auth-world.ts";

const address = "192.0.2.1";
const verifier = "v".repeat(43);
const challenge = createHash("sha256").update(verifier).digest("base64url");
const leave = { project: "album", app: "darkroom", challenge };

let world: AuthWorld;
before(async () => {
  world = await createAuthWorld({
    limits: { addressAttempts: { ...authLimits.addressAttempts, burst: 1000 } },
  });
});
after(() => world[Symbol.asyncDispose]());

const refused = (error: unknown) => error instanceof VdcError && error.code === "sign-in-failed";

describe("an app that signs a user in", () => {
  test("gets a token of the user for its own project, below administrators", async () => {
    const { auth, by } = world;
    const { principal } = await world.signedIn("ida", { owner: true });
    const code = await auth.apps.authorize(principal, leave, by);
    assert.match(code, /^vdca_[\w-]{43}$/);
    const { token, secret } = await auth.apps.token({ code, verifier }, { address });
    assert.deepEqual([token.user, token.project, token.role], ["ida", "album", "operator"]);
    const known = await auth.authenticate({ bearer: secret, address });
    assert.equal(known?.owner, false, "an owner's token for one project is no owner's");
    world.advance(authLimits.appTokenMs);
    assert.equal(await auth.authenticate({ bearer: secret, address }), undefined);
  });

  test("fetches it once, in time, and only with the secret that it began with", async () => {
    const { auth, by } = world;
    const { principal } = await world.signedIn("kim");
    const used = await auth.apps.authorize(principal, leave, by);
    const both = await Promise.allSettled([
      auth.apps.token({ code: used, verifier }, { address }),
      auth.apps.token({ code: used, verifier }, { address }),
    ]);
    assert.deepEqual(both.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
    const stolen = await auth.apps.authorize(principal, leave, by);
    await assert.rejects(auth.apps.token({ code: stolen, verifier: "w".repeat(43) }, { address }), refused);
    await assert.rejects(auth.apps.token({ code: stolen, verifier }, { address }), refused);
    const late = await auth.apps.authorize(principal, leave, by);
    world.advance(authLimits.appCodeMs);
    await assert.rejects(auth.apps.token({ code: late, verifier }, { address }), refused);
  });

  test("cannot pass the leave on, and holds a bounded number of tokens", async () => {
    const { auth, by } = world;
    const { principal } = await world.signedIn("lou");
    for (let round = 0; round < authLimits.tokensPerApp + 2; round += 1) {
      const code = await auth.apps.authorize(principal, leave, by);
      await auth.apps.token({ code, verifier }, { address });
    }
    const tokens = await auth.tokens.list(principal, false);
    assert.equal(tokens.length, authLimits.tokensPerApp);
    const code = await auth.apps.authorize(principal, leave, by);
    const { secret } = await auth.apps.token({ code, verifier }, { address });
    const scoped = await auth.authenticate({ bearer: secret, address });
    assert.ok(scoped);
    await assert.rejects(auth.apps.authorize(scoped, leave, by), /limited/);
  });
});
