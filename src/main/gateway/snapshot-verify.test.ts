import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "#lib/clock.ts";
import { checksumOf, openSnapshot, sealSnapshot } from "#traffic/sealed-snapshot.ts";
import { snapshotContentSchema } from "#traffic/snapshot.ts";
import { verifySnapshot } from "./snapshot-verify.ts";

const apps = 300;
const content = snapshotContentSchema.parse({
  routes: Array.from({ length: apps }, (_, at) => ({
    id: `p/r${at}`,
    project: "p",
    name: `r${at}`,
    hosts: [`r${at}.localhost`],
    policy: {},
    backends: [{ pool: `p/a${at}/web`, weight: 1 }],
  })),
  pools: Array.from({ length: apps }, (_, at) => ({
    id: `p/a${at}/web`,
    project: "p",
    app: `a${at}`,
    component: "web",
    policy: {},
    members: [{ id: `i${at}`, name: "x", address: "127.0.0.1", port: 1 + at, state: "active", group: "1" }],
  })),
  certificates: [{ id: "c", hosts: ["*.localhost"], fingerprint: "0".repeat(64) }],
  challenges: [{ host: "a.example.org", token: "t", answer: "t.k" }],
});
const text = JSON.stringify(sealSnapshot(content, { version: 3, checksum: checksumOf(content), now: 0 }));

describe("a snapshot that is verified in slices", () => {
  it("is what one that is opened at once is", async () => {
    const verified = await verifySnapshot(text, systemClock);
    assert.ok(verified.ok);
    assert.deepEqual(verified.snapshot, openSnapshot(text).snapshot);
  });

  it("lets others have their turn", async () => {
    let turns = 0;
    let isOver = false;
    const other = () => {
      turns += 1;
      if (!isOver) setImmediate(other);
    };
    // Every look at the clock uses a slice up.
    let now = 0;
    const clock = { ...systemClock, monotonic: () => (now += 10) };
    other();
    assert.ok((await verifySnapshot(text, clock)).ok);
    isOver = true;
    assert.ok(turns >= 2 * apps, String(turns));
  });

  it("is refused for whatever the schema or the checksum does not fit, as one that is opened at once is", async () => {
    const spoil = (change: (snapshot: Record<string, unknown>) => void) => {
      const value = JSON.parse(text) as Record<string, unknown>; // an object, as it was sealed
      change(value);
      return JSON.stringify(value);
    };
    const inside = (key: string, value: unknown) => (snapshot: Record<string, unknown>) => {
      snapshot["content"] = { ...(snapshot["content"] as object), [key]: value }; // an object, as above
    };
    const spoiled = [
      "",
      "null",
      "[]",
      text.slice(1),
      text.replace("r7.localhost", "r7_localhost"),
      text.replace("r7.localhost", "r8.localhost"),
      spoil((snapshot) => (snapshot["extra"] = 1)),
      spoil((snapshot) => delete snapshot["content"]),
      spoil(inside("extra", [])),
      spoil(inside("pools", {})),
      spoil(inside("challenges", undefined)),
    ];
    for (const each of spoiled) {
      assert.equal((await verifySnapshot(each, systemClock)).ok, false, each.slice(0, 80));
      assert.equal(openSnapshot(each).snapshot, undefined);
    }
  });
});
