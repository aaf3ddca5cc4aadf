import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { locateBinaries } from "#drivers/postgres/binaries.ts";
import { placeBinaries } from "#drivers/postgres/copy-binaries.ts";

const folder = mkdtempSync(join(tmpdir(), "vdc-bin-"));
after(() => rmSync(folder, { recursive: true, force: true }));

describe("PostgreSQL's binaries", () => {
  it("run from another place, which costs no second copy of them on the same file system", () => {
    const binaries = locateBinaries();
    assert.ok(binaries?.complete === true);
    const target = join(folder, "dist");
    mkdirSync(`${target}.new`); // a killed attempt's
    const placed = placeBinaries(binaries, target);
    assert.equal(placed.directory, target);
    const version = execFileSync(join(target, "bin/postgres"), ["--version"], { encoding: "utf8" });
    assert.match(version, new RegExp(`PostgreSQL\\) ${binaries.version.split(".").slice(0, 2).join("\\.")}`));
    const inode = (directory: string) => statSync(join(directory, "bin/postgres")).ino;
    const device = (directory: string) => statSync(directory).dev;
    assert.equal(inode(target) === inode(binaries.directory), device(target) === device(binaries.directory));
    assert.deepEqual(placeBinaries(binaries, target), placed);
  });
});
