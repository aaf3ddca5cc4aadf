import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { indexConformance } from "#objects/catalog/conformance/ordered-rows.ts";
import type { Index } from "#objects/catalog/index-contract.ts";
import { openSqliteIndex, removeSqliteIndex, SqliteIndexDamaged } from "./sqlite-index.ts";

// The driver may not import the contract: here the compiler sees that it fits.
indexConformance("sqlite", (): Index => openSqliteIndex(":memory:"));

function newPath(): string {
  return join(mkdtempSync(join(tmpdir(), "vdc-sqlite-")), "index.sqlite");
}
const row = (segment: number) =>
  ({ type: "put", key: Buffer.from("key"), value: Buffer.from("value"), segment }) as const;

test("an index that is opened again has what was applied, and is for its owner alone", () => {
  const path = newPath();
  const first = openSqliteIndex(path);
  first.apply(5, [row(1)]);
  first.close();
  const second = openSqliteIndex(path);
  assert.equal(second.applied, 5);
  assert.equal(Buffer.from(second.get(Buffer.from("key"))?.value ?? []).toString(), "value");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  second.close();
});

test("a torn index is refused, and made anew after it was removed", () => {
  const path = newPath();
  const index = openSqliteIndex(path);
  index.apply(5, [row(1)]);
  index.close();
  truncateSync(path, Math.floor(readFileSync(path).length / 2) + 17);
  assert.throws(() => openSqliteIndex(path), SqliteIndexDamaged);
  removeSqliteIndex(path);
  const fresh = openSqliteIndex(path);
  assert.equal(fresh.applied, 0);
  fresh.close();
});

test("flipped bits in any page of an index are found when it is opened", () => {
  const path = newPath();
  const index = openSqliteIndex(path);
  const rows = Array.from({ length: 2_000 }, (_, at) => ({
    ...row(1),
    key: Buffer.from(`key ${String(at).padStart(6, "0")}`),
    value: Buffer.alloc(200, "v"),
  }));
  index.apply(1, rows);
  index.close();
  const whole = readFileSync(path);
  const pageBytes = 4096;
  const pages = whole.length / pageBytes;
  assert.ok(pages > 100);
  for (let page = 1; page < pages; page += 7)
    // The kind of a page, how many rows it has, and where the first lies.
    for (const at of [0, 4, 12]) {
      const damaged = Buffer.from(whole);
      const where = page * pageBytes + at;
      damaged[where] = (damaged[where] ?? 0) ^ 0x10;
      writeFileSync(path, damaged);
      assert.throws(() => openSqliteIndex(path), SqliteIndexDamaged, `byte ${at} of page ${page}`);
    }
  writeFileSync(path, whole);
  const unharmed = openSqliteIndex(path);
  assert.equal(unharmed.applied, 1);
  unharmed.close();
});

test("a file of something else, or of another version, is refused and not changed", () => {
  const text = newPath();
  writeFileSync(text, "this is no database, however long it may be: ".repeat(100));
  assert.throws(() => openSqliteIndex(text), SqliteIndexDamaged);
  const foreign = newPath();
  const database = new DatabaseSync(foreign);
  database.exec("CREATE TABLE theirs (x)");
  database.close();
  const before = readFileSync(foreign);
  assert.throws(() => openSqliteIndex(foreign), SqliteIndexDamaged);
  assert.deepEqual(readFileSync(foreign), before);
});
