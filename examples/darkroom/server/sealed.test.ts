import assert from "node:assert/strict";
import { test } from "node:test";
import { Seal } from "./sealed.ts";

test("a sealed text opens with its key and for its purpose only", () => {
  const seal = new Seal("one key");
  const sealed = seal.seal("session", "secret");
  assert.equal(seal.open("session", sealed), "secret");
  assert.equal(new Seal("one key").open("session", sealed), "secret");
  assert.equal(new Seal("another").open("session", sealed), undefined);
  assert.equal(seal.open("begun", sealed), undefined);
});

test("a sealed text with any bit changed, cut or absent opens to nothing", () => {
  const seal = new Seal("one key");
  const bytes = Buffer.from(seal.seal("session", "secret"), "base64url");
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(seal.open("session", changed.toString("base64url")), undefined);
  }
  for (const length of [0, 1, 27, bytes.length - 1])
    assert.equal(seal.open("session", bytes.subarray(0, length).toString("base64url")), undefined);
  assert.equal(seal.open("session", undefined), undefined);
});
