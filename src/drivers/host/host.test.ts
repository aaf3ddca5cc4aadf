import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import fc from "fast-check";
import { systemClock } from "#lib/clock.ts";
import { parseProcStat } from "#lib/proc-stat.ts";
import { machineStatusSchema } from "#api/kinds/machine.ts";
import {
  cgroupVersion,
  parseBootTime,
  parseCpuTicks,
  parseDiskTraffic,
  parseLoad,
  parseMemory,
  parseMounts,
  parseNetworkTraffic,
  parseOsRelease,
  parseSoftLimit,
} from "#drivers/host/parse.ts";
import { probeHost } from "#drivers/host/probe.ts";
import { listProcesses, maxCommandLength } from "#drivers/host/processes.ts";
import { programRemedies } from "#drivers/host/programs.ts";
import { cpuPercentBetween, sampleHost } from "#drivers/host/sample.ts";

describe("the kernel's texts", () => {
  it("gives busy and total ticks without counting guests twice", () => {
    const text = "cpu  100 10 50 1000 40 1 2 3 7 7\ncpu0 1 1 1 1 1 1 1 1 0 0\nbtime 1795341655\n";
    assert.deepEqual(parseCpuTicks(text), { busy: 166, total: 1206 });
    assert.equal(parseBootTime(text), 1795341655);
  });

  it("gives memory in bytes", () => {
    const text = "MemTotal:       24105168 kB\nMemFree:          100 kB\nMemAvailable:   23833000 kB\n";
    assert.deepEqual(parseMemory(text), { totalBytes: 24105168 * 1024, availableBytes: 23833000 * 1024 });
  });

  it("reads a mount whose name has a space", () => {
    const mounts = parseMounts("/dev/sdb1 /media/my\\040disk ext4 rw,relatime 0 0\n");
    assert.deepEqual(mounts, [{ device: "/dev/sdb1", mount: "/media/my disk", filesystem: "ext4" }]);
  });

  it("counts a byte of a disk once, also when the disk has partitions and stacked devices", () => {
    const line = (name: string) => ` 254 0 ${name} 10 0 200 5 20 0 400 9 0 1 1`;
    const text = ["vda", "vda1", "dm-0", "loop0", "nvme0n1", "nvme0n1p1"].map(line).join("\n");
    assert.deepEqual(parseDiskTraffic(text), { inBytes: 2 * 200 * 512, outBytes: 2 * 400 * 512 });
  });

  it("leaves the loopback out of the network's traffic", () => {
    const text =
      "Inter-| Receive\n face |bytes\n    lo: 9 1 0 0 0 0 0 0 9 1\n  eth0: 576 4 0 0 0 0 0 0 98 3 0 0 0 0 0 0\n";
    assert.deepEqual(parseNetworkTraffic(text), { inBytes: 576, outBytes: 98 });
  });

  it("gives load averages, the name of the system and a soft limit", () => {
    assert.deepEqual(parseLoad("0.10 0.20 0.30 1/80 900\n"), [0.1, 0.2, 0.3]);
    assert.equal(
      parseOsRelease('NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n', "PRETTY_NAME"),
      "Debian GNU/Linux 12 (bookworm)",
    );
    assert.equal(
      parseSoftLimit(
        "Max open files            1024                 524288               files\n",
        "Max open files",
      ),
      1024,
    );
    assert.equal(
      parseSoftLimit(
        "Max open files            unlimited            unlimited            files\n",
        "Max open files",
      ),
      undefined,
    );
  });

  it("tells the cgroup versions apart", () => {
    const mount = (filesystem: string) => ({ device: "cgroup", mount: "/sys/fs/cgroup", filesystem });
    assert.equal(cgroupVersion([mount("cgroup2")]), "v2");
    assert.equal(cgroupVersion([mount("cgroup"), mount("cgroup2")]), "hybrid");
    assert.equal(cgroupVersion([mount("cgroup")]), "v1");
    assert.equal(cgroupVersion([mount("ext4")]), "none");
  });

  it("reads a process whose name holds spaces and brackets", () => {
    const rest = "S 1 2 3 0 -1 4194560 1 2 3 4 70 30 0 0 20 0 12 0 126450 800 2000 18446744073709551615";
    const stat = parseProcStat(`6608 (a) b (c) ${rest}`);
    assert.deepEqual(stat, {
      pid: 6608,
      name: "a) b (c",
      state: "S",
      parentPid: 1,
      cpuTicks: 100,
      startTicks: 126450,
      rssPages: 2000,
    });
  });

  it("is total: any text at all gives an answer, never an exception", () => {
    const readers = [
      parseCpuTicks,
      parseBootTime,
      parseMemory,
      parseMounts,
      parseDiskTraffic,
      parseNetworkTraffic,
      parseLoad,
      parseProcStat,
    ];
    fc.assert(fc.property(fc.string(), (text) => readers.forEach((read) => void read(text))));
  });
});

describe("this host", () => {
  it("is probed into a valid machine status", async () => {
    const facts = await probeHost(AbortSignal.timeout(20_000));
    const status = machineStatusSchema.parse(facts);
    assert.ok((status.cores ?? 0) >= 1 && (status.memoryBytes ?? 0) > 2 ** 28);
    assert.ok(status.programs?.every((program) => program.present || program.remedy !== undefined));
  });

  it("says how to get each program with what Debian really has", () => {
    // Looked up in Debian 12, which has no incus.
    const inDebian12 = ["bubblewrap", "chromium", "haproxy", "lxd", "qemu-utils"];
    const qemu = ["qemu-system-x86", "qemu-system-arm"];
    for (const [name, remedy] of programRemedies()) {
      const wanted = /^apt install (\S+)$/.exec(remedy)?.[1];
      if (name === "incus")
        assert.match(remedy, /^Debian 13 or newer: apt install incus; on Debian 12 use lxd$/);
      else assert.ok(wanted !== undefined && [...inDebian12, ...qemu].includes(wanted), remedy);
    }
  });

  it("has counters that only grow and a processor share between 0 and 100", () => {
    const before = sampleHost(systemClock);
    const after = sampleHost(systemClock);
    assert.ok(after.cpu.total >= before.cpu.total && after.memory.usedBytes < after.memory.totalBytes);
    const percent = cpuPercentBetween(before, after);
    assert.ok(percent >= 0 && percent <= 100);
    assert.equal(cpuPercentBetween(after, after), 0);
  });

  it("lists its processes, this one among them, no more than asked and never with their arguments", async () => {
    const secret = "--password=of-somebody";
    const words = ["-e", "process.stdin.resume()", secret];
    const child = spawn(process.execPath, words, { stdio: ["pipe", "ignore", "ignore"] });
    await once(child, "spawn");
    try {
      const all = listProcesses(10_000);
      const own = all.find((one) => one.pid === process.pid);
      assert.ok(own !== undefined && own.rssBytes > 2 ** 20 && own.user !== "?");
      assert.ok(all.some((one) => one.pid === child.pid));
      assert.ok(all.every((one) => one.command.length <= maxCommandLength && !one.command.includes(secret)));
      assert.equal(listProcesses(1).length, 1);
    } finally {
      child.kill();
      await once(child, "exit");
    }
  });
});
