import assert from "node:assert/strict";
import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Disk } from "#objects/disk.ts";
import { openDirectoryDisk } from "#drivers/disk/disk.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "vdc-disk-"));
});
after(() => rm(root, { recursive: true }));

// The annotation is the test that the driver's shape fits the port.
const open = (): Disk => openDirectoryDisk(root);

test("what is written to a drive's file is read back, and reading stops at the end of the file", async () => {
  const disk = open();
  await disk.makeDirectory("one");
  await disk.makeDirectory("one/two");
  await disk.makeDirectory("one/two"); // it is there already
  const file = await disk.create("one/two/file");
  await file.write(Buffer.from("hello world"), 3);
  await file.sync();
  await disk.syncDirectory("one/two");
  const into = new Uint8Array(20);
  assert.equal(await file.read(into, 0), 14);
  assert.equal(Buffer.from(into.subarray(3, 14)).toString(), "hello world");
  await file.truncate(5);
  assert.equal(await file.size(), 5);
  await file.close();
  assert.equal((await disk.stat("one/two/file")).size, 5);
  await disk.rename("one/two/file", "one/moved");
  assert.deepEqual(await disk.list("one/two"), []);
  await disk.unlink("one/moved");
  await assert.rejects(disk.open("one/moved", "read"), { code: "ENOENT" });
  const space = await disk.space();
  assert.ok(space.totalBytes >= space.freeBytes && space.freeBytes > 0);
});

test("files on a drive are their owner's only, are made once and no link is followed", async () => {
  const disk = open();
  await disk.makeDirectory("private");
  await (await disk.create("private/file")).close();
  assert.equal((await stat(join(root, "private"))).mode & 0o777, 0o700);
  assert.equal((await stat(join(root, "private/file"))).mode & 0o777, 0o600);
  await assert.rejects(disk.create("private/file"), { code: "EEXIST" });
  await writeFile(join(root, "secret"), "x");
  await symlink(join(root, "secret"), join(root, "private/link"));
  await assert.rejects(disk.open("private/link", "read"), { code: "ELOOP" });
});

test("nothing is made where a drive is not, nor in the empty folder that it was mounted on", async () => {
  const gone = openDirectoryDisk(join(root, "gone"));
  await assert.rejects(gone.makeDirectory("journal"), { code: "ENOENT" });
  await assert.rejects(stat(join(root, "gone")), { code: "ENOENT" });
  await assert.rejects(open().makeDirectory("extents/ab"), { code: "ENOENT" });
  await assert.rejects(stat(join(root, "extents")), { code: "ENOENT" });
});

test("a path that leaves the drive is a programmer error", async () => {
  const disk = open();
  for (const path of ["../x", "/etc/passwd", "a/../../x", "a//b", "a/", ".hidden", "a\0b"])
    await assert.rejects(async () => disk.open(path, "read"), { name: "AssertionFault" });
});

test("a file that is closed while it is written gives its descriptor back only afterwards", async () => {
  const disk = open();
  const bytes = Buffer.alloc(8 * 1024 * 1024, 7);
  const first = await disk.create("first");
  const writing = first.write(bytes, 0);
  await first.close();
  // Would get the same descriptor, and the bytes.
  const second = await disk.create("second");
  await writing;
  assert.equal((await disk.stat("first")).size, bytes.length);
  assert.equal(await second.size(), 0);
  await second.close();
  await assert.rejects(first.sync(), { code: "EBADF" });
});
