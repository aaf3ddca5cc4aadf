import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "#api/records.ts";
import { changeText } from "./feed-text.ts";

test("the text of a change is printed once and is its JSON", () => {
  let printed = 0;
  const counted = { toJSON: () => (printed += 1) };
  const change = {
    revision: 1,
    type: "created",
    kind: "project",
    name: "a",
    object: counted,
  } as unknown as Change; // prints like one
  assert.equal(changeText(change), '{"revision":1,"type":"created","kind":"project","name":"a","object":1}');
  assert.equal(changeText(change), changeText(change));
  assert.equal(printed, 1);
});
