import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Writable } from "node:stream";
import { authLimits } from "#control/auth/limits.ts";
import { localPrincipal } from "#control/auth/principals.ts";
import { owaspParameters } from "#control/auth/passwords.ts";
import { isoTime, systemClock } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import { createLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { createAuthWorld, type AuthWorld } from "#test/support/auth-world.ts";
import { waitFor } from "#test/support/wait-for.ts";

const password = "correct horse battery";
const address = "192.0.2.1";
const failed = { code: "sign-in-failed" };
const month = 30 * 24 * 3600;

let world: AuthWorld;
before(async () => {
  world = await createAuthWorld({
    limits: { addressAttempts: { ...authLimits.addressAttempts, burst: 1000 } },
  });
  await world.signedIn("root", { owner: true });
});
after(() => world[Symbol.asyncDispose]());

const bySession = (secret: string) => world.auth.authenticate({ sessionSecret: secret, address });
const byToken = (secret: string) => world.auth.authenticate({ bearer: secret, address });

describe("the first administrator", () => {
  test("gets a fresh link at each start until an owner has signed in", async () => {
    await using fresh = await createAuthWorld();
    const { auth, by, from } = fresh;
    const first = await auth.ensureFirstAdministrator(by);
    // A token that the machine makes is no sign-in.
    const workers = { name: "workers", project: "shop", role: "operator", expiresInSeconds: 3_600 } as const;
    await auth.tokens.create(localPrincipal(0), workers, by);
    const second = await auth.ensureFirstAdministrator(by);
    assert.ok(first && second);
    assert.equal(second.user, "admin");
    assert.equal(second.url, `https://vdc.test/signin#link=${second.secret}`);
    await assert.rejects(auth.withLink(first.secret, from), failed);
    const { principal } = await auth.withLink(second.secret, from);
    assert.equal(principal.owner, true);
    assert.equal(await auth.ensureFirstAdministrator(by), undefined);
    await auth.account.signOut(principal, by);
    assert.equal(await auth.ensureFirstAdministrator(by), undefined);
  });

  test("is one user when two processes start at once, and is nobody who took the name before", async () => {
    await using fresh = await createAuthWorld();
    const { auth, by } = fresh;
    await auth.users.create({ name: "admin", title: "", owner: false }, by);
    const links = await Promise.all([
      auth.ensureFirstAdministrator(by),
      fresh.another().ensureFirstAdministrator(by),
    ]);
    assert.deepEqual([...new Set(links.map((link) => link?.user))], ["admin-2"]);
    assert.equal((await auth.users.get("admin")).owner, false);
  });
});

describe("a one-time link", () => {
  test("used twice at the same moment lets exactly one in", async () => {
    const { auth, by, from } = world;
    await auth.users.create({ name: "race", title: "", owner: false }, by);
    const { secret } = await auth.users.createLink("race", by);
    const other = world.another();
    const tries = [auth, other, auth, other].map((process) => process.withLink(secret, from));
    const token = { link: secret, tokenName: "cli", expiresInSeconds: month };
    const outcomes = await Promise.allSettled([...tries, auth.forToken(token, from)]);
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") assert.equal(outcome.reason.code, "sign-in-failed");
  });

  test("ends after a day, when a newer one is made, and when the password is changed", async () => {
    const { auth, by, from } = world;
    await auth.users.create({ name: "linked", title: "", owner: false }, by);
    const old = await auth.users.createLink("linked", by);
    const newer = await auth.users.createLink("linked", by);
    await assert.rejects(auth.withLink(old.secret, from), failed);
    const { principal } = await auth.withLink(newer.secret, from);
    const unused = await auth.users.createLink("linked", by);
    await auth.account.changePassword(principal, { password }, from);
    await assert.rejects(auth.withLink(unused.secret, from), failed);
    const late = await auth.users.createLink("linked", by);
    world.advance(authLimits.linkMs + 1);
    await assert.rejects(auth.withLink(late.secret, from), failed);
  });

  test("is not taken for a session or a token, nor they for it", async () => {
    const { auth, by, from } = world;
    const { secret } = await auth.users.createLink("linked", by);
    assert.equal(await bySession(secret), undefined);
    assert.equal(await byToken(secret), undefined);
    const opened = await auth.withLink(secret, from);
    assert.equal(await byToken(opened.secret), undefined);
    await assert.rejects(auth.withLink(opened.secret, from), failed);
  });
});

describe("a password", () => {
  test("opens a session with a secret of its own each time", async () => {
    const { auth, from } = world;
    const first = await world.signedIn("pam", { password });
    const second = await auth.withPassword({ user: "pam", password }, from);
    const third = await auth.withPassword({ user: "pam", password }, from);
    assert.equal(new Set([first.secret, second.secret, third.secret]).size, 3);
    assert.match(second.secret, /^vdcs_[\w-]{43}$/);
    assert.equal((await bySession(third.secret))?.userName, "pam");
  });

  test("that is wrong, of nobody, of a disabled user or of one without a password fails with one text", async () => {
    const { auth, by, from } = world;
    await world.signedIn("off", { password });
    await auth.users.change("off", { disabled: true }, by);
    await world.signedIn("bare");
    const tries = [
      { user: "pam", password: "wrong password" },
      { user: "nobody", password },
      { user: "off", password },
      { user: "bare", password },
      { user: "../Pam\0", password },
      { user: "", password: "" },
    ];
    const messages = new Set<string>();
    for (const given of tries) {
      await assert.rejects(auth.withPassword(given, from), (error: Error & { code?: string }) => {
        assert.equal(error.code, "sign-in-failed");
        messages.add(error.message);
        return true;
      });
    }
    assert.equal(messages.size, 1);
  });

  test("of nobody takes as long to refuse as a wrong one", async () => {
    await using costly = await createAuthWorld({ hashing: owaspParameters });
    await costly.signedIn("pam", { password });
    const { auth, from } = costly;
    const timed = async (user: string) => {
      const began = performance.now();
      await assert.rejects(auth.withPassword({ user, password: "wrong password" }, from), failed);
      return performance.now() - began;
    };
    const known: number[] = [];
    const unknown: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      known.push(await timed("pam"));
      unknown.push(await timed(`nobody-${round}`));
      costly.advance(60_000);
    }
    const median = (values: number[]) => values.toSorted((a, b) => a - b)[2] ?? 0;
    // Without the equal work the unknown one takes a tenth: a factor of three leaves room for a busy machine.
    assert.ok(median(unknown) > median(known) / 3, `${median(unknown)} ms against ${median(known)} ms`);
  });

  test("that is changed ends the other sessions and keeps this one and the tokens", async () => {
    const { auth, from, by } = world;
    const mine = await auth.withPassword({ user: "pam", password }, from);
    const other = await auth.withPassword({ user: "pam", password }, from);
    const token = await auth.tokens.create(mine.principal, { name: "ci", expiresInSeconds: month }, by);
    assert.ok(await bySession(other.secret));
    const change = { current: password, password: "another long password" };
    await auth.account.changePassword(mine.principal, change, from);
    assert.equal(await bySession(other.secret), undefined);
    assert.ok(await bySession(mine.secret));
    assert.ok(await byToken(token.secret));
    await assert.rejects(auth.withPassword({ user: "pam", password }, from), failed);
    await auth.account.changePassword(mine.principal, { current: change.password, password }, from);
  });

  test("is not changed without the current one, and guesses count", async () => {
    const { auth, from } = world;
    const { principal } = await auth.withPassword({ user: "pam", password }, from);
    await assert.rejects(auth.account.changePassword(principal, { password }, from), failed);
    const guess = { current: "a guess", password };
    const elsewhere = { address: "192.0.2.50" };
    for (let count = 0; count < authLimits.userAttempts.burst; count += 1)
      await assert.rejects(auth.account.changePassword(principal, guess, elsewhere), failed);
    const tooMany = { code: "too-many-requests" };
    await assert.rejects(auth.account.changePassword(principal, guess, elsewhere), tooMany);
    world.advance(authLimits.limiterKeepMs);
  });

  test("is hashed anew at the next sign-in when the parameters have grown", async () => {
    const { accounts, from } = world;
    await world.signedIn("rehashed", { password });
    const stored = async () => (await accounts.users.get("rehashed"))?.passwordHash;
    const old = await stored();
    const stronger = world.another({ hashing: { memoryKiB: 128, passes: 2, parallelism: 1 } });
    await stronger.withPassword({ user: "rehashed", password }, from);
    const renewed = async () => {
      const hash = await stored();
      return hash === old ? undefined : hash;
    };
    const newer = await waitFor(renewed, { withinMs: 5_000, what: "the new hash is stored" });
    assert.match(newer, /\$m=128,t=2,p=1\$/);
    assert.ok(await stronger.withPassword({ user: "rehashed", password }, from));
  });

  test("that was checked before it was changed opens nothing afterwards", async () => {
    const { auth, accounts, from, by } = world;
    const { principal } = await world.signedIn("quick", { password });
    const stale = await accounts.users.get("quick");
    assert.ok(stale?.passwordHash);
    const change = { current: password, password: "another long password" };
    await auth.account.changePassword(principal, change, from);
    const proof = { method: "password", passwordHash: stale.passwordHash } as const;
    const [session] = await accounts.sessions.ofUser(stale.id);
    assert.ok(session);
    const late = { ...session, id: newId("session", systemClock, systemRandom), secretHash: "late" };
    assert.equal(await accounts.sessions.open(late, proof, by), false);
    const end = isoTime(Date.parse(session.createdAt) + 1000);
    const token = {
      ...session,
      id: newId("token", systemClock, systemRandom),
      name: "t",
      secretHash: "late",
    };
    assert.equal(await accounts.tokens.create({ ...token, expiresAt: end }, proof, by), false);
    assert.equal((await accounts.sessions.ofUser(stale.id)).length, 1);
  });

  test("that was forgotten is replaced by a fresh session that came by link, and by no other", async () => {
    const { auth, from, by } = world;
    const replacement = { password: "a quite new password" };
    const bypassword = await auth.withPassword({ user: "pam", password }, from);
    await assert.rejects(auth.account.changePassword(bypassword.principal, replacement, from), failed);
    const { secret } = await auth.users.createLink("pam", by);
    const opened = await auth.withLink(secret, from);
    await auth.account.changePassword(opened.principal, replacement, from);
    world.advance(authLimits.passwordResetMs + 1);
    await assert.rejects(auth.account.changePassword(opened.principal, { password }, from), failed);
    await auth.account.changePassword(opened.principal, { current: replacement.password, password }, from);
  });
});

