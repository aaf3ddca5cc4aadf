import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "#lib/clock.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { isRunning } from "#test/e2e/support/center.ts";
import { settled, type StormCenter } from "./center.ts";
import { succeedAll } from "./gateways.ts";
import type { Kill } from "./verdict.ts";

type SceneName =
  | "rolling"
  | "canary"
  | "rollback"
  | "crashingRelease"
  | "killedInstance"
  | "scaling"
  | "handover"
  | "killedControl"
  | "killedPostgres"
  | "killedSupervisor"
  | "alone"
  | "brief"
  | "calm";

/** What is done to an app and its data center while clients ask. */
export interface Scene {
  readonly name: string;
  readonly run: (storm: StormCenter, app: string, kills: Kill[]) => Promise<void>;
}

async function set(storm: StormCenter, app: string, ...words: readonly string[]): Promise<void> {
  await storm.vdc("app", "set", app, ...words);
}

/** How long what is left of a data center is watched between two blows. */
const aloneMs = 3_000;

async function kill(instance: string, pid: number, kills: Kill[]): Promise<void> {
  const at = systemClock.monotonic();
  process.kill(pid, "SIGKILL");
  await waitFor(() => (isRunning(pid) ? undefined : true), {
    withinMs: 5_000,
    what: "the end of its process",
  });
  kills.push({ instance, at, goneAt: systemClock.monotonic() });
}

/** Whether something answers there, asked directly. */
async function answers(host: string | undefined, port: number | undefined): Promise<true | undefined> {
  try {
    const answer = await fetch(`http://${String(host)}:${String(port)}/healthz`);
    await answer.body?.cancel();
    return answer.ok ? true : undefined;
  } catch {
    return undefined; // it is not there yet
  }
}

async function killInstance(storm: StormCenter, app: string, kills: Kill[]): Promise<void> {
  const victim = (await storm.instances(app)).find(({ status }) => status.phase === "ready");
  const { pid } = victim?.status ?? {};
  assert.ok(victim !== undefined && pid !== undefined, "an instance is ready");
  const restarts = victim.status.restarts ?? 0;
  const at = systemClock.monotonic();
  process.kill(pid, "SIGKILL");
  await waitFor(() => (isRunning(pid) ? undefined : true), {
    withinMs: 5_000,
    what: "the end of its process",
  });
  kills.push({ instance: victim.name, at, goneAt: systemClock.monotonic() });
  await waitFor(
    async () => {
      const now = (await storm.instances(app)).find(({ name }) => name === victim.name);
      return now?.status.phase === "ready" && (now.status.restarts ?? 0) > restarts ? true : undefined;
    },
    { withinMs: 20_000, what: `${victim.name} is ready again after it was killed` },
  );
}

/** Kills a part of the data center, and waits until the supervisor has it ready again with another pid. */
async function killPart(storm: StormCenter, part: string): Promise<void> {
  const pid = await storm.pidOf(part);
  process.kill(pid, "SIGKILL");
  await waitFor(
    async () => {
      const now = (await storm.center.parts()).find(({ name }) => name === part);
      return now?.state === "ready" && now.pid !== pid ? true : undefined;
    },
    { withinMs: 30_000, what: `another ${part}` },
  );
  await storm.center.ready(30_000);
}

async function replaceGateway(storm: StormCenter, gateway: string): Promise<void> {
  const said = await storm.vdc("restart", gateway, "--data", storm.center.directory);
  assert.match(said, /\(handed over\)/);
}

export const scenes: Readonly<Record<SceneName, Scene>> = {
  rolling: {
    name: "a rolling rollout",
    run: async (storm, app) => await set(storm, app, "greeting=rolled"),
  },
  canary: {
    name: "a canary",
    run: async (storm, app) => {
      const rollout = { strategy: "canary", canary: [{ sharePercent: 30, seconds: 2 }] };
      await storm.patch(app, { rollout });
      await set(storm, app, "greeting=canary");
      await storm.patch(app, { rollout: { strategy: "rolling" } });
    },
  },
  rollback: {
    name: "a rollback",
    run: async (storm, app) => void (await storm.vdc("rollback", app)),
  },
  crashingRelease: {
    name: "a release that crashes at its start",
    run: async (storm, app) => {
      const said = await storm.fails("app", "set", app, "crashAtStart=yes");
      assert.match(said, /was rolled back/);
      const { status } = await storm.app(app);
      assert.equal(status.phase, "rolled-back");
      await set(storm, app, "crashAtStart=no");
    },
  },
  killedInstance: { name: "an instance that is killed", run: killInstance },
  scaling: {
    name: "from two to one, four, two",
    run: async (storm, app) => {
      for (const count of [1, 4, 2]) await storm.vdc("scale", app, `web=${count}`);
    },
  },
  handover: {
    name: "both gateways replaced",
    run: async (storm) => {
      for (const gateway of ["gateway-1", "gateway-2"]) await replaceGateway(storm, gateway);
    },
  },
  killedControl: {
    name: "control killed",
    run: async (storm) => await killPart(storm, "control"),
  },
  killedPostgres: {
    name: "PostgreSQL killed",
    run: async (storm) => await killPart(storm, "postgres"),
  },
  killedSupervisor: {
    name: "the supervisor killed, and `vdc up` again",
    run: async (storm) => {
      const pid = storm.center.supervisorPid();
      assert.ok(pid !== undefined, "it runs");
      process.kill(pid, "SIGKILL");
      await sleep(2_000); // what it held goes on without it
      storm.center.up();
      await storm.center.ready(60_000);
    },
  },
  alone: {
    name: "only gateways and instances are left: the gateways are replaced, an instance is killed",
    run: async (storm, app, kills) => {
      const victim = (await storm.instances(app)).find(({ status }) => status.phase === "ready");
      const supervisor = storm.center.supervisorPid();
      const others = [await storm.pidOf("control"), await storm.pidOf("postgres")];
      assert.ok(victim?.status.pid !== undefined && supervisor !== undefined, "all of it runs");
      const dead = [supervisor, ...others];
      for (const pid of dead) if (isRunning(pid)) process.kill(pid, "SIGKILL");
      await waitFor(() => (dead.some(isRunning) ? undefined : true), {
        withinMs: 10_000,
        what: "their ends",
      });
      await sleep(aloneMs);
      await succeedAll(storm);
      await sleep(aloneMs);
      await kill(victim.name, victim.status.pid, kills);
      const { address, port } = victim.status;
      await waitFor(async () => await answers(address, port), {
        withinMs: 30_000,
        what: `${victim.name} is there again, by its shim alone`,
      });
      await sleep(aloneMs);
      storm.center.up();
      await storm.center.ready(60_000);
    },
  },
  /** All at once, as far as a machine can do it in a few seconds. */
  brief: {
    name: "a rollout while a gateway is replaced, then an instance that is killed, then one more and one fewer",
    run: async (storm, app, kills) => {
      await Promise.all([scenes.rolling.run(storm, app, kills), replaceGateway(storm, "gateway-1")]);
      await killInstance(storm, app, kills);
      for (const count of [2, 1]) await storm.vdc("scale", app, `web=${count}`);
    },
  },
  calm: {
    name: "calm again",
    run: async (storm, app) => void (await settled(storm, app, { count: 2, withinMs: 90_000 })),
  },
};
