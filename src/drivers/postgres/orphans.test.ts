import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { systemClock } from "#lib/clock.ts";
import type { EmbeddedPostgres } from "#drivers/postgres/embedded.ts";
import { clearRemains } from "#drivers/postgres/orphans.ts";
import { waitFor } from "#test/support/wait-for.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "vdc-rem-")));
after(() => rmSync(folder, { recursive: true, force: true }));
let clusters = 0;

function cluster(pid: number | undefined): EmbeddedPostgres & { readonly pidFile: string } {
  const dataDirectory = join(folder, String((clusters += 1)));
  mkdirSync(dataDirectory);
  const pidFile = join(dataDirectory, "postmaster.pid");
  if (pid !== undefined) writeFileSync(pidFile, `${pid}\n${dataDirectory}\n`);
  return {
    binaries: { directory: folder, version: "18", complete: true },
    dataDirectory,
    socketDirectory: folder,
    pidFile,
  };
}

describe("what a killed server leaves", () => {
  it("is no pid file of a corpse that its parent does not reap", async () => {
    // The shell's child ends when the shell has become a sleep, which never waits for it; the shell might have.
    const child = 'sh -c "until grep -q sleep /proc/\\$PPID/comm; do :; done"';
    const parent = spawn("/bin/sh", ["-c", `${child} & echo $!; exec sleep 60`], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const corpse = Number(String((await once(parent.stdout, "data"))[0]));
    try {
      const isCorpse = () =>
        /^State:\s+Z/m.test(readFileSync(`/proc/${corpse}/status`, "utf8")) ? true : undefined;
      await waitFor(isCorpse, { withinMs: 5_000, what: "the corpse" });
      const server = cluster(corpse);
      const socketLock = join(server.socketDirectory, ".s.PGSQL.5432.lock");
      writeFileSync(socketLock, `${corpse}\n`);
      await clearRemains(server, systemClock, 1_000);
      assert.deepEqual([existsSync(server.pidFile), existsSync(socketLock)], [false, false]);
    } finally {
      parent.kill("SIGKILL");
      await once(parent, "exit");
    }
  });

  it("is no pid file that names another program, but stays when it names a server of this cluster or nobody", async () => {
    const other = cluster(process.pid);
    await clearRemains(other, systemClock, 1_000);
    assert.equal(existsSync(other.pidFile), false);

    const nobodys = cluster(4_194_305); // above the kernel's largest pid
    await clearRemains(nobodys, systemClock, 1_000);
    assert.equal(existsSync(nobodys.pidFile), true);

    const live = cluster(undefined);
    const words = ["-e", "setInterval(() => undefined, 1000)", live.dataDirectory];
    const child = spawn(process.execPath, words, { stdio: "ignore" });
    await once(child, "spawn");
    writeFileSync(live.pidFile, `${child.pid}\n`);
    await clearRemains(live, systemClock, 1_000);
    assert.equal(existsSync(live.pidFile), true);
    child.kill("SIGKILL");
    await once(child, "exit");
  });
});
