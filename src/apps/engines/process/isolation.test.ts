import assert from "node:assert/strict";
import { chown, mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { InstanceObservation } from "#apps/engine.ts";
import { discard, linesOf, newRun, outputOf, ready, saidBy, seen } from "#apps/conformance/harness.ts";
import { deniedSyscalls } from "#drivers/sandbox/syscalls.ts";
import { sandboxFacts } from "#drivers/sandbox/facts.ts";
import { processHarness, type ProcessHarness } from "#test/support/process-engine.ts";
import { probeProgram, type ProbeAnswer } from "#test/support/sandbox-probe.ts";

const facts = sandboxFacts();
const withoutBubblewrap = facts.bubblewrap.usable ? false : "bubblewrap cannot be used here";
const withoutGroups =
  facts.cgroups?.memory === undefined ? "no memory control group may be written here" : false;
const account = facts.isRoot ? 600_001 : (process.getuid?.() ?? 0);
const arch = facts.filterArch ?? "x64";
const number = (name: string): number => deniedSyscalls[name]?.[arch] ?? -1;

describe("an instance in its sandbox", { skip: withoutBubblewrap }, () => {
  let harness: ProcessHarness;
  let answer: ProbeAnswer;
  let observed: InstanceObservation;
  let id: string;
  let seenOnHost: readonly string[];
  const secret = "correct-horse-battery-staple";

  before(async () => {
    harness = await processHarness();
    const { dataDirectory } = harness;
    const folder = async (name: string): Promise<string> => {
      const path = join(dataDirectory, name);
      await mkdir(path, { recursive: true, mode: 0o700 });
      if (facts.isRoot) await chown(path, account, account);
      return path;
    };
    const artifact = join(dataDirectory, "artifact");
    await mkdir(join(artifact, "public"), { recursive: true });
    await writeFile(join(artifact, "server.js"), "");
    const [own, shared, foreign] = [await folder("own"), await folder("shared"), await folder("foreign")];
    await writeFile(join(foreign, "ledger"), "not yours");
    const question = {
      write: [
        "/x",
        "/usr/x",
        "/app/x",
        "/etc/x",
        "/run/x",
        "/proc/sys/kernel/hostname",
        "/tmp/x",
        "/data/x",
        "/app/uploads/x",
        "/shared/x",
      ],
      read: [
        "/root",
        "/home",
        dataDirectory,
        join(foreign, "ledger"),
        "/etc/shadow",
        "/etc/ssl",
        "/usr/bin",
        "/data",
        "/shared",
      ],
      syscalls: [
        [number("ptrace"), 0, 0, 0, 0],
        [number("mount"), 0, 0, 0, 0, 0],
        [number("unshare"), 0x1000_0000],
        [number("keyctl"), 0, 0, 0],
        [number("bpf"), 0, 0, 0],
        [number("perf_event_open"), 0, 0, 0, 0, 0],
        [number("open_by_handle_at"), 0, 0, 0],
        [number("io_uring_setup"), 1, 0],
        [number("userfaultfd"), 0],
        [number("init_module"), 0, 0, 0],
        [arch === "x64" ? 56 : 220, 0x1000_0011, 0, 0, 0, 0],
        [435, 0, 0],
        [arch === "x64" ? 16 : 29, 0, 0x5412, 0],
        [arch === "x64" ? 39 : 172, 0],
      ],
      variable: "DATABASE_PASSWORD",
    };
    const run = await newRun(harness, {
      component: { command: probeProgram(question), listens: false, workingDirectory: "/app", restart: "no" },
      environment: { DATABASE_PASSWORD: secret, LD_PRELOAD: "/data/evil.so" },
      secretFiles: { "token.txt": `${secret}-in-a-file` },
      volumes: [
        { directory: own, path: "/data", readOnly: false },
        { directory: await folder("uploads"), path: "/app/uploads", readOnly: false },
        { directory: shared, path: "/shared", readOnly: true },
      ],
    });
    id = run.id;
    const watched = watchCommandLines();
    await harness.engine.start({ ...run, artifactDirectory: artifact });
    observed = await seen(
      harness,
      id,
      "the probe ended",
      ({ phase }) => phase === "stopped" || phase === "failed",
    );
    seenOnHost = await watched();
    const lines = saidBy(await linesOf(harness, id));
    const line = lines.find((each) => each.startsWith("{"));
    assert.ok(line !== undefined, `the probe answered: ${lines.join("\n")}`);
    answer = JSON.parse(line) as ProbeAnswer; // printed by the probe program
  });

  after(async () => await harness[Symbol.asyncDispose]());

  it("writes to its volumes and /tmp, and nowhere else", () => {
    assert.deepEqual(answer.written, ["/tmp/x", "/data/x", "/app/uploads/x"]);
  });

  it("reads no data of VDC, of other apps or of the machine's users", () => {
    assert.deepEqual(answer.read, ["/etc/ssl", "/usr/bin", "/data", "/shared"]);
    assert.deepEqual(answer.app.toSorted(), ["public", "server.js", "uploads"]);
  });

  it("sees its own processes only", () => {
    assert.ok(answer.processes.length <= 4, `${answer.processes.length} processes`);
    assert.ok(!answer.processes.some((each) => each.includes("vdc instance")));
  });

  it("inherits no descriptors", () => {
    const own = /^(socket:|pipe:|anon_inode:|\/dev\/(null|pts)|\/proc\/)/;
    assert.deepEqual(
      answer.descriptors.filter((target) => !own.test(target)),
      [],
    );
  });

  it("gets its own environment and nothing of ours", () => {
    const given = ["DATABASE_PASSWORD", "HOME", "LANG", "LD_PRELOAD", "PATH", "PORT"];
    const shells = ["OLDPWD", "PWD", "SHLVL", "_", "LC_ALL"];
    assert.deepEqual(
      answer.environment.filter((name) => !shells.includes(name)),
      given,
    );
    assert.equal(answer.value, secret);
  });

  it("runs as the account of its app, without capabilities or the way to new ones", () => {
    assert.equal(answer.uid, account);
    if (facts.isRoot) assert.deepEqual([answer.gid, ...answer.groups], [account, account]);
    for (const name of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
      assert.equal(answer.status[name], "0000000000000000", name);
    assert.equal(answer.status["NoNewPrivs"], "1");
    assert.equal(answer.status["Seccomp"], "2");
  });

  it("cannot mount, trace, make namespaces or reach into the kernel", () => {
    assert.notEqual(answer.mount, 0);
    assert.notEqual(answer.unshare, 0);
    if (answer.syscalls.length < 2) return; // python3 is not there to make the calls
    const refused = "Operation not permitted";
    assert.deepEqual(answer.syscalls, [
      ...Array.from({ length: 11 }, () => refused),
      "Function not implemented",
      refused,
      "ok",
    ]);
  });

  it("has the name of its instance", () => {
    assert.equal(answer.hostname, observed.identity.instance);
    assert.equal(answer.cwd, "/app");
  });

  it("reads its secrets as files that only it can read", () => {
    assert.deepEqual(answer.secrets, { "token.txt": `${secret}-in-a-file:400` });
  });

  it("shows its secrets on no command line of the machine", () => {
    assert.ok(
      seenOnHost.some((line) => line.includes("bwrap")),
      "the sandbox was seen",
    );
    assert.deepEqual(
      seenOnHost.filter((line) => line.includes(secret)),
      [],
    );
  });

  it("keeps its files to their owner", async () => {
    const folder = join(harness.dataDirectory, "instances", id);
    for (const name of await readdir(folder)) {
      assert.equal((await stat(join(folder, name))).mode & 0o077, 0, name);
    }
  });

  it("says that every protection is active that this machine has", () => {
    const active = observed.protections.filter((each) => each.active).map(({ name }) => name);
    for (const name of [
      "namespaces",
      "read-only-root",
      "private-tmp",
      "capabilities",
      "no-new-privileges",
      "seccomp",
    ])
      assert.ok(active.includes(name), name);
  });
});

describe("an instance under its limits", { skip: withoutBubblewrap, concurrency: 2 }, () => {
  let harness: ProcessHarness;
  before(async () => {
    harness = await processHarness();
  });
  after(async () => await harness[Symbol.asyncDispose]());

  it(
    "is ended when it needs more memory than it may have, and the reason says so",
    { skip: withoutGroups },
    async () => {
      const greedy = "const kept = []; setInterval(() => kept.push(Buffer.alloc(16e6, 1)), 5)";
      const run = await newRun(harness, {
        component: {
          command: ["node", "-e", greedy],
          listens: false,
          restart: "no",
          limits: { memoryBytes: 128 * 1024 ** 2 },
        },
      });
      await harness.engine.start(run);
      const { lastExit } = await seen(harness, run.id, "it ended", ({ phase }) => phase === "failed");
      assert.equal(lastExit?.reason, "out-of-memory");
      assert.match(lastExit.detail ?? "", /128 MiB/);
      await discard(harness, run.id);
    },
  );

  it("cannot start more processes than it may have", { skip: withoutGroups }, async () => {
    const bomb = `const { spawn } = require("node:child_process"); let started = 0, refused = 0;
      for (let count = 0; count < 100; count += 1) spawn("/bin/sleep", ["60"]).on("spawn", () => (started += 1)).on("error", () => (refused += 1));
      setTimeout(() => console.log("started " + started + " refused " + refused), 300); setTimeout(() => {}, 1e6)`;
    const run = await newRun(harness, {
      component: { command: ["node", "-e", bomb], listens: false, limits: { processes: 40 } },
    });
    await harness.engine.start(run);
    const said = await harness.waitFor(
      async () => saidBy(await linesOf(harness, run.id)).find((text) => text.startsWith("started")),
      { withinMs: 10_000, what: "the bomb went off" },
    );
    const [, startedCount = "", refusedCount = ""] = /started (\d+) refused (\d+)/.exec(said) ?? [];
    assert.ok(Number(startedCount) < 40 && Number(refusedCount) > 50, said);
    assert.ok(((await harness.engine.observe(run.id))?.usage?.processes ?? 99) <= 40);
    await discard(harness, run.id);
  });

  it("gives a command beside it the same walls", async () => {
    const run = await newRun(harness);
    await harness.engine.start(run);
    await ready(harness, run.id);
    const session = await harness.engine.exec(run.id, {
      command: [
        "sh",
        "-c",
        "id -u; grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status; touch /x || echo refused",
      ],
    });
    const output = await outputOf(session);
    assert.match(output, new RegExp(`^${account}\\n`));
    assert.match(output, /CapEff:\s+0{16}\nNoNewPrivs:\s+1\nSeccomp:\s+2\n/);
    assert.match(output, /refused/);
    await discard(harness, run.id);
  });
});

/** Collects the command lines of all processes of the machine until it is asked for them. */
function watchCommandLines(): () => Promise<readonly string[]> {
  const lines = new Set<string>();
  const stopped = new AbortController();
  const looking = (async () => {
    while (!stopped.signal.aborted) {
      const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
      await Promise.all(
        pids.map(async (pid) => lines.add(await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""))),
      );
    }
  })();
  return async () => {
    stopped.abort();
    await looking;
    return [...lines];
  };
}
