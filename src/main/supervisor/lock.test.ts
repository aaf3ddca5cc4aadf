import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { identify } from "#drivers/process/identity.ts";
import { lockHolder, publishUrl, releaseLock, takeLock } from "#main/supervisor/lock.ts";

const since = "2026-01-02T03:04:05.000Z";
const folder = mkdtempSync(join(tmpdir(), "vdc-lock-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = () => join(folder, `lock-${(files += 1)}`);

describe("the lock of a data directory", () => {
  it("is taken, names its holder with the address, and is given back", () => {
    const file = newFile();
    assert.deepEqual(takeLock(file, since), { kind: "taken" });
    publishUrl(file, "http://127.0.0.1:1");
    const holder = lockHolder(file);
    assert.deepEqual([holder?.pid, holder?.since, holder?.url], [process.pid, since, "http://127.0.0.1:1"]);
    releaseLock(file);
    assert.equal(lockHolder(file), undefined);
  });

  it("is refused while its holder lives, with who that is", async () => {
    const file = newFile();
    const child = spawn("sleep", ["60"]);
    await once(child, "spawn");
    try {
      const identity = identify(child.pid ?? 0);
      writeFileSync(file, JSON.stringify({ ...identity, since }));
      const result = takeLock(file, since);
      assert.ok(result.kind === "held" && result.holder.pid === child.pid);
      releaseLock(file); // somebody else's: stays
      assert.equal(lockHolder(file)?.pid, child.pid);
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    assert.deepEqual(takeLock(file, since), { kind: "taken" });
  });

  it("is stale when its pid lives again as another process, after a reboot, and when it is not readable", () => {
    const own = identify(process.ppid);
    assert.ok(own !== undefined);
    const texts = [
      JSON.stringify({ ...own, startTicks: own.startTicks + 1, since }),
      JSON.stringify({ ...own, bootId: "another boot", since }),
      "",
      "{",
      "null",
      "[]",
      '{"pid":"1"}',
    ];
    for (const text of texts) {
      const file = newFile();
      writeFileSync(file, text);
      assert.deepEqual(takeLock(file, since), { kind: "taken" }, text);
      assert.equal(JSON.parse(readFileSync(file, "utf8")).pid, process.pid);
    }
  });

  it("is taken by exactly one of several that recover a stale one at once", async () => {
    const file = newFile();
    writeFileSync(file, '{"stale":true}');
    const program = `import { takeLock } from ${JSON.stringify(join(import.meta.dirname, "lock.ts"))};
      process.stdout.write(takeLock(${JSON.stringify(file)}, "${since}").kind + "\\n"); process.stdin.resume();`;
    const children = Array.from({ length: 6 }, () =>
      spawn(
        process.execPath,
        ["--input-type=module-typescript", "--disable-warning=ExperimentalWarning", "-e", program],
        { stdio: ["pipe", "pipe", "inherit"] },
      ),
    );
    const answers = await Promise.all(
      children.map(async (child) => String((await once(child.stdout, "data"))[0]).trim()),
    );
    for (const child of children) child.stdin.end();
    await Promise.all(children.map((child) => once(child, "exit")));
    assert.deepEqual(answers.toSorted(), ["held", "held", "held", "held", "held", "taken"]);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes(".stale") || /lock-\d+\.\d+$/.test(name)),
      [],
    );
  });
});
