import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { identify } from "#drivers/process/identity.ts";
import { waitFor } from "#test/support/wait-for.ts";
import {
  ForegroundCenter,
  isRunning,
  launcher,
  placeholder,
  TemporaryFolder,
  vdc,
} from "./support/center.ts";

const folder = new TemporaryFolder();
const data = join(folder.path, "d");
after(() => folder[Symbol.dispose]());

describe("vdc up in the foreground", () => {
  let center: ForegroundCenter;
  before(async () => {
    center = new ForegroundCenter(data);
    await center.ready();
  });
  after(async () => await center[Symbol.asyncDispose]());

  it("prints one line for each part and the sign-in link last", async () => {
    assert.match(center.stdout, /^postgres +ready +\d+\.\d s {3}new cluster, PostgreSQL 18\.\d+$/m);
    assert.match(center.stdout, /^control +ready +\d+\.\d s {3}placeholder$/m);
    const lines = (await center.shows(/sign-in#link=only-once/)).input.trimEnd().split("\n");
    assert.match(lines.at(-1) ?? "", /sign-in#link=only-once$/);
  });

  it("keeps its files from other users, and its secrets out of command lines, environments and logs", () => {
    const modeOf = (path: string) => statSync(join(data, path)).mode & 0o777;
    assert.equal(modeOf("postgres/password"), 0o600);
    assert.equal(modeOf("run/supervisor.sock"), 0o600);
    for (const path of ["run", "logs", "tls", "postgres/data", "postgres/run"])
      assert.equal(modeOf(path), 0o700, path);
    for (const path of ["run/lock", "logs/control.log", "logs/postgres.log"])
      assert.equal(modeOf(path), 0o600, path);
    const password = readFileSync(join(data, "postgres/password"), "utf8");
    for (const pid of [center.pid, center.pidOf("postgres"), center.pidOf("control")]) {
      for (const file of ["cmdline", "environ"])
        assert.ok(!readFileSync(`/proc/${pid}/${file}`, "utf8").includes(password));
    }
    for (const part of ["postgres", "control"]) {
      const log = readFileSync(join(data, `logs/${part}.log`), "utf8");
      assert.ok(!log.includes(password) && !log.includes("only-once"));
    }
  });

  it("shows its parts as a table and as JSON", async () => {
    const table = await vdc(["status", "--data", data]);
    assert.equal(table.status, 0, table.stderr);
    assert.match(table.stdout, /^PART +STATE +PID/);
    assert.match(table.stdout, /^postgres +ready +\d+/m);
    const json = JSON.parse((await vdc(["status", "--data", data, "--json"])).stdout);
    assert.equal(json.pid, center.pid);
    assert.deepEqual(
      json.parts.map((part: { name: string; state: string }) => [part.name, part.state]),
      [
        ["postgres", "ready"],
        ["control", "ready"],
      ],
    );
    assert.ok(json.parts.every((part: { residentBytes: number }) => part.residentBytes > 2 ** 20));
  });

  it("tells a second up on the same data who is up already, and exits 5", async () => {
    const second = await vdc(["up", "--data", data, "--port", "0"]);
    assert.equal(second.status, 5);
    assert.match(
      second.stderr,
      new RegExp(`up already: process ${center.pid}, since \\d{4}-.*, at http://127\\.0\\.0\\.1:\\d+`),
    );
    assert.ok(isRunning(center.pid));
  });

  it("restarts a part on demand, and guesses what a wrong name meant", async () => {
    const old = center.pidOf("control");
    const outcome = await vdc(["restart", "control", "--data", data]);
    assert.equal(outcome.status, 0, outcome.stderr);
    assert.match(outcome.stdout, /^control is ready again after \d+\.\d s/);
    assert.notEqual(center.pidOf("control"), old);
    const wrong = await vdc(["restart", "contrl", "--data", data]);
    assert.equal(wrong.status, 4);
    assert.match(wrong.stderr, /did you mean control\?/);
  });

  it("starts a part again that was killed, and counts it", async () => {
    const killed = center.pidOf("control");
    process.kill(killed, "SIGKILL");
    await center.shows(/^control +down +it was ended by SIGKILL; starting it again in \d\.\d s$/m);
    await waitFor(() => (center.pidOf("control") === killed ? undefined : true), {
      withinMs: 10_000,
      what: "a new control",
    });
    await center.shows(/^control +recovered/m);
  });

  it("recovers PostgreSQL after its postmaster was killed, although its orphans still drain", async () => {
    process.kill(center.pidOf("postgres"), "SIGKILL");
    await center.shows(/^postgres +recovered/m);
  });

  it("shows logs merged by time and readable, and one of them raw", async () => {
    const all = await vdc(["logs", "--data", data]);
    assert.match(all.stdout, /^control +\d\d:\d\d:\d\d\.\d{3} info +placeholder\.started behaviour=well$/m);
    assert.match(all.stdout, /^postgres .*LOG: .*ready to accept connections|^postgres /m);
    const raw = await vdc(["logs", "control", "--json", "-n", "1", "--data", data]);
    assert.equal(JSON.parse(raw.stdout).msg, "placeholder.started");
    // No part is called so: then it may be an app, and the placeholder that stands in for control knows none.
    assert.equal((await vdc(["logs", "postgers", "--data", data])).status, 7);
  });

  it("takes its control along when it is killed, and the next up recovers the lock and adopts PostgreSQL", async () => {
    const [postgres, control] = [center.pidOf("postgres"), center.pidOf("control")];
    process.kill(center.pid, "SIGKILL");
    await center.ended();
    center = new ForegroundCenter(data);
    await center.ready();
    assert.ok(!isRunning(control));
    assert.match(center.stdout, /^postgres +ready +\d\.\d s {3}adopted, PostgreSQL/m);
    assert.equal(center.pidOf("postgres"), postgres);
  });

  it("stops an adopted PostgreSQL and everything else within 10 s of SIGTERM, and can be started again", async () => {
    const pids = [center.pidOf("postgres"), center.pidOf("control"), center.pid];
    const begun = performance.now();
    process.kill(center.pid, "SIGTERM");
    assert.equal(await center.ended(), 0);
    assert.ok(performance.now() - begun < 10_000);
    assert.deepEqual(pids.filter(isRunning), []);
    assert.match(center.stdout, /control +stopped[^]*postgres +stopped/);
    const log = readFileSync(join(data, "logs/postgres.log"), "utf8");
    center = new ForegroundCenter(data);
    await center.ready();
    assert.ok(
      !readFileSync(join(data, "logs/postgres.log"), "utf8")
        .slice(log.length)
        .includes("not properly shut down"),
    );
  });
});

describe("vdc up that hangs", () => {
  it("is ended at once by a second signal, and PostgreSQL recovers at the next start", async () => {
    const center = new ForegroundCenter(data, [], { env: { VDC_PLACEHOLDER: "stubborn" } });
    await center.ready();
    const begun = performance.now();
    process.kill(center.pid, "SIGINT");
    process.kill(center.pid, "SIGTERM");
    assert.equal(await center.ended(), 0);
    assert.ok(performance.now() - begun < 3_900, "control's own 4 s were not waited for");
    assert.match(center.stdout, /^control +stopped/m);
  });
});

describe("vdc up that cannot", () => {
  it("names who holds a taken port and the next free one", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    try {
      const outcome = await vdc(["up", "--data", join(folder.path, "taken"), "--port", String(address.port)]);
      assert.equal(outcome.status, 5);
      assert.match(
        outcome.stderr,
        new RegExp(`port ${address.port} is taken by .+ \\(pid ${process.pid}, user .+\\)`),
      );
      assert.match(outcome.stderr, /The next free one is \d+: --port \d+/);
    } finally {
      server.close();
    }
  });

  it("refuses an address that others can reach without TLS", async () => {
    const outcome = await vdc([
      "up",
      "--data",
      join(folder.path, "open"),
      "--listen",
      "0.0.0.0",
      "--port",
      "0",
    ]);
    assert.equal(outcome.status, 2);
    assert.match(outcome.stderr, /needs TLS: add --tls self-signed/);
  });

  it("names the limit when the data directory's path is too long for a socket, and creates nothing", async () => {
    const long = join(folder.path, "x".repeat(90));
    const outcome = await vdc(["up", "--data", long]);
    assert.equal(outcome.status, 2);
    assert.match(outcome.stderr, /too long: Linux allows 107 bytes/);
    assert.equal(statSync(long, { throwIfNoEntry: false }), undefined);
  });

  it("shows a part's own reason and what to do, stops the others and ends with 7", async () => {
    const outcome = await vdc(["up", "--data", data, "--port", "0"], { env: { VDC_PLACEHOLDER: "fail" } });
    assert.equal(outcome.status, 7);
    assert.match(outcome.stdout, /^control +failed +it cannot be done$/m);
    assert.match(outcome.stdout, /Do something else\./);
    assert.match(outcome.stdout, /^postgres +stopped/m);
  });

  it("shows the end of a part's log when it keeps crashing, with growing pauses", async () => {
    await using center = new ForegroundCenter(data, [], { env: { VDC_PLACEHOLDER: "crash" } });
    await center.shows(/\| .*placeholder\.started/);
    const pauses = [...center.stdout.matchAll(/status 3; starting it again in (\d+\.\d) s/g)].map((match) =>
      Number(match[1]),
    );
    assert.ok(pauses.length >= 3 && (pauses[0] ?? 9) <= 0.3 && (pauses[2] ?? 0) >= 0.5, String(pauses));
  });
});

describe("vdc up --detach", () => {
  it("returns when all is ready, leaves it running, and down stops it and says what it did", async () => {
    const up = await vdc(["up", "--detach", "--data", data, "--port", "0"]);
    assert.equal(up.status, 0, up.stdout + up.stderr);
    assert.match(up.stdout, /^control +ready[^]*The data center is up: http/m);
    const { pid } = JSON.parse(readFileSync(join(data, "run/lock"), "utf8"));
    assert.ok(identify(pid) !== undefined);
    assert.ok(!readFileSync(join(data, "logs/supervisor.log"), "utf8").includes("only-once"));
    const down = await vdc(["down", "--data", data]);
    assert.equal(down.status, 0, down.stderr);
    assert.match(
      down.stdout,
      new RegExp(
        `^Stopped control, postgres and the supervisor \\(process ${pid}\\) in \\d+\\.\\d s\\.$`,
        "m",
      ),
    );
    assert.equal(identify(pid), undefined);
  });

  it("stops what it has started when it is interrupted before all is ready", async () => {
    const child = spawn(launcher, ["up", "--detach", "--data", data, "--port", "0", "--gateways", "0"], {
      env: { ...process.env, VDC_CONTROL_SCRIPT: placeholder, VDC_PLACEHOLDER: "silent" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(child, "close");
    let stdout = "";
    child.stdout.on("data", (chunk) => (stdout += String(chunk)));
    await waitFor(() => (/^postgres +ready/m.test(stdout) ? true : undefined), {
      withinMs: 20_000,
      what: "PostgreSQL",
    });
    child.kill("SIGINT");
    assert.deepEqual(await closed, [130, null]);
    assert.match(stdout, /^postgres +stopped/m);
    assert.match((await vdc(["down", "--data", data])).stdout, /not running/);
  });

  it("uses the database that VDC_DATABASE_URL names, and tells its password nobody", async () => {
    const env = { VDC_DATABASE_URL: "postgresql://u:a-password@127.0.0.1:1/x" };
    const folderOfIt = join(folder.path, "e");
    const up = await vdc(["up", "--detach", "--data", folderOfIt, "--port", "0"], { env });
    assert.equal(up.status, 0, up.stderr);
    assert.doesNotMatch(up.stdout, /postgres +ready/);
    const { pid } = JSON.parse(readFileSync(join(folderOfIt, "run/lock"), "utf8"));
    assert.ok(!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("a-password"));
    assert.ok(!readFileSync(join(folderOfIt, "logs/control.log"), "utf8").includes("a-password"));
    await vdc(["down", "--data", folderOfIt]);
  });

  it("ends with the reason and its status when a part cannot start", async () => {
    const up = await vdc(["up", "--detach", "--data", data, "--port", "0"], {
      env: { VDC_PLACEHOLDER: "fail" },
    });
    assert.equal(up.status, 7);
    assert.match(up.stdout, /it cannot be done/);
  });

  it("is nothing to stop, and nothing to show, when it is not running", async () => {
    const down = await vdc(["down", "--data", data]);
    assert.equal(down.status, 0);
    assert.match(down.stdout, /not running/);
    const status = await vdc(["status", "--data", data]);
    assert.equal(status.status, 7);
    assert.match(status.stderr, /not running/);
  });
});