describe("a session", () => {
  test("ends when it was idle for twelve hours, and after seven days of use", async () => {
    const { accounts } = world;
    const idle = await world.signedIn("idle");
    world.advance(authLimits.sessionIdleMs + 60_000);
    assert.equal(await bySession(idle.secret), undefined);
    const used = await world.signedIn("used");
    for (let hours = 0; hours < 7 * 24 - 11; hours += 11) {
      world.advance(11 * 3_600_000);
      const principal = await bySession(used.secret);
      assert.ok(principal, `after ${hours + 11} hours`);
      await waitFor(
        async () => {
          const [session] = await accounts.sessions.ofUser(String(principal.userId));
          const ends = Date.parse(session?.lastSeenAt ?? "") + authLimits.sessionIdleMs;
          return (
            Math.abs(ends - Date.parse(String(principal.expiresAt))) < 60_000 ||
            ends > Date.parse(String(session?.expiresAt)) ||
            undefined
          );
        },
        { withinMs: 5_000, what: "the last use is written" },
      );
    }
    world.advance(11 * 3_600_000);
    assert.equal(await bySession(used.secret), undefined);
  });

  test("is listed, ended and signed out by its user only, at once", async () => {
    const { auth, by } = world;
    const one = await world.signedIn("one");
    const link = await auth.users.createLink("one", by);
    const two = await auth.withLink(link.secret, { address: "192.0.2.7", userAgent: "x".repeat(1000) });
    const listed = await auth.account.sessions(one.principal);
    assert.deepEqual(new Set(listed.map(({ current }) => current)), new Set([false, true]));
    assert.equal(listed.find(({ current }) => !current)?.userAgent?.length, authLimits.userAgentCharacters);
    const foreign = await world.signedIn("foreign");
    const id = String(two.principal.credentialId);
    assert.ok(await bySession(two.secret));
    await assert.rejects(auth.account.endSession(foreign.principal, id, by), { code: "not-found" });
    assert.ok(await bySession(two.secret));
    await auth.account.endSession(one.principal, id, by);
    assert.equal(await bySession(two.secret), undefined);
    await auth.account.signOut(one.principal, by);
    assert.equal(await bySession(one.secret), undefined);
  });

  test("is one of fifty at most: the one that was not used for longest gives way", async () => {
    const { auth, by } = world;
    const first = await world.signedIn("many");
    const user = await world.accounts.users.get("many");
    assert.ok(user);
    const [one] = await world.store.db
      .selectFrom("sessions")
      .selectAll()
      .where("user_id", "=", user.id)
      .execute();
    assert.ok(one);
    const later = isoTime(Date.parse(one.last_seen_at) + 1000);
    const others = Array.from({ length: 49 }, (_, index) => `ses_${index}`);
    const rows = others.map((id) => ({ ...one, id, secret_hash: id, last_seen_at: later }));
    await world.store.db.insertInto("sessions").values(rows).execute();
    assert.ok(await bySession(first.secret));
    await auth.withLink((await auth.users.createLink("many", by)).secret, world.from);
    assert.equal((await world.accounts.sessions.ofUser(user.id)).length, 50);
    assert.equal(await bySession(first.secret), undefined);
  });
});

