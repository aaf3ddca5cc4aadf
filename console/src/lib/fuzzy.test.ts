import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { fuzzyFilter, fuzzyMatch } from "#console/lib/fuzzy.ts";

test("letters have to come in order", () => {
  assert.deepEqual(fuzzyMatch("cp", "Create project")?.positions, [0, 7]);
  assert.equal(fuzzyMatch("pc", "Crep"), undefined);
  assert.deepEqual(fuzzyMatch("", "anything")?.positions, []);
});

test("a whole word wins over scattered letters before it", () => {
  assert.deepEqual(fuzzyMatch("pro", "purge old project")?.positions, [10, 11, 12]);
});

test("the beginnings of words win", () => {
  const order = fuzzyFilter("tt", ["attitude", "Toggle theme", "settings"], (text) => text).map(
    ({ item }) => item,
  );
  assert.equal(order[0], "Toggle theme");
});

test("a name that is typed as it is comes before scattered beginnings of words", () => {
  const order = fuzzyFilter("shop", ["Show operations", "shop Shop"], (text) => text).map(({ item }) => item);
  assert.equal(order[0], "shop Shop");
});

test("every subsequence of a text is found, and its positions spell it", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 40 }),
      fc.array(fc.nat(39), { minLength: 1, maxLength: 10 }),
      (text, picks) => {
        const at = [...new Set(picks.map((pick) => pick % text.length))].toSorted((a, b) => a - b);
        const query = at.map((index) => text[index]).join("");
        const found = fuzzyMatch(query, text);
        assert.ok(found !== undefined);
        const spelled = found.positions.map((index) => text[index]).join("");
        assert.equal(spelled.toLowerCase(), query.toLowerCase().replaceAll(/\s+/g, ""));
        assert.deepEqual(
          [...found.positions].toSorted((a, b) => a - b),
          found.positions,
        );
      },
    ),
  );
});
