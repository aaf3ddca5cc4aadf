import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { identify } from "#drivers/process/identity.ts";
import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import { PartFailure, type PartEvent, type ProcessPart, type Step } from "#main/supervisor/part.ts";
import { Supervisor } from "#main/supervisor/supervisor.ts";
import { waitFor } from "#test/support/wait-for.ts";

let folder = "";
let events: PartEvent[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vdc-sup-"));
  events = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A shell script as a part; it is ready when it has written the file `ready`. */
function shellPart(name: string, script: string, changes: Partial<ProcessPart> = {}): ProcessPart {
  return {
    kind: "process",
    name,
    dependsOn: [],
    readyWithinMs: 5_000,
    stop: [{ signal: "SIGTERM", withinMs: 1_000 }],
    launch: () => ({
      file: "/bin/sh",
      args: ["-c", script],
      cwd: folder,
      env: { PATH: "/usr/bin:/bin" },
      channel: false,
    }),
    ready: async () => ({}),
    ...changes,
  };
}

function supervise(parts: readonly (ProcessPart | Step)[]): Supervisor {
  const onEvent = (event: PartEvent) => void events.push(event);
  return new Supervisor(parts, { clock: systemClock, random: systemRandom, logDirectory: folder, onEvent });
}

const order = () => events.filter(({ type }) => type !== "down").map(({ type, part }) => `${part} ${type}`);
const sleeper = "exec sleep 60";

describe("the supervisor", () => {
  it("starts parts after what they need and stops them before it", async () => {
    const step: Step = {
      kind: "step",
      name: "step",
      dependsOn: ["a"],
      run: async () => ({ label: "built" }),
    };
    const supervisor = supervise([
      shellPart("a", sleeper),
      step,
      shellPart("b", sleeper, { dependsOn: ["step"] }),
    ]);
    await supervisor.start();
    const pids = supervisor.status().map(({ pid }) => pid ?? 0);
    await supervisor.stop();
    await supervisor.stop();
    assert.deepEqual(order(), ["a ready", "step ready", "b ready", "b stopped", "a stopped"]);
    assert.deepEqual(pids.map(identify), [undefined, undefined]);
  });

  it("starts a part that ended again, at once on demand and later with growing pauses", async () => {
    await using supervisor = supervise([shellPart("a", "sleep 0.05; exit 4")]);
    await supervisor.start();
    await waitFor(() => (events.filter(({ type }) => type === "down").length >= 3 ? true : undefined), {
      withinMs: 10_000,
      what: "three ends",
    });
    const pauses = events.flatMap((event) => (event.type === "down" ? [event.retryInMs ?? 0] : []));
    const [first = 0, second = 0, third = 0] = pauses;
    assert.ok(first >= 125 && first <= 250 && second >= 250 && second <= 500 && third >= 500, String(pauses));
    assert.equal(supervisor.status()[0]?.state, "failed");
    assert.ok((supervisor.status()[0]?.restarts ?? 0) >= 3);
  });

  it("gives a first start up at once when the part says that trying again cannot help", async () => {
    const failing = shellPart("a", sleeper, {
      ready: async () => {
        throw new PartFailure("it cannot be", { permanent: true, remedy: "do something else" });
      },
    });
    await using supervisor = supervise([failing, shellPart("b", sleeper, { dependsOn: ["a"] })]);
    await assert.rejects(supervisor.start(), { message: "it cannot be", remedy: "do something else" });
    assert.equal(events.length, 1);
    assert.ok(events[0]?.type === "down" && events[0].retryInMs === undefined);
  });

  it("tries a part that is not ready in time again, with its process ended", async () => {
    let starts = 0;
    const slow = shellPart("a", sleeper, {
      readyWithinMs: 100,
      ready: async (_, signal) => {
        starts += 1;
        if (starts === 1) await systemClock.sleep(60_000, signal);
        return { note: `start ${starts}` };
      },
    });
    await using supervisor = supervise([slow]);
    await supervisor.start();
    assert.equal(supervisor.status()[0]?.note, "start 2");
    assert.ok(events[0]?.type === "down" && events[0].reason === "it was not ready within 0.1 s");
  });

  it("kills a part that ignores its signal", async () => {
    const stubborn = shellPart("a", 'trap "" TERM; : >up; while :; do sleep 0.1; done', {
      stop: [{ signal: "SIGTERM", withinMs: 200 }],
      ready: async () =>
        await waitFor(() => (exists("up") ? {} : undefined), { withinMs: 3_000, what: "its trap" }),
    });
    const supervisor = supervise([stubborn]);
    await supervisor.start();
    await supervisor.stop();
    const stopped = events.at(-1);
    assert.ok(stopped?.type === "stopped" && stopped.forced);
  });

  it("restarts a part on demand without counting a failure, and knows no part that it was not given", async () => {
    await using supervisor = supervise([shellPart("a", sleeper)]);
    await supervisor.start();
    const before = supervisor.status()[0]?.pid;
    assert.deepEqual(await supervisor.restart("a"), {});
    assert.notEqual(supervisor.status()[0]?.pid, before);
    assert.equal(events.filter(({ type }) => type === "down").length, 0);
    assert.equal(await supervisor.restart("b"), undefined);
  });

  it("adopts a process that was left running, sees it end, and starts its own then", async () => {
    const first = supervise([shellPart("a", sleeper)]);
    await first.start();
    const left = identify(first.status()[0]?.pid ?? 0);
    assert.ok(left !== undefined);
    let offered = false;
    const adopt = () => {
      if (offered) return undefined;
      offered = true;
      return left;
    };
    await using second = supervise([shellPart("a", sleeper, { adopt })]);
    await second.start();
    assert.equal(second.status()[0]?.pid, left.pid);
    await first.stop();
    await waitFor(
      () =>
        second.status()[0]?.pid === left.pid || second.status()[0]?.state !== "ready" ? undefined : true,
      { withinMs: 5_000, what: "a new process" },
    );
    assert.ok(events.some((event) => event.type === "down" && event.reason === "it ended"));
  });

  it("says that a program is missing", async () => {
    const missing = shellPart("a", "", {
      launch: () => ({ file: "/nonexistent/program", args: [], cwd: folder, env: {}, channel: false }),
    });
    const supervisor = supervise([missing]);
    const started = supervisor.start();
    started.catch(() => undefined); // it is stopped below, while it tries again
    await waitFor(() => events[0], { withinMs: 5_000, what: "the first failure" });
    assert.ok(events[0]?.type === "down" && events[0].reason.includes("ENOENT"));
    await supervisor.stop();
    await assert.rejects(started, /stopped while starting/);
  });
});

function exists(name: string): boolean {
  return statSync(join(folder, name), { throwIfNoEntry: false }) !== undefined;
}