describe("users", () => {
  test("who are disabled or deleted stop at once, with sessions, tokens and links", async () => {
    const { auth, by, from } = world;
    for (const end of ["disable", "delete"] as const) {
      const name = `gone-${end}`;
      const opened = await world.signedIn(name, { password });
      const token = await auth.tokens.create(opened.principal, { name: "ci", expiresInSeconds: month }, by);
      const link = await auth.users.createLink(name, by);
      assert.ok(await bySession(opened.secret));
      assert.ok(await byToken(token.secret));
      if (end === "disable") await auth.users.change(name, { disabled: true }, by);
      else await auth.users.delete(name, by);
      assert.equal(await bySession(opened.secret), undefined);
      assert.equal(await byToken(token.secret), undefined);
      await assert.rejects(auth.withLink(link.secret, from), failed);
      await assert.rejects(auth.withPassword({ user: name, password }, from), failed);
    }
    await assert.rejects(auth.users.createLink("gone-disable", by), { code: "conflict" });
    await auth.users.change("gone-disable", { disabled: false }, by);
    assert.ok(await auth.withPassword({ user: "gone-disable", password }, from));
    await assert.rejects(auth.users.get("gone-delete"), { code: "not-found" });
  });

  test("who were deleted leave their name to nobody", async () => {
    const { auth, by } = world;
    const user = { name: "gone-delete", title: "", owner: false };
    await assert.rejects(auth.users.create(user, by), { code: "already-exists", message: /was deleted/ });
    await assert.rejects(auth.users.create({ ...user, name: "root" }, by), { code: "already-exists" });
  });

  test("always have an enabled owner among them, whatever two owners do at once", async () => {
    await using fresh = await createAuthWorld();
    const { auth, by } = fresh;
    await fresh.signedIn("a", { owner: true });
    const conflict = { code: "conflict", message: /'a' is the last enabled owner/ };
    await assert.rejects(auth.users.delete("a", by), conflict);
    await assert.rejects(auth.users.change("a", { disabled: true }, by), conflict);
    await assert.rejects(auth.users.change("a", { owner: false }, by), conflict);
    const verbs = (await fresh.store.audit.list({ after: 0, limit: 100 })).map(({ verb }) => verb);
    assert.deepEqual(verbs, ["create", "create", "sign-in"], "a refused change leaves no record of a change");
    await fresh.signedIn("b", { owner: true });
    const outcomes = await Promise.allSettled([
      auth.users.change("a", { owner: false }, by),
      fresh.another().users.delete("b", by),
    ]);
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    const owners = (await auth.users.list()).filter(({ owner, disabled }) => owner && !disabled);
    assert.equal(owners.length, 1);
    await fresh.signedIn("c", { owner: true });
    await auth.users.change("c", { disabled: true }, by);
    await assert.rejects(auth.users.delete(String(owners[0]?.name), by), { code: "conflict" });
  });
});

