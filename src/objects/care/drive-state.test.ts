import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nextCondition, type DriveCondition, type DriveObservation } from "./drive-state.ts";

const gib = 1024 ** 3;
const well: DriveObservation = {
  wanted: "active",
  verdict: { state: "ok" },
  totalBytes: 100 * gib,
  freeBytes: 50 * gib,
  troubles: 0,
  oldestCallMs: 0,
};

/** The states of a drive that is looked at once a second. */
function states(looks: readonly Partial<DriveObservation>[]): readonly string[] {
  let condition: DriveCondition = { state: "ok", since: 0 };
  return looks.map((look, second) => {
    const now = { wall: second * 1_000, monotonic: second * 1_000 };
    condition = nextCondition(condition, { ...well, ...look }, now);
    return condition.state;
  });
}

describe("the state of a drive", () => {
  it("becomes suspect by many troubles or one call that hangs, not by one, and is well again only after a calm time", () => {
    assert.deepEqual(states([{ troubles: 2 }, {}]), ["ok", "ok"]);
    const after = states([{ troubles: 3 }, ...Array.from({ length: 20 }, () => ({}))]);
    assert.equal(after.lastIndexOf("suspect"), 15);
    assert.equal(after.at(-1), "ok");
    assert.deepEqual(states([{ oldestCallMs: 1_500 }, { probe: "failed" }]), ["suspect", "suspect"]);
  });

  it("is missing or wrong as its identity says, and back as soon as it is right again", () => {
    const missing = { verdict: { state: "missing", reason: "?" } } as const;
    const wrong = { verdict: { state: "wrong", reason: "?" } } as const;
    assert.deepEqual(states([missing, wrong, {}]), ["missing", "wrong", "ok"]);
  });

  it("is full below the headroom, and takes writes again only when there is clearly room", () => {
    const free = (gibibytes: number) => ({ freeBytes: gibibytes * gib });
    assert.deepEqual(states([free(2.1), free(1.9), free(2.1), free(2.6)]), ["ok", "full", "full", "ok"]);
  });

  it("is full also when only writes find no room, as under a quota", () => {
    assert.deepEqual(states([{ probe: "no-space" }, { probe: "no-space" }, { probe: "good" }]), [
      "full",
      "full",
      "ok",
    ]);
  });

  it("is read-only until a write works again, and what the operator wants comes before what is seen", () => {
    assert.deepEqual(states([{ probe: "read-only" }, {}, { probe: "good" }]), ["readonly", "readonly", "ok"]);
    assert.deepEqual(states([{ wanted: "failed" }, { wanted: "drained" }, {}]), ["failed", "draining", "ok"]);
  });
});
