import assert from "node:assert/strict";
import { test } from "node:test";
import { kindOf, madeFrom, setGroup, withFoundGroups } from "./album-groups.ts";
import type { Album, Photo } from "./own-server.ts";

const hashes = ["a", "b", "c", "d"].map((letter) => letter.repeat(64));
const [a = "", b = "", c = "", d = ""] = hashes;

function photo(hash: string, from?: readonly string[]): Photo {
  const made = { as: "hdr" as const, package: a, parameters: {} };
  const facts = { name: hash.slice(0, 4), type: "image/jpeg", bytes: 1, width: 3, height: 2, exif: {} };
  return { hash, ...facts, ...(from === undefined ? {} : { made: { ...made, from: [...from] } }) };
}

const album: Album = {
  id: "one",
  title: "One",
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  photos: [photo(a), photo(b), photo(c), photo(d, [a, b])],
  groups: [],
};

test("a photo that the user freed is in no group that is found later", () => {
  const freed = setGroup(album, [b], "none");
  const found = withFoundGroups(freed, [
    { kind: "bracket", photos: [a, b] },
    { kind: "panorama", photos: [c, d] },
  ]);
  assert.deepEqual(
    found.groups.map(({ kind, by }) => [kind, by]),
    [
      ["none", "user"],
      ["panorama", "found"],
    ],
  );
});

test("photos that are put to a group leave the one where they were, and an empty group goes", () => {
  const first = setGroup(album, [a, b], "bracket");
  const second = setGroup(first, [a, b, c], kindOf(first, [c, b]) ?? "panorama");
  assert.deepEqual(
    second.groups.map(({ kind, photos }) => [kind, photos]),
    [["bracket", [a, b, c]]],
  );
});

test("what was made from photos of a group stands on it", () => {
  const grouped = setGroup(album, [a, b], "bracket");
  const [group] = grouped.groups;
  assert.deepEqual(group === undefined ? [] : madeFrom(grouped, group).map(({ hash }) => hash), [d]);
});
