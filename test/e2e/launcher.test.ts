import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { waitFor } from "#test/support/wait-for.ts";
import { launcher, TemporaryFolder, vdc } from "./support/center.ts";
import { FakeCheckout, outcomeOf } from "./support/fake-checkout.ts";

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

describe("the launcher, once the dependencies are installed", () => {
  it("needs neither npm nor a Node of the system", async () => {
    using folder = new TemporaryFolder();
    const outcome = await vdc(["--help"], { env: { PATH: "/nonexistent:/bin", HOME: folder.path } });
    // /bin holds the shell's tools and, on many systems, node: the launcher must not have looked for it.
    assert.equal(outcome.status, 0, outcome.stderr);
    assert.match(outcome.stdout, /Usage: vdc/);
  });

  it("works through a chain of relative and absolute links, from any directory, by name on the PATH", async () => {
    using folder = new TemporaryFolder();
    mkdirSync(join(folder.path, "a dir"));
    symlinkSync(launcher, join(folder.path, "a dir", "one"));
    symlinkSync("a dir/one", join(folder.path, "two"));
    symlinkSync(join(folder.path, "two"), join(folder.path, "vdc"));
    for (const file of [join(folder.path, "vdc"), join(folder.path, "a dir", "one")]) {
      const outcome = await vdc(["status", "--data", join(folder.path, "none")], { file, cwd: folder.path });
      assert.match(outcome.stderr, /not running/);
    }
    const byName = await vdc(["-c", "vdc status --data /nonexistent/none"], {
      file: "/bin/sh",
      env: { PATH: `${folder.path}:${process.env["PATH"] ?? ""}` },
    });
    assert.match(byName.stderr, /not running/);
  });

  it(
    "brings a data center up as an ordinary user, from a checkout that is not theirs",
    { skip: isRoot ? false : "needs root to become another user" },
    async () => {
      using folder = new TemporaryFolder();
      const data = join(folder.path, "d");
      mkdirSync(data);
      const asNobody = (words: readonly string[]) =>
        vdc(["-c", 'exec setpriv --reuid=65534 --regid=65534 --clear-groups "$0" "$@"', launcher, ...words], {
          file: "/bin/sh",
          env: { HOME: folder.path, NODE_COMPILE_CACHE: undefined },
        });
      chmodSync(data, 0o700);
      chownSync(data, nobody, nobody);
      const up = await asNobody([
        "up",
        "--detach",
        "--data",
        data,
        "--port",
        "0",
        "--gateways",
        "0",
        "--no-objects",
        "--no-status",
      ]);
      assert.equal(up.status, 0, up.stdout + up.stderr);
      assert.match(up.stdout, /^postgres +ready +\d\.\d s {3}new cluster/m);
      const down = await asNobody(["down", "--data", data]);
      assert.match(down.stdout, /^Stopped control, postgres/);
    },
  );
});

describe("the launcher on first use", () => {
  it("installs, remembers what it installed, and passes the words on as they are", async () => {
    using checkout = new FakeCheckout();
    checkout.npm();
    const words = ["get", "a b", "*", "", "$HOME", "-n", "it's"];
    const first = await checkout.run(words);
    assert.equal(first.status, 0, first.stderr);
    assert.match(first.stderr, /the dependencies are installed \(\d+ s\)/);
    const passed = words.map((word) => `<${word}>`).join("");
    assert.ok(first.stdout.trimEnd().endsWith(`<${checkout.root}/src/main/vdc.ts>${passed}`), first.stdout);
    rmSync(join(checkout.bin, "npm"));
    rmSync(join(checkout.bin, "node"));
    const second = await checkout.run(["status"]);
    assert.equal(second.stderr, "");
    assert.match(second.stdout, /<status>/);
  });

  it("installs again when the lock file has changed", async () => {
    using checkout = new FakeCheckout();
    checkout.npm();
    await checkout.run([]);
    writeFileSync(join(checkout.root, "package-lock.json"), '{"lockfileVersion":3,"changed":true}\n');
    await checkout.run([]);
    await checkout.run([]);
    assert.equal(readFileSync(join(checkout.parent, "npm-runs"), "utf8"), "run\nrun\n");
  });

  it("trusts an install that a developer made with npm, until the lock file changes", async () => {
    using checkout = new FakeCheckout();
    checkout.npm();
    const at = (name: string, seconds: number) => utimesSync(join(checkout.root, name), seconds, seconds);
    mkdirSync(join(checkout.root, "node_modules/.bin"), { recursive: true });
    writeFileSync(join(checkout.root, "node_modules/.bin/node"), "#!/bin/sh\necho developer\n", {
      mode: 0o755,
    });
    writeFileSync(join(checkout.root, "node_modules/.package-lock.json"), "{}");
    at("package-lock.json", 1_000);
    at("node_modules/.package-lock.json", 1_001);
    assert.match((await checkout.run([])).stdout, /developer/);
    at("package-lock.json", 1_002);
    assert.match((await checkout.run([])).stdout, /main\/vdc\.ts/);
  });

  it("goes on after an install that was interrupted, and leaves no npm behind", async () => {
    using checkout = new FakeCheckout();
    checkout.npm(
      `[ -e '${checkout.parent}/once' ] || { : >'${checkout.parent}/once'; echo $$ >'${checkout.parent}/npm-pid'; exec sleep 60; }`,
    );
    const child = checkout.start([]);
    const ended = outcomeOf(child);
    const npmPid = await waitFor(() => readPid(join(checkout.parent, "npm-pid")), {
      withinMs: 5_000,
      what: "npm runs",
    });
    child.kill("SIGTERM");
    assert.equal((await ended).status, 143);
    await waitFor(() => (existsSync(`/proc/${npmPid}`) ? undefined : true), {
      withinMs: 5_000,
      what: "npm has ended",
    });
    const again = await checkout.run(["go"]);
    assert.equal(again.status, 0, again.stderr);
    assert.match(again.stdout, /<go>/);
  });

  it("does not write its log through a link that somebody put in its way", async () => {
    using checkout = new FakeCheckout();
    checkout.npm("echo 'of npm'");
    const victim = join(checkout.parent, "victim");
    writeFileSync(victim, "mine");
    // The shell becomes the launcher and keeps its number, which used to be the whole secret of the name.
    const plant = 'link=/tmp/vdc-install-$(id -u)-$$.log; /bin/ln -s "$0" "$link"; echo "$link"; exec "$1"';
    const outcome = await checkout.run(["-c", plant, victim, checkout.launcher], { file: "/bin/sh" });
    assert.equal(outcome.status, 0, outcome.stderr);
    assert.equal(readFileSync(victim, "utf8"), "mine");
    rmSync(outcome.stdout.split("\n")[0] ?? "");
  });

  it("recovers a lock whose holder was killed", async () => {
    using checkout = new FakeCheckout();
    checkout.npm();
    mkdirSync(join(checkout.root, ".vdc-install-lock"));
    writeFileSync(join(checkout.root, ".vdc-install-lock", "pid"), "4194305\n"); // above the kernel's largest pid
    const outcome = await checkout.run([]);
    assert.equal(outcome.status, 0, outcome.stderr);
    assert.ok(!existsSync(join(checkout.root, ".vdc-install-lock")));
  });

  it("lets the second of two first runs wait for the first and use its work", async () => {
    using checkout = new FakeCheckout();
    checkout.npm("sleep 1");
    const outcomes = await Promise.all([checkout.run(["one"]), checkout.run(["two"])]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      [0, 0],
    );
    assert.equal(readFileSync(join(checkout.parent, "npm-runs"), "utf8"), "run\n");
    assert.match(
      outcomes.map(({ stderr }) => stderr).join(""),
      /another vdc .* is installing the dependencies; waiting/,
    );
  });
});

