import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { dataDirectoryPath, prepareDataDirectory } from "#main/data-directory.ts";

const folder = mkdtempSync(join(tmpdir(), "vd-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const isRoot = process.getuid?.() === 0;

describe("the data directory", () => {
  it("is what the words say, then VDC_DATA, then below the XDG state directory, then the user's or the system's place", () => {
    const env = { VDC_DATA: "/a", XDG_STATE_HOME: "/state" };
    assert.equal(dataDirectoryPath("x y", env, "/here"), "/here/x y");
    assert.equal(dataDirectoryPath(undefined, env, "/here"), "/a");
    assert.equal(
      dataDirectoryPath(undefined, { VDC_DATA: "", XDG_STATE_HOME: "/state" }, "/here"),
      "/state/vdc",
    );
    assert.equal(
      dataDirectoryPath(undefined, {}, "/here"),
      isRoot ? "/var/lib/vdc" : join(homedir(), ".local/state/vdc"),
    );
  });

  it("is made for its owner alone, with a way through for PostgreSQL's account when that is another", () => {
    const root = join(folder, "d");
    const directory = prepareDataDirectory(root);
    const mode = (path: string) => statSync(path).mode & 0o777;
    assert.deepEqual([root, directory.postgres].map(mode), isRoot ? [0o711, 0o711] : [0o700, 0o700]);
    for (const path of [directory.run, directory.logs, directory.tls]) assert.equal(mode(path), 0o700);
    chmodSync(directory.run, 0o777);
    prepareDataDirectory(root);
    assert.equal(mode(directory.run), 0o700);
  });

  it("leaves room for the longest socket in it, to the byte, and makes nothing when it does not", () => {
    const room = 107 - "/run/gateway/gateway-8-4194304.sock".length;
    const fits = join(folder, "y".repeat(room - folder.length - 1));
    assert.equal(prepareDataDirectory(fits).root, fits);
    assert.throws(() => prepareDataDirectory(`${fits}z`), {
      code: "invalid",
      message: /is 1 byte too long.*leaves \d+ for the directory/,
    });
    assert.equal(existsSync(`${fits}z`), false);
  });

  it("is refused below a file, and where there is no directory to write in", () => {
    writeFileSync(join(folder, "file"), "");
    assert.throws(() => prepareDataDirectory(join(folder, "file")), { code: "invalid" });
    if (isRoot) return; // root may write everywhere
    mkdirSync(join(folder, "locked"), { mode: 0o500 });
    assert.throws(() => prepareDataDirectory(join(folder, "locked", "d")), { code: "forbidden" });
  });

  it("is refused where another user could change it, before anything is made in it", () => {
    if (!isRoot) return; // only root gives folders away
    const given = join(folder, "given");
    mkdirSync(given);
    chownSync(given, 65_534, 65_534);
    assert.throws(() => prepareDataDirectory(given), {
      code: "forbidden",
      message: /belongs to another user/,
    });
    assert.deepEqual(readdirSync(given), []);
    const inside = join(folder, "inside");
    prepareDataDirectory(inside);
    chownSync(join(inside, "run"), 65_534, 65_534);
    assert.throws(() => prepareDataDirectory(inside), { code: "forbidden", message: /inside\/run belongs/ });
  });
});
