import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { appKind, type AppSpec, type AppStatus } from "#api/kinds/app.ts";
import { instanceKind, type InstanceSpec, type InstanceStatus } from "#api/kinds/instance.ts";
import { systemClock } from "#lib/clock.ts";
import type { JsonObject } from "#lib/json.ts";
import { liveGateways, type GatewayIdentity } from "#main/gateway/identity.ts";
import { repositoryRoot } from "#main/repository.ts";
import { cliWorld, type CliWorld } from "#test/support/cli-call.ts";
import { startRealDataCenter, type RealDataCenter } from "#test/support/real-data-center.ts";
import { waitFor } from "#test/support/wait-for.ts";
import type { Target } from "./http1-clients.ts";

/** A real data center with two gateways, and what a storm does to it. */
export interface StormCenter extends AsyncDisposable {
  readonly center: RealDataCenter;
  readonly target: (app: string) => Target;
  /** Runs a command to its end, which has to be a good one; gives its standard output. */
  vdc(...words: readonly string[]): Promise<string>;
  /** The same, for one that has to fail. */
  fails(...words: readonly string[]): Promise<string>;
  app(name: string): Promise<{ readonly spec: AppSpec; readonly status: AppStatus }>;
  /** Changes the app's spec, beside what the command line can. */
  patch(name: string, spec: JsonObject): Promise<void>;
  instances(app: string): Promise<readonly StormInstance[]>;
  gateways(): readonly GatewayIdentity[];
  pidOf(part: string): Promise<number>;
}

export interface StormInstance {
  readonly name: string;
  readonly spec: InstanceSpec;
  readonly status: InstanceStatus;
}

/** The folder of the storms' app, with the one library that it uses. */
function stormSource(): { readonly folder: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "vdc-storm-"));
  cpSync(join(repositoryRoot, "test/storm/app"), folder, { recursive: true });
  cpSync(join(repositoryRoot, "node_modules/ws"), join(folder, "node_modules/ws"), { recursive: true });
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The first start after a change of the console builds it. */
const startsWithinMs = 180_000;

export async function startStormCenter(gatewayCount = 2): Promise<StormCenter> {
  const center = await startRealDataCenter(["--gateways", String(gatewayCount)]);
  const world = cliWorld({ socketPath: join(center.directory, "run", "control.sock"), local: true });
  try {
    await center.ready(startsWithinMs);
  } catch (error) {
    world[Symbol.dispose]();
    await center[Symbol.asyncDispose]();
    throw error;
  }
  const gateways = () => liveGateways(join(center.directory, "run", "gateway"));
  const { client } = center;
  const key = (name: string) => ({ project: "default", name });
  return {
    center,
    gateways,
    target: (app) => {
      const [{ httpPort, httpsPort }] = present(gateways());
      return { port: httpPort, securePort: httpsPort, host: `${app}.localhost` };
    },
    vdc: async (...words) => await wellDone(world, words, center),
    fails: async (...words) => {
      const { status, stdout, stderr } = await world.call(words);
      assert.notEqual(status, 0, `vdc ${words.join(" ")} should fail: ${stdout}`);
      return stderr;
    },
    app: async (name) => {
      const { spec, status } = await client.get(appKind, key(name));
      return { spec: spec as AppSpec, status: status }; // as the kind's schemas say
    },
    patch: async (name, spec) => void (await client.patch(appKind, key(name), { spec })),
    instances: async (app) => {
      const { items } = await client.list(instanceKind, { project: "default" });
      return (items as unknown as StormInstance[]).filter(({ spec }) => spec.app === app); // as the kind's schemas say
    },
    pidOf: async (part) => {
      const pid = (await center.parts()).find(({ name }) => name === part)?.pid;
      assert.ok(pid !== undefined, `${part} runs`);
      return pid;
    },
    [Symbol.asyncDispose]: async () => {
      world[Symbol.dispose]();
      await center[Symbol.asyncDispose]();
    },
  };
}

async function wellDone(world: CliWorld, words: readonly string[], center: RealDataCenter): Promise<string> {
  const { status, stdout, stderr } = await world.call(words);
  assert.equal(
    status,
    0,
    `vdc ${words.join(" ")}: ${stdout}${stderr}\nthe data center said:\n${center.output()}`,
  );
  return stdout;
}

function present<T>(values: readonly T[]): readonly [T] {
  const [first] = values;
  assert.ok(first !== undefined, "one is there");
  return [first];
}

/** Waits until every instance that is meant to run is ready and nothing else is left. */
export async function settled(
  storm: StormCenter,
  app: string,
  { count, withinMs }: { readonly count: number; readonly withinMs: number },
): Promise<readonly StormInstance[]> {
  return await waitFor(
    async () => {
      const there = await storm.instances(app).catch(() => []); // control may be on its way back
      const isSettled = there.length === count && there.every(({ status }) => status.phase === "ready");
      return isSettled ? there : undefined;
    },
    { withinMs, what: `${count} instances of ${app}, all ready` },
  );
}

/** What an instance says of itself, asked at its own port and not through a gateway. */
export async function statsOf({
  status,
}: StormInstance): Promise<{ readonly now: number; readonly most: number }> {
  return await new Promise((resolve, reject) => {
    const sent = request(
      { host: status.address, port: status.port, path: "/stats", agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve(JSON.parse(text) as { now: number; most: number })); // the app's own words
      },
    );
    sent.on("error", reject).end();
  });
}

export interface ServingSample {
  /** On the monotonic clock: when it was asked, and when it was known. */
  readonly askedAt: number;
  readonly at: number;
  readonly serving: readonly number[];
}

const sampleEveryMs = 200;

/** Asks four times a second which releases the app is said to be served by; what control cannot answer is left out. */
export function sampleServing(
  storm: StormCenter,
  app: string,
): { stop(): Promise<readonly ServingSample[]> } {
  const samples: ServingSample[] = [];
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const askedAt = systemClock.monotonic();
      const { status } = await storm.app(app).catch(() => ({ status: undefined }));
      if (status !== undefined)
        samples.push({ askedAt, at: systemClock.monotonic(), serving: status.servingReleases ?? [] });
      await systemClock.sleep(sampleEveryMs);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await running;
      return samples;
    },
  };
}

/** Deploys the storms' app, ready to be shaken. */
export async function deployStorm(storm: StormCenter, replicas: number): Promise<void> {
  using source = stormSource();
  await storm.vdc("deploy", source.folder, "--accept-licence");
  await storm.patch("storm", { rollout: { watchSeconds: 1 } });
  if (replicas !== 1) await storm.vdc("scale", "storm", `web=${replicas}`);
  await settled(storm, "storm", { count: replicas, withinMs: 30_000 });
}
