import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemActor } from "#api/actor.ts";
import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import { openTestStore, runSql, type TestStore } from "#test/support/store.ts";
import { createAppAccounts } from "./app-accounts.ts";
import { seal, unseal } from "./sealed-box.ts";
import { createSecrets, keptVersions, type Secrets } from "./secrets.ts";

const by = { actor: systemActor("test") };
const key = new Uint8Array(32).fill(3);
const place = { project: "shop", name: "password", version: 1 };

describe("a sealed value", () => {
  it("opens again at its own place with its own key", () => {
    const box = seal(key, "geheim é", place, systemRandom);
    assert.equal(unseal(key, box, place), "geheim é");
    assert.ok(!box.includes("geheim"));
  });

  it("does not open at another place, with another key, changed or cut", () => {
    const box = seal(key, "geheim", place, systemRandom);
    const changed = Buffer.from(box);
    changed[14] = (changed[14] ?? 0) ^ 1;
    const others = [
      () => unseal(key, box, { ...place, version: 2 }),
      () => unseal(key, box, { ...place, project: "other" }),
      () => unseal(key, box, { ...place, name: "passwor" }),
      () => unseal(new Uint8Array(32).fill(4), box, place),
      () => unseal(key, changed, place),
      () => unseal(key, box.subarray(0, 20), place),
    ];
    for (const open of others) assert.throws(open, { code: "unavailable" });
  });

  it("is never the same box twice", () => {
    assert.notDeepEqual(seal(key, "a", place, systemRandom), seal(key, "a", place, systemRandom));
  });
});

describe("the store of secrets", () => {
  let shared: TestStore;
  let secrets: Secrets;
  before(async () => {
    shared = await openTestStore();
    secrets = createSecrets({ store: shared.store, key, clock: systemClock, random: systemRandom });
    const project = { kind: "project", name: "shop", labels: {}, spec: {} };
    await shared.store.resources.apply(project, { by });
  });
  after(async () => await shared[Symbol.asyncDispose]());

  const set = async (name: string, value: string) => await secrets.set({ project: "shop", name, value }, by);

  it("makes the secret with its first value, counts its versions and gives each of them", async () => {
    assert.equal(await set("desk", "one"), 1);
    assert.equal(await set("desk", "two"), 2);
    assert.deepEqual(await secrets.read("shop", "desk"), { version: 2, value: "two" });
    assert.deepEqual(await secrets.read("shop", "desk", 1), { version: 1, value: "one" });
    assert.equal(await secrets.read("shop", "desk", 3), undefined);
    assert.equal(await secrets.read("shop", "other"), undefined);
    const resource = await shared.store.resources.get({ kind: "secret", project: "shop", name: "desk" });
    assert.equal(resource?.status["version"], 2);
  });

  it("gives every one of many values that come at once a version of its own", async () => {
    const versions = await Promise.all(Array.from({ length: 12 }, (_, at) => set("busy", `value ${at}`)));
    assert.deepEqual(
      versions.toSorted((a, b) => a - b),
      Array.from({ length: 12 }, (_, at) => at + 1),
    );
  });

  it("leaves no value in any table, event or audit entry", async () => {
    await set("quiet", "correct-horse-battery");
    const tables = ["resources", "changes", "events", "audit", "operations", "secret_versions"];
    for (const table of tables) {
      const rows = await runSql(shared.url, `SELECT * FROM ${table}`);
      const text = JSON.stringify(rows, (_, value: unknown) =>
        Buffer.isBuffer(value) ? value.toString("latin1") : value,
      );
      assert.ok(!text.includes("correct-horse-battery"), table);
    }
    const audit = await shared.store.audit.list({ projects: ["shop"], limit: 5 });
    assert.ok(audit.some(({ verb, target }) => verb === "set" && target.name === "quiet"));
  });

  it("refuses a value for a secret that is being deleted, and forgets all values of one that is removed", async () => {
    await set("gone", "one");
    const resource = { kind: "secret", project: "shop", name: "gone" };
    await shared.store.resources.delete(resource, { by });
    await assert.rejects(async () => await set("gone", "two"), { code: "deleting" });
    await secrets.removeAll("shop", "gone");
    await shared.store.resources.finalize(resource, { by });
    assert.equal(await secrets.read("shop", "gone"), undefined);
    assert.equal(await set("gone", "anew"), 1);
  });

  it("keeps the newest versions and those that are named", async () => {
    for (let at = 0; at < keptVersions + 5; at += 1) await set("old", `value ${at}`);
    assert.equal(await secrets.prune("shop", "old", new Set([2])), 4);
    const versions = (await secrets.versions("shop", "old")).map(({ version }) => version);
    assert.equal(versions.length, keptVersions + 1);
    assert.equal(versions.at(-1), 2);
  });

  it("refuses a value that is too large", async () => {
    await assert.rejects(async () => await set("large", "x".repeat(65_537)), { code: "too-large" });
  });

  it("gives each app of a machine a number of its own, the same each time", async () => {
    const accounts = createAppAccounts(shared.store, by);
    const of = async (app: string, machine = "here") =>
      await accounts.numberOf({ machine, project: "shop", app });
    const numbers = await Promise.all(["a", "b", "c", "a", "b"].map((app) => of(app)));
    assert.equal(new Set(numbers).size, 3);
    assert.equal(numbers[0], numbers[3]);
    assert.equal(await of("a"), numbers[0]);
    assert.equal(await of("z", "there"), 0);
  });

  it("gives the numbers of a project that is gone to others", async () => {
    const accounts = createAppAccounts(shared.store, by);
    const brief = { kind: "project", name: "brief", labels: {}, spec: {} };
    await shared.store.resources.apply(brief, { by });
    const first = await accounts.numberOf({ machine: "third", project: "brief", app: "a" });
    await shared.store.resources.delete({ kind: "project", name: "brief" }, { by });
    await shared.store.resources.finalize({ kind: "project", name: "brief" }, { by });
    assert.equal(await accounts.numberOf({ machine: "third", project: "shop", app: "b" }), first);
  });
});
