import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { discard, linesOf, newRun, ready, saidBy, seen, started } from "#apps/conformance/harness.ts";
import { sandboxFacts } from "#drivers/sandbox/facts.ts";
import { processHarness, type ProcessHarness } from "#test/support/process-engine.ts";

describe("a shim", { concurrency: 2 }, () => {
  let harness: ProcessHarness;
  before(async () => {
    harness = await processHarness();
  });
  after(async () => await harness[Symbol.asyncDispose]());

  const shimOf = async (id: string): Promise<number> => {
    const lock = await readFile(join(harness.dataDirectory, "instances", id, "lock"), "utf8");
    return (JSON.parse(lock) as { pid: number }).pid; // written by the shim
  };

  it("outlives the process that opened the engine, also when that is killed", async () => {
    const run = await newRun(harness);
    const program = `
      const { openProcessEngine } = await import("#apps/engines/process/open-process-engine.ts");
      const { systemClock } = await import("#lib/clock.ts");
      const { silentLog } = await import("#lib/log.ts");
      const { shimProgram } = await import("#main/shim-program.ts");
      const dataDirectory = process.argv[1];
      const engine = await openProcessEngine({ dataDirectory, shim: shimProgram(), clock: systemClock, log: silentLog });
      await engine.start(JSON.parse(process.argv[2]));
      console.log("started");
    `;
    const words = ["--input-type=module", "-e", program, harness.dataDirectory, JSON.stringify(run)];
    const opener = spawn(process.execPath, words, {
      cwd: process.cwd(),
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise<void>((resolve) => opener.stdout.once("data", () => resolve()));
    const earlier = await ready(harness, run.id);
    opener.kill("SIGKILL");
    await new Promise<void>((resolve) => opener.once("exit", () => resolve()));
    const answer = await fetch(`http://127.0.0.1:${run.port}/`);
    assert.equal(await answer.text(), "served");
    await using reopened = await harness.open();
    assert.equal((await reopened.observe(run.id))?.pid, earlier.pid);
    await discard(harness, run.id);
  });

  it("takes its instance with it when it is killed, and is started again with it", async () => {
    const id = await started(harness);
    const earlier = await ready(harness, id);
    process.kill(await shimOf(id), "SIGKILL");
    await harness.waitFor(
      async () =>
        await readFile(`/proc/${earlier.pid}/stat`, "utf8").then(
          (stat) => (stat.includes(") Z ") ? true : undefined),
          () => true,
        ),
      { withinMs: 5_000, what: "the instance's process ended with its shim" },
    );
    const later = await seen(
      harness,
      id,
      "it runs again",
      ({ phase, pid }) => phase === "ready" && pid !== earlier.pid,
    );
    assert.equal(later.restarts, 1);
    assert.match(later.lastExit?.detail ?? "", /held it was killed/);
    await discard(harness, id);
  });

  it("is one for each instance, however many engines start it", async () => {
    await using other = await harness.open();
    const run = await newRun(harness, { behaviour: { prints: ["once"] } });
    await Promise.all([harness.engine.start(run), other.start(run)]);
    await ready(harness, run.id);
    assert.deepEqual(saidBy(await linesOf(harness, run.id)), ["once"]);
    await discard(harness, run.id);
  });

  it("stops its instance when the machine goes down, and both come back", async () => {
    const id = await started(harness);
    await ready(harness, id);
    process.kill(await shimOf(id), "SIGTERM");
    const later = await seen(
      harness,
      id,
      "it runs again",
      ({ restarts, phase }) => restarts === 1 && phase === "ready",
    );
    assert.equal(later.phase, "ready");
    await discard(harness, id);
  });

  it("says that a program is missing, and starts none that another one's port would hide", async () => {
    const missing = await started(harness, {
      component: { command: ["no-such-program"], listens: false, restart: "no" },
    });
    const failed = await seen(harness, missing, "it failed", ({ phase }) => phase === "failed");
    assert.equal(failed.lastExit?.reason, "could-not-start");
    assert.match(failed.reason ?? "", /no-such-program/);
    await harness.engine.remove(missing);
    const first = await newRun(harness);
    await harness.engine.start(first);
    await ready(harness, first.id);
    const second = await newRun(harness, { component: { restart: "no" } });
    await harness.engine.start({ ...second, port: first.port });
    const hidden = await seen(harness, second.id, "it failed", ({ phase }) => phase === "failed");
    assert.match(hidden.reason ?? "", /another program listens/);
    await harness.engine.remove(second.id);
    await discard(harness, first.id);
  });

  it("refuses volumes that would cover its walls", async () => {
    const run = await newRun(harness, {
      component: { restart: "no" },
      volumes: [{ directory: harness.dataDirectory, path: "/usr", readOnly: true }],
    });
    await harness.engine.start(run);
    const failed = await seen(harness, run.id, "it failed", ({ phase }) => phase === "failed");
    assert.match(failed.reason ?? "", /volume cannot be at \/usr/);
    await harness.engine.remove(run.id);
  });

  it("mounts nothing where an app can put a link, nor over a link of its files", async () => {
    const at = (path: string) => ({ directory: harness.dataDirectory, path, readOnly: false });
    const artifact = await mkdtemp(join(tmpdir(), "vdc-linked-"));
    await mkdir(join(artifact, "data/evil"), { recursive: true });
    await symlink("data/evil", join(artifact, "cache"));
    const refused = async (volumes: readonly ReturnType<typeof at>[]) => {
      const run = await newRun(harness, { component: { restart: "no" }, volumes });
      await harness.engine.start({ ...run, artifactDirectory: artifact });
      const failed = await seen(harness, run.id, "it failed", ({ phase }) => phase === "failed");
      await harness.engine.remove(run.id);
      return failed.reason ?? "";
    };
    assert.match(await refused([at("/data"), at("/data/sub")]), /would lie in the volume at \/data/);
    assert.match(await refused([at("/srv/a/b"), at("/srv/a")]), /would lie in the volume at \/srv\/a/);
    assert.match(await refused([at("/app/cache")]), /a link on the way/);
    assert.match(await refused([at("/app/cache/below")]), /a link on the way/);
    await rm(artifact, { recursive: true });
  });

  it("names the version that is missing", async () => {
    const run = await newRun(harness, { component: { runtime: { name: "node", range: ">=99" } } });
    const answer = await harness.engine.canRun(run.component);
    assert.ok(!answer.can);
    assert.match(answer.reason, /needs Node\.js >=99, and this machine has \d+\.\d+/);
  });
});

describe("an instance's health", { concurrency: 3 }, () => {
  let harness: ProcessHarness;
  before(async () => {
    harness = await processHarness();
  });
  after(async () => await harness[Symbol.asyncDispose]());

  const quick = { intervalSeconds: 0.05, timeoutSeconds: 1, failures: 2, startSeconds: 5 };
  /** Serves what the file says: `200` or another status. */
  const server = `const fs = require("node:fs"); fs.writeFileSync("/tmp/status", "503");
    require("node:http").createServer((request, response) => { response.statusCode = Number(fs.readFileSync("/tmp/status")); response.end(); }).listen(process.env.PORT, "127.0.0.1")`;
  const say = async (id: string, status: string): Promise<void> => {
    const session = await harness.engine.exec(id, { command: ["sh", "-c", `echo ${status} > /tmp/status`] });
    assert.deepEqual(await session.ended, { code: 0 });
  };

  it("is not ready while its readiness check fails, ready when it passes, and unhealthy when it fails again", async () => {
    const run = await newRun(harness, {
      component: {
        command: ["node", "-e", server],
        health: { readiness: { ...quick, http: { path: "/ready" } } },
      },
    });
    await harness.engine.start(run);
    await seen(harness, run.id, "it starts", ({ pid }) => pid !== undefined);
    await harness.waitFor(
      async () =>
        await fetch(`http://127.0.0.1:${run.port}`).then(
          () => true,
          () => undefined,
        ),
      { withinMs: 5_000, what: "it listens" },
    );
    assert.equal((await harness.engine.observe(run.id))?.phase, "starting");
    await say(run.id, "204");
    await ready(harness, run.id);
    await say(run.id, "500");
    const unhealthy = await seen(harness, run.id, "it is unhealthy", ({ phase }) => phase === "unhealthy");
    assert.match(unhealthy.reason ?? "", /GET \/ready answered 500/);
    assert.equal(unhealthy.restarts, 0);
    await say(run.id, "200");
    await ready(harness, run.id);
    await discard(harness, run.id);
  });

  it("is started again when its liveness check fails", async () => {
    const command = ["sh", "-c", "test ! -e /tmp/hung"];
    const id = await started(harness, { component: { health: { liveness: { ...quick, command } } } });
    await ready(harness, id);
    const session = await harness.engine.exec(id, { command: ["touch", "/tmp/hung"] });
    await session.ended;
    const again = await seen(harness, id, "it was started again", ({ restarts }) => restarts === 1);
    assert.equal(again.lastExit?.reason, "unhealthy");
    assert.match(
      again.lastExit.detail ?? "",
      /2 liveness checks failed in a row: the command ended with status 1/,
    );
    await ready(harness, id);
    await discard(harness, id);
  });

  it("is started again when it does not start in time", async () => {
    const startup = { ...quick, startSeconds: 0.3, tcp: {} };
    const id = await started(harness, {
      behaviour: { neverReady: true },
      component: { health: { startup } },
    });
    const again = await seen(harness, id, "it was started again", ({ restarts }) => restarts >= 1);
    assert.match(again.lastExit?.detail ?? "", /did not start in 0\.3 s: nothing listens on port/);
    await discard(harness, id);
  });
});

describe("the machine without bubblewrap", () => {
  it("runs instances plain, and says what does not protect them", async () => {
    const facts = {
      ...sandboxFacts(),
      bubblewrap: {
        usable: false as const,
        reason: "bwrap is not installed",
        remedy: "apt install bubblewrap",
      },
    };
    await using harness = await processHarness({ facts });
    const run = await newRun(harness, {
      behaviour: { printsVariable: "GREETING" },
      environment: { GREETING: "hi" },
    });
    await harness.engine.start(run);
    const observed = await ready(harness, run.id);
    const named = new Map(observed.protections.map((each) => [each.name, each]));
    assert.equal(named.get("namespaces")?.active, false);
    assert.match(named.get("seccomp")?.detail ?? "", /apt install bubblewrap/);
    assert.equal(harness.engine.capabilities.volumes, false);
    assert.deepEqual(saidBy(await linesOf(harness, run.id)), ["GREETING=hi"]);
    await harness.engine.stop(run.id, { graceMs: 5_000 });
    assert.equal((await harness.engine.observe(run.id))?.phase, "stopped");
  });
});