describe("records", () => {
  test("tell who signed in and who was refused, in audit and events, and never hold a secret", async () => {
    await using fresh = await createAuthWorld();
    let logged = "";
    const destination = new Writable({
      write: (chunk, _encoding, done) => {
        logged += String(chunk);
        done();
      },
    });
    const auth = fresh.another({ log: createLog({ part: "test", level: "debug", destination }) });
    const { by, store } = fresh;
    const from = { address: "192.0.2.77", requestId: "req_1" };
    await auth.users.create({ name: "rec", title: "", owner: true }, by);
    const link = await auth.users.createLink("rec", by);
    const { principal, secret } = await auth.withLink(link.secret, from);
    await auth.account.changePassword(principal, { password }, from);
    await assert.rejects(auth.withPassword({ user: "rec", password: "guess of password" }, from), failed);
    await assert.rejects(auth.withPassword({ user: "y".repeat(500), password }, from), failed);
    const token = await auth.forToken(
      { user: "rec", password, tokenName: "cli", expiresInSeconds: 60 },
      from,
    );
    const audit = await store.audit.list({ after: 0, limit: 100 });
    const signIns = audit.filter(({ verb }) => verb === "sign-in");
    assert.deepEqual(
      signIns.map(({ outcome, target, actor }) => [outcome, target.name.slice(0, 4), actor.name]),
      [
        ["done", "rec", "rec"],
        ["refused", "rec", "auth"],
        ["refused", "yyyy", "auth"],
        ["done", "rec", "rec"],
      ],
    );
    assert.ok(signIns.every((entry) => entry.address === from.address && entry.requestId === "req_1"));
    assert.equal(signIns[2]?.target.name.length, authLimits.typedNameCharacters);
    const events = await store.events.list({ limit: 100 });
    assert.equal(events.filter(({ type }) => type === "user.signed-in").length, 2);
    assert.ok(events.every(({ actor }) => actor !== undefined));
    const everything =
      JSON.stringify([audit, events, await store.db.selectFrom("users").selectAll().execute()]) + logged;
    assert.match(logged, /auth.sign-in.refused/);
    for (const hidden of [password, "guess of password", secret, token.secret, link.secret])
      assert.ok(!everything.includes(hidden), "a secret was written down");
  });

  test("of refused sign-ins are bounded, and what was left out is counted", async () => {
    const limits = {
      addressAttempts: { ...authLimits.addressAttempts, burst: 1000 },
      refusals: { burst: 3, refillMs: 60_000 },
    };
    await using fresh = await createAuthWorld({ limits });
    const { auth, store, from } = fresh;
    for (let count = 0; count < 8; count += 1) await assert.rejects(auth.withLink("nonsense", from), failed);
    fresh.advance(60_000);
    await assert.rejects(auth.withLink("nonsense", from), failed);
    const entries = await store.audit.list({ after: 0, limit: 100 });
    assert.equal(entries.length, 4);
    assert.equal(entries.at(-1)?.detail?.["unrecordedBefore"], 5);
  });
});

