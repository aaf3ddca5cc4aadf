import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { Cgroup, findCgroups } from "#drivers/sandbox/cgroups.ts";

/** A folder that looks like a control group hierarchy: files are there already, as the kernel puts them. */
async function hierarchy(test: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "vdc-groups-"));
  test.after(async () => await rm(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, ".."), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

const limits = { memoryBytes: 64 * 1024 ** 2, cpuMillicores: 250, processes: 30 };

describe("control groups", () => {
  it("writes the limits of version 1 to each controller's folder", async (test) => {
    const root = await hierarchy(test, {
      own: "4:memory:/\n2:cpu:/\n1:pids:/\n",
      "memory/vdc/cgroup.procs": "",
      "cpu/vdc/cgroup.procs": "",
      "pids/vdc/cgroup.procs": "",
      "memory/vdc/res_1/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    });
    const facts = findCgroups(root, join(root, "own"));
    assert.equal(facts?.version, 1);
    const group = new Cgroup(facts, "res_1");
    group.create(limits);
    const read = async (path: string) => await readFile(join(root, path), "utf8");
    assert.equal(await read("memory/vdc/res_1/memory.limit_in_bytes"), "67108864");
    assert.equal(await read("cpu/vdc/res_1/cpu.cfs_quota_us"), "25000");
    assert.equal(await read("pids/vdc/res_1/pids.max"), "30");
    assert.equal(group.outOfMemoryKills(), 2);
  });

  it("writes the limits of version 2 to one folder", async (test) => {
    const root = await hierarchy(test, {
      own: "0::/user.slice\n",
      "cgroup.controllers": "cpu memory pids\n",
      "vdc/cgroup.procs": "",
      "vdc/res_1/memory.events": "low 0\noom 1\noom_kill 3\n",
      "vdc/res_1/cpu.stat": "usage_usec 1500000\n",
      "vdc/res_1/cgroup.procs": "11\n12\n",
    });
    const facts = {
      version: 2 as const,
      memory: join(root, "vdc"),
      cpu: join(root, "vdc"),
      pids: join(root, "vdc"),
    };
    const group = new Cgroup(facts, "res_1");
    group.create(limits);
    const read = async (file: string) => await readFile(join(root, "vdc/res_1", file), "utf8");
    assert.equal(await read("memory.max"), "67108864");
    assert.equal(await read("memory.oom.group"), "1");
    assert.equal(await read("cpu.max"), "25000 100000");
    assert.equal(await read("pids.max"), "30");
    assert.equal(group.outOfMemoryKills(), 3);
    assert.equal(group.cpuSeconds(), 1.5);
    assert.deepEqual(group.processes(), [11, 12]);
    assert.equal(group.folders.length, 1);
  });

  it("finds none where none may be written", async (test) => {
    const root = await hierarchy(test, { own: "0::/\n" });
    assert.equal(findCgroups(root, join(root, "own")), undefined);
  });
});
