import assert from "node:assert/strict";
import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { openVolumeFiles } from "#drivers/volume-files/volume-files.ts";

const firstAccount = 600_000;
const signal = new AbortController().signal;

async function emptyRoot(test: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "vdc-volumes-"));
  test.after(async () => await rm(root, { recursive: true, force: true }));
  return join(root, "volumes");
}

describe("volume files", () => {
  it("makes a folder that belongs to the app that asked first", async (test) => {
    const volumes = openVolumeFiles({ root: await emptyRoot(test), firstAccount });
    const folder = await volumes.directory("res_a", 7);
    const facts = await stat(folder);
    assert.equal(facts.mode & 0o777, 0o700);
    if (process.getuid?.() === 0) assert.equal(facts.uid, 600_007);
    assert.equal(await volumes.directory("res_a", 8), folder);
    assert.equal((await stat(folder)).uid, facts.uid, "the second app does not take it over");
  });

  it("gives instances that ask at the same moment one folder", async (test) => {
    const root = await emptyRoot(test);
    const volumes = openVolumeFiles({ root, firstAccount });
    const folders = await Promise.all(
      Array.from({ length: 20 }, async () => await volumes.directory("res_c", 3)),
    );
    assert.deepEqual(new Set(folders), new Set([join(root, "res_c")]));
  });

  it("counts what a volume holds, and never what a link in it points to", async (test) => {
    const volumes = openVolumeFiles({ root: await emptyRoot(test), firstAccount });
    const folder = await volumes.directory("res_b", 0);
    await writeFile(join(folder, "data"), Buffer.alloc(1024 ** 2, 1));
    const alone = await volumes.usedBytes("res_b", signal);
    assert.ok(alone >= 1024 ** 2 && alone < 1.2 * 1024 ** 2, `${alone} bytes`);
    await symlink("/usr", join(folder, "out"));
    assert.ok((await volumes.usedBytes("res_b", signal)) - alone < 10_000);
    assert.equal(await volumes.usedBytes("res_none", signal), 0);
  });

  it("removes a volume and not what a link in it points to", async (test) => {
    const root = await emptyRoot(test);
    const volumes = openVolumeFiles({ root, firstAccount });
    const kept = await volumes.directory("res_kept", 0);
    await writeFile(join(kept, "data"), "precious");
    const folder = await volumes.directory("res_c", 0);
    await symlink(kept, join(folder, "neighbour"));
    await volumes.remove("res_c");
    await volumes.remove("res_c");
    await assert.rejects(stat(folder));
    assert.equal((await stat(join(kept, "data"))).size, 8);
  });

  it("takes no path for an id", async (test) => {
    const volumes = openVolumeFiles({ root: await emptyRoot(test), firstAccount });
    await assert.rejects(volumes.directory("../etc", 0), /must hold/);
  });
});
