import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readlink, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { CopyFailed, createBackupFiles } from "./backup-files.ts";

const hasTar = ["/bin/tar", "/usr/bin/tar"].some((path) => existsSync(path));
const signal = AbortSignal.timeout(20_000);
const place = { project: "shop", app: "news" };
const copy = { ...place, at: "2026-01-01T00:00:00.000Z", release: 3 };

describe("copies of folders", { skip: hasTar ? false : "tar" }, () => {
  let folder: string;
  let data: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "vdc-backup-"));
    data = join(folder, "data");
    await mkdir(join(data, "deep"), { recursive: true });
    await writeFile(join(data, "deep", "a.txt"), "one", { mode: 0o640 });
    await symlink("/etc/passwd", join(data, "link"));
  });
  after(async () => await rm(folder, { recursive: true, force: true }));

  it("put everything back as it was, links as links, and leave nothing that came later", async () => {
    const files = createBackupFiles(join(folder, "backups"));
    const volumes = [{ name: "data", directory: data }];
    const sizeBytes = await files.create({ ...copy, id: "a", volumes }, signal);
    assert.ok(sizeBytes > 0);
    await writeFile(join(data, "deep", "a.txt"), "two");
    await writeFile(join(data, "later.txt"), "x");
    await files.restore({ ...place, id: "a", volumes }, signal);
    assert.equal(await readFile(join(data, "deep", "a.txt"), "utf8"), "one");
    assert.equal((await stat(join(data, "deep", "a.txt"))).mode & 0o777, 0o640);
    assert.equal(await readlink(join(data, "link")), "/etc/passwd");
    assert.deepEqual((await readdir(data)).toSorted(), ["deep", "link"]);
    assert.deepEqual(await readdir(folder), ["backups", "data"]);
    const [kept] = await files.list(place);
    assert.deepEqual(kept, { id: "a", at: copy.at, release: 3, sizeBytes, volumes: ["data"] });
  });

  it("are whole or not there", async () => {
    const files = createBackupFiles(join(folder, "whole"));
    const volumes = [
      { name: "data", directory: data },
      { name: "gone", directory: join(folder, "gone") },
    ];
    await assert.rejects(async () => await files.create({ ...copy, id: "b", volumes }, signal), CopyFailed);
    assert.deepEqual(await files.list(place), []);
    assert.deepEqual(await readdir(join(folder, "whole", "shop", "news")), []);
  });

  it("leave every folder as it is when one of them cannot be put back", async () => {
    const files = createBackupFiles(join(folder, "half"));
    const volumes = [{ name: "data", directory: data }];
    await files.create({ ...copy, id: "c", volumes }, signal);
    await writeFile(join(data, "now.txt"), "x");
    const more = [...volumes, { name: "other", directory: join(folder, "other") }];
    await assert.rejects(
      async () => await files.restore({ ...place, id: "c", volumes: more }, signal),
      CopyFailed,
    );
    assert.ok((await readdir(data)).includes("now.txt"));
  });
});
