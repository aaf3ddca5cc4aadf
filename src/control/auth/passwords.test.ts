import assert from "node:assert/strict";
import { argon2Sync } from "node:crypto";
import { describe, test } from "node:test";
import { createPasswords, owaspParameters } from "#control/auth/passwords.ts";
import { systemRandom as random } from "#lib/random.ts";

const limits = { hashesAtOnce: 1, hashesWaiting: 2 };
const cheap = { memoryKiB: 64, passes: 1, parallelism: 1 };

describe("passwords", () => {
  test("are kept as argon2id with the parameters of OWASP, each with a salt of its own", async () => {
    const passwords = createPasswords({ random, limits, parameters: owaspParameters });
    const stored = await passwords.hash("open sesame");
    assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    assert.notEqual(await passwords.hash("open sesame"), stored);
    assert.deepEqual(await passwords.verify("open sesame", stored), { matches: true, stale: false });
    assert.deepEqual(await passwords.verify("open sesam", stored), { matches: false, stale: false });
  });

  test("in the PHC form can be checked by anybody's argon2id", async () => {
    const stored = await createPasswords({ random, limits, parameters: cheap }).hash("open sesame");
    const [, , , , salt = "", hash = ""] = stored.split("$");
    const nonce = Buffer.from(salt, "base64");
    const expected = argon2Sync("argon2id", {
      message: "open sesame",
      nonce,
      parallelism: 1,
      tagLength: 32,
      memory: 64,
      passes: 1,
    });
    assert.equal(hash, expected.toString("base64").replaceAll("=", ""));
  });

  test("hashed with older parameters still match, and are said to be stale", async () => {
    const stored = await createPasswords({ random, limits, parameters: cheap }).hash("open sesame");
    const passwords = createPasswords({ random, limits, parameters: { ...cheap, passes: 2 } });
    assert.deepEqual(await passwords.verify("open sesame", stored), { matches: true, stale: true });
    assert.deepEqual(await passwords.verify("wrong", stored), { matches: false, stale: false });
  });

  test("match nothing where none is stored", async () => {
    const passwords = createPasswords({ random, limits, parameters: cheap });
    assert.deepEqual(await passwords.verify("", undefined), { matches: false, stale: false });
  });

  test("match in whatever code points the keyboard sends them", async () => {
    const passwords = createPasswords({ random, limits, parameters: cheap });
    const stored = await passwords.hash("Caf\u00e9 au lait");
    assert.equal((await passwords.verify("Cafe\u0301 au lait", stored)).matches, true);
  });

  test("wait in a bounded line, and places come free also after failures", async () => {
    const passwords = createPasswords({ random, limits, parameters: cheap });
    const tries = Array.from({ length: 5 }, () => passwords.hash("open sesame"));
    const outcomes = await Promise.allSettled(tries);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "fulfilled", "fulfilled", "rejected", "rejected"],
    );
    const refused = outcomes.at(-1);
    assert.equal(refused?.status === "rejected" && refused.reason.code, "busy");
    await assert.rejects(passwords.verify("open sesame", "not a PHC string"), { name: "AssertionFault" });
    assert.ok(await passwords.hash("open sesame"));
  });
});
