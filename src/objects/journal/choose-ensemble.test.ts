import assert from "node:assert/strict";
import { test } from "node:test";
import type { DriveState } from "#objects/records.ts";
import { chooseEnsemble } from "#objects/journal/choose-ensemble.ts";

const drives = (...states: (DriveState | "penalized")[]) =>
  states.map((state, number) =>
    state === "penalized"
      ? { number, state: "ok" as const, isPenalized: true }
      : { number, state, isPenalized: false },
  );
const choose = (of: ReturnType<typeof drives>, rotation = 0) =>
  chooseEnsemble(of, { copies: 3, acks: 2, rotation });

test("an ensemble is made of good drives, and segments take turns", () => {
  const six = drives("ok", "ok", "ok", "ok", "ok", "ok");
  assert.deepEqual(choose(six), [0, 1, 2]);
  assert.deepEqual(choose(six, 4), [4, 5, 0]);
});

test("a full drive takes copies before a suspect one, and a suspect one only when too few are left", () => {
  assert.deepEqual(choose(drives("full", "ok", "ok")), [1, 2, 0]);
  assert.deepEqual(choose(drives("suspect", "ok", "ok", "penalized")), [1, 2]);
  assert.deepEqual(choose(drives("suspect", "ok", "penalized")), [1, 2]);
});

test("a drive that is gone, foreign, stale, read-only or failed is never chosen", () => {
  assert.equal(choose(drives("missing", "wrong", "stale", "readonly", "failed", "ok")), undefined);
});