describe("attempts", () => {
  test("that fail too often say how long to wait, and others are not held up", async () => {
    await using fresh = await createAuthWorld();
    const { auth } = fresh;
    await fresh.signedIn("vic", { password });
    const attacker = { address: "203.0.113.66" };
    const guess = { user: "vic", password: "a wrong guess" };
    for (let count = 0; count < authLimits.addressAttempts.burst; count += 1)
      await assert.rejects(auth.withPassword(guess, attacker), failed);
    await assert.rejects(auth.withPassword(guess, attacker), {
      code: "too-many-requests",
      extra: { retryAfterSeconds: 10 },
    });
    await assert.rejects(auth.withLink("nonsense", attacker), { code: "too-many-requests" });
    assert.ok(await auth.withPassword({ user: "vic", password }, { address: "198.51.100.1" }));
  });

  test("beyond those that may wait for a hash are turned away as busy", async () => {
    const limits = {
      hashesAtOnce: 1,
      hashesWaiting: 2,
      addressAttempts: { ...authLimits.addressAttempts, burst: 1000 },
    };
    await using fresh = await createAuthWorld({ limits, hashing: owaspParameters });
    const tries = Array.from({ length: 6 }, (_, index) =>
      fresh.auth.withPassword({ user: `u${index}`, password }, fresh.from),
    );
    const codes = (await Promise.allSettled(tries)).map((outcome) =>
      outcome.status === "rejected" ? outcome.reason.code : "in",
    );
    assert.equal(codes.filter((code) => code === "busy").length, 3);
    assert.equal(codes.filter((code) => code === "sign-in-failed").length, 3);
  });
});

test("what ended long ago is pruned, what is alive stays", async () => {
  await using fresh = await createAuthWorld();
  const { auth, by } = fresh;
  const { principal } = await fresh.signedIn("old");
  await auth.tokens.create(principal, { name: "short", expiresInSeconds: 60 }, by);
  const long = await auth.tokens.create(principal, { name: "long", expiresInSeconds: 300 * 24 * 3600 }, by);
  fresh.advance(authLimits.keepEndedMs + authLimits.sessionMs + 1);
  assert.equal(await auth.prune(), 3);
  assert.equal(await auth.prune(), 0);
  assert.ok(await auth.authenticate({ bearer: long.secret, address }));
});
