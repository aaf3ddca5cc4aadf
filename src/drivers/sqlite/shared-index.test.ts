import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { SharedSqliteIndex } from "./shared-index.ts";
import { openSqliteIndex, removeSqliteIndex } from "./sqlite-index.ts";

const program = fileURLToPath(import.meta.url);
const key = Buffer.from("key");
const put = (text: string) =>
  ({
    type: "put",
    key,
    value: Buffer.from(text),
    segment: 7,
    place: { segment: 7, offset: 1, length: 2, crc: 3 },
  }) as const;
const text = (index: SharedSqliteIndex) => {
  const row = index.get(key);
  return row === undefined ? undefined : Buffer.from(row.value).toString();
};

// The other process: writes what it is told, and answers when it is applied, as the catalog does.
const [, , writersPath, role] = process.argv;
if (writersPath !== undefined && role === "writer") {
  const index = openSqliteIndex(writersPath);
  index.share("token");
  process.on("message", (number: number) => {
    index.apply(number, [put(String(number))]);
    process.send?.(number);
  });
  process.send?.("ready");
} else {
  const folder = mkdtempSync(join(tmpdir(), "vdc-shared-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let files = 0;
  const newPath = () => join(folder, `${(files += 1)}.db`);

  test("a reader sees what another process had applied before it asked, also after that one was killed", async () => {
    const path = newPath();
    const writer = fork(program, [path, "writer"], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    await once(writer, "message");
    using reader = new SharedSqliteIndex(path, "token");
    assert.equal(text(reader), undefined);
    for (let number = 1; number <= 300; number += 1) {
      const applied = once(writer, "message");
      writer.send(number);
      await applied;
      assert.equal(text(reader), String(number));
    }
    assert.deepEqual(reader.get(key)?.place, { segment: 7, offset: 1, length: 2, crc: 3 });
    const ended = once(writer, "exit");
    writer.kill("SIGKILL");
    await ended;
    assert.equal(text(reader), "300");

    const next = openSqliteIndex(path);
    assert.equal(text(reader), undefined);
    assert.equal(next.applied, 300);
    next.share("next");
    assert.equal(text(reader), undefined);
    using reading = new SharedSqliteIndex(path, "next");
    assert.equal(text(reading), "300");
    next.close();
  });

  test("what is not up to date is not shown: before it is shared, made anew in its place, and when it was closed", () => {
    const path = newPath();
    const index = openSqliteIndex(path);
    index.apply(1, [put("one")]);
    using reader = new SharedSqliteIndex(path, "token");
    assert.equal(text(reader), undefined);
    index.share("token");
    assert.equal(text(reader), "one");
    index.close();
    assert.equal(text(reader), undefined);
    const again = openSqliteIndex(path);
    again.clear();
    again.apply(1, [put("half")]);
    assert.equal(text(reader), undefined);
    again.close();
  });

  test("a file that was removed, or has another in its place, is not read any more", () => {
    const path = newPath();
    const index = openSqliteIndex(path);
    index.apply(1, [put("one")]);
    index.share("token");
    using reader = new SharedSqliteIndex(path, "token");
    assert.equal(text(reader), "one");
    // As of an index that broke: nobody could say in it that it is not shared any more.
    removeSqliteIndex(path);
    assert.equal(text(reader), undefined);
    const next = openSqliteIndex(path);
    next.share("token");
    assert.equal(text(reader), undefined);
    next.close();
    index.close();
  });

  test("where there is no index, a reader is told at once", () => {
    assert.throws(() => new SharedSqliteIndex(newPath(), "token"));
  });
}
