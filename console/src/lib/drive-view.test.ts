import assert from "node:assert/strict";
import { test } from "node:test";
import { storeStatusSchema } from "#api/objects.ts";
import { driveStatusSchema } from "#api/kinds/drive.ts";
import {
  driveFill,
  driveState,
  givingUp,
  layoutWords,
  marginWords,
  storePhase,
} from "#console/lib/drive-view.ts";

test("every state that a drive can have is said in words of its own", () => {
  const texts = driveStatusSchema.shape.phase.unwrap().options.map((phase) => driveState(phase).text);
  assert.equal(new Set(texts).size, texts.length);
  assert.equal(driveState("never-heard-of").text, "never-heard-of");
});

test("the fill of a drive is a share of its file system, and the headroom is marked at its end", () => {
  const { used, mark, words } = driveFill({ totalBytes: 1000, freeBytes: 250, headroomBytes: 100 });
  assert.deepEqual([used, mark], [0.75, 0.9]);
  assert.equal(words, "250 B free of 1000 B");
  assert.equal(driveFill({ totalBytes: 0, freeBytes: 0 }).words, "size unknown");
});

test("the margin is good when it is all that the layout gives, then a warning, then bad", () => {
  const layout = { k: 4, m: 2, copies: 3 };
  assert.deepEqual(
    [2, 1, 0].map((margin) => marginWords(margin, layout).tone),
    ["good", "warn", "bad"],
  );
  assert.equal(marginWords(0, { k: 1, m: 0, copies: 1 }).tone, "warn", "one drive never had any");
  assert.equal(marginWords(2, layout).text, "2 more drives may be lost");
});

test("the layout is said as data and parity, as copies, or as one copy", () => {
  assert.match(layoutWords({ k: 4, m: 2, copies: 3 }), /^4 data \+ 2 parity/);
  assert.match(layoutWords({ k: 1, m: 1, copies: 2 }), /^2 copies/);
  assert.match(layoutWords({ k: 1, m: 0, copies: 1 }), /^one copy/);
});

test("giving the last redundant drive up says that objects would be lost", () => {
  const drive = { number: 0, shards: 3, segments: 1 };
  const others = [
    { number: 0, state: "ok" },
    { number: 1, state: "ok" },
    { number: 2, state: "missing" },
  ];
  const texts = (margin: number) => givingUp(drive, margin, others).map(({ text }) => text);
  assert.match(
    texts(0).join(" "),
    /3 shards and 1 journal segment are rebuilt on 1 other drive that is well/,
  );
  assert.match(texts(0).at(-1) ?? "", /lost for good/);
  assert.match(texts(1).at(-1) ?? "", /no further drive/);
  assert.match(texts(2).at(-1) ?? "", /1 more drive may be lost, not 2/);
});

test("every phase of the store has its words", () => {
  for (const phase of storeStatusSchema.shape.phase.options) assert.notEqual(storePhase(phase).text, "");
});
