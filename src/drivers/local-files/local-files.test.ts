import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { filesOfFolder, readText, writePrivateText } from "#drivers/local-files/local-files.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "vdc files "));
});
after(() => rm(folder, { recursive: true }));

test("a written file is private, whole and leaves no draft behind", async () => {
  const path = join(folder, "new", "config.yaml");
  await writePrivateText(path, "current: a\n");
  await chmod(path, 0o644);
  await writePrivateText(path, "current: b\n");
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readText(path, 100), { text: "current: b\n", mode: 0o600 });
  assert.deepEqual(await readdir(join(folder, "new")), ["config.yaml"]);
});

test("a missing file is undefined, and a folder in its place is an error with a reason", async () => {
  assert.equal(await readText(join(folder, "none"), 10), undefined);
  await assert.rejects(readText(folder, 10), { name: "VdcFileError", reason: "it is a folder" });
});

test("a file longer than the bound and a file that is not UTF-8 are refused", async () => {
  const path = join(folder, "long");
  await writeFile(path, "x".repeat(11));
  await assert.rejects(readText(path, 10), { code: "EFBIG" });
  await writeFile(path, Buffer.from([0xc3, 0x28]));
  await assert.rejects(readText(path, 10), { code: "EILSEQ" });
});

test("a folder lists its files in order and no folders", async () => {
  const path = join(folder, "many");
  await mkdir(join(path, "inner"), { recursive: true });
  for (const name of ["b.yaml", "a.json"]) await writeFile(join(path, name), "");
  assert.deepEqual(await filesOfFolder(path, 10), ["a.json", "b.yaml"]);
  await assert.rejects(filesOfFolder(path, 2), { code: "EFBIG" });
  assert.equal(await filesOfFolder(join(path, "a.json"), 10), undefined);
  assert.equal(await filesOfFolder(join(path, "none"), 10), undefined);
});
