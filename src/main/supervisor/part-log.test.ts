import assert from "node:assert/strict";
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { rotateLog, tailOfLog } from "#main/supervisor/part-log.ts";

const folder = mkdtempSync(join(tmpdir(), "vdc-log-"));
after(() => rmSync(folder, { recursive: true, force: true }));

describe("a part's log", () => {
  it("is emptied in place when it is too large, keeps so many older ones, and its writer writes on", () => {
    const file = join(folder, "a.log");
    const limits = { maxBytes: 100, keptFiles: 2 };
    const writer = openSync(file, "a", 0o600);
    try {
      for (const letter of ["a", "b", "c", "d"]) {
        writeSync(writer, `${letter.repeat(150)}\n`);
        assert.equal(rotateLog(file, limits), true);
        assert.equal(rotateLog(file, limits), false);
      }
      writeSync(writer, "after\n");
    } finally {
      closeSync(writer);
    }
    assert.equal(readFileSync(file, "utf8"), "after\n");
    assert.match(readFileSync(`${file}.1`, "utf8"), /^d+\n$/);
    assert.match(readFileSync(`${file}.2`, "utf8"), /^c+\n$/);
    assert.equal(existsSync(`${file}.3`), false);
    assert.equal(statSync(`${file}.1`).mode & 0o777, 0o600);
  });

  it("shows its last lines, also of a large one, and nothing when there is none", () => {
    const file = join(folder, "b.log");
    for (let line = 0; line < 5_000; line += 1) appendFileSync(file, `line ${line} ${"x".repeat(40)}\n`);
    assert.deepEqual(
      tailOfLog(file, 2).map((line) => line.slice(0, 9)),
      ["line 4998", "line 4999"],
    );
    assert.deepEqual(tailOfLog(join(folder, "none.log"), 5), []);
  });
});