describe("the launcher that cannot install says what is missing and what helps", () => {
  const failsWith = async (checkout: FakeCheckout, expected: RegExp, remedy: RegExp) => {
    const outcome = await checkout.run([]);
    assert.equal(outcome.status, 7, outcome.stderr);
    assert.match(outcome.stderr, expected);
    assert.match(outcome.stderr, remedy);
  };

  it("no npm", async () => {
    using checkout = new FakeCheckout();
    await failsWith(checkout, /npm is not installed/, /apt install npm/);
  });

  it("no Node", async () => {
    using checkout = new FakeCheckout();
    checkout.npm();
    rmSync(join(checkout.bin, "node"));
    await failsWith(checkout, /Node\.js is not installed/, /apt install nodejs/);
  });

  it("a Node that is too old", async () => {
    using checkout = new FakeCheckout();
    checkout.npm();
    checkout.program("node", "echo v18.19.0");
    await failsWith(checkout, /is v18\.19\.0; 20 or newer is needed/, /nodejs\.org/);
  });

  it("too little disk space", async () => {
    using checkout = new FakeCheckout();
    checkout.npm();
    checkout.program(
      "df",
      "printf 'Filesystem 1M-blocks Used Available Capacity Mounted\\n/dev/a 9 9 12 99%% /\\n'",
    );
    await failsWith(checkout, /only 12 MiB are free .* need about 1024/, /Free some space/);
  });

  it("another system, another processor, another C library", async () => {
    using checkout = new FakeCheckout();
    checkout.npm();
    checkout.program("uname", "[ $1 = -s ] && echo Darwin || echo arm64");
    await failsWith(checkout, /runs on Linux; this is Darwin/, /Linux machine/);
    checkout.program("uname", "[ $1 = -s ] && echo Linux || echo riscv64");
    await failsWith(checkout, /no Node and no PostgreSQL for riscv64/, /x86_64/);
  });

  it("no network, with npm's own words and where the log is", async () => {
    using checkout = new FakeCheckout();
    checkout.program(
      "npm",
      'echo "npm error code EAI_AGAIN"; echo "npm error request to the registry failed" >&2; exit 1',
    );
    const outcome = await checkout.run([]);
    assert.equal(outcome.status, 7);
    assert.match(outcome.stderr, /npm error request to the registry failed/);
    assert.match(outcome.stderr, /the package registry cannot be reached/);
    const log = /Log: (\S+)/.exec(outcome.stderr)?.[1];
    assert.ok(log !== undefined && readFileSync(log, "utf8").includes("EAI_AGAIN"));
    rmSync(log);
    assert.ok(!existsSync(join(checkout.root, ".vdc-install-lock")));
  });

  it(
    "a checkout that is not ours to write",
    { skip: isRoot ? false : "needs root to become another user" },
    async () => {
      using checkout = new FakeCheckout();
      checkout.npm();
      const outcome = await checkout.run([], { uid: nobody });
      assert.equal(outcome.status, 7);
      assert.match(outcome.stderr, /is not yours to write/);
      assert.match(outcome.stderr, /as its owner \(root\)/);
      await checkout.run([]);
      const afterwards = await checkout.run(["status"], { uid: nobody });
      assert.equal(afterwards.status, 0, afterwards.stderr);
      assert.match(afterwards.stdout, /<status>/);
    },
  );
});

function readPid(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, "utf8"));
  return pid > 0 ? pid : undefined;
}
