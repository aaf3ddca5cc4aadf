import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { systemClock } from "#lib/clock.ts";
import { identify, isAlive, signalProcess } from "#drivers/process/identity.ts";
import { treeMemoryBytes } from "#drivers/process/memory.ts";
import { holderOfPort, listenersOn, nextFreePort, tryListen } from "#drivers/process/port-holder.ts";
import { adoptProcess, spawnProcess, type SpawnSpec } from "#drivers/process/running.ts";

const folder = mkdtempSync(join(tmpdir(), "vdc-proc-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const shell = (script: string): SpawnSpec => ({
  file: "/bin/sh",
  args: ["-c", script],
  cwd: folder,
  env: { PATH: "/usr/bin:/bin" },
  channel: false,
});

describe("a process", () => {
  it("appends what it writes to its log and says how it ended", async () => {
    const log = join(folder, "a.log");
    const first = await spawnProcess(shell("echo one; echo two >&2; exit 3"), log);
    assert.deepEqual(await first.ended, { code: 3 });
    const second = await spawnProcess(shell("echo three; kill -USR1 $$"), log);
    assert.deepEqual(await second.ended, { signal: "SIGUSR1" });
    assert.equal(readFileSync(log, "utf8"), "one\ntwo\nthree\n");
  });

  it("is known by more than its pid, and an adopted one is seen to end", async () => {
    const child = await spawnProcess(shell("exec sleep 60"), join(folder, "b.log"));
    const { identity } = child;
    const impostor = { ...identity, startTicks: identity.startTicks + 1 };
    assert.deepEqual(
      [isAlive(identity), isAlive(impostor), signalProcess(impostor, "SIGKILL")],
      [true, false, false],
    );
    const adopted = adoptProcess(identity, systemClock, 5);
    assert.ok(adopted.kill("SIGTERM"));
    assert.deepEqual(await adopted.ended, {});
    await child.ended;
    assert.equal(identify(identity.pid), undefined);
    assert.deepEqual([child.kill("SIGTERM"), adopted.kill("SIGTERM")], [false, false]);
  });

  it("that is not there is an error of the system", async () => {
    await assert.rejects(spawnProcess({ ...shell(""), file: "/nonexistent" }, join(folder, "c.log")), {
      code: "ENOENT",
    });
  });

  it("holds memory together with what it started", async () => {
    const child = await spawnProcess(shell("sleep 60 & exec sleep 60"), join(folder, "d.log"));
    try {
      assert.ok(treeMemoryBytes(process.pid) > treeMemoryBytes(child.identity.pid));
      assert.ok(treeMemoryBytes(child.identity.pid) > 0);
      assert.equal(treeMemoryBytes(4_194_305), 0);
    } finally {
      process.kill(-child.identity.pid, "SIGKILL"); // its group, which is its own
      await child.ended;
    }
  });
});

describe("a port", () => {
  it("that is taken has a holder with name, pid and user, and a free one after it", async () => {
    for (const host of ["127.0.0.1", "::1"]) {
      const server = createServer().listen(0, host);
      await once(server, "listening");
      const address = server.address();
      assert.ok(address !== null && typeof address === "object");
      const { port } = address;
      assert.deepEqual(await tryListen(host, port), { free: false, code: "EADDRINUSE" });
      const holder = holderOfPort(port);
      assert.deepEqual([holder?.pid, holder?.user], [process.pid, userInfo().username]);
      const free = await nextFreePort(host, port);
      assert.ok(free !== undefined && free > port);
      server.close();
      await once(server, "close");
      assert.deepEqual(await tryListen(host, port), { free: true });
      assert.equal(holderOfPort(port), undefined);
    }
  });

  it("is found in the kernel's table among others, connections left out", () => {
    const text = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
      "   0: 0100007F:20F8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0",
      "   1: 0100007F:20F8 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 100 0 0 10 0",
      "   2: 0100007F:20F9 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0",
    ].join("\n");
    assert.deepEqual(listenersOn(text, 8440), [{ uid: 1000, inode: "4711" }]);
    assert.deepEqual(listenersOn("", 8440), []);
  });
});
