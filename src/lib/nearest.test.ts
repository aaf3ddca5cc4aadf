import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nearest } from "./nearest.ts";

const words = ["project", "machine", "operation", "event", "session", "token", "user"];
const word = fc.constantFrom(...words);
const letter = fc.string({ minLength: 1, maxLength: 1, unit: fc.constantFrom("a", "e", "q", "x", "z") });

test("a word with one letter wrong, missing, added or swapped with its neighbour is told", () => {
  const typed = { wrong: "projext", missing: "machne", added: "operrations", swapped: "evnet", short: "usr" };
  assert.deepEqual(
    Object.values(typed).map((each) => nearest(each, words)),
    ["project", "machine", "operation", "event", "user"],
  );
});

test("any single slip of the hand is forgiven", () => {
  const slip = fc.constantFrom("swap", "drop", "add", "change");
  fc.assert(
    fc.property(word, slip, fc.nat(), letter, (meant, kind, place, other) => {
      const at = place % (meant.length - 1);
      const rest = meant.slice(at + 1);
      const typed = {
        swap: meant.slice(0, at) + meant.charAt(at + 1) + meant.charAt(at) + meant.slice(at + 2),
        drop: meant.slice(0, at) + rest,
        add: meant.slice(0, at) + other + meant.slice(at),
        change: meant.slice(0, at) + other + rest,
      }[kind];
      assert.equal(nearest(typed, words), meant);
    }),
  );
});

test("upper and lower case are no difference, and the candidate comes as it is written", () => {
  assert.equal(nearest("INSTANCE", ["cpuMillicores", "Instances"]), "Instances");
});

test("a word that is far from all candidates is nobody's misspelling", () => {
  for (const far of ["", "x", "zzzzzzz", "projectile-weapons", "a".repeat(5000)])
    assert.equal(nearest(far, words), undefined, far);
  assert.equal(nearest("project", []), undefined);
});

test("the nearest of several wins, and of equals the first", () => {
  assert.equal(nearest("machines", ["matches", "machine", "machined"]), "machine");
  assert.equal(nearest("tokes", ["tokens", "token", "toke"]), "tokens");
});

test("an endless word costs no more than its beginning", () => {
  assert.equal(nearest("m".repeat(5_000_000), ["machine", "m".repeat(64)]), "m".repeat(64));
});
