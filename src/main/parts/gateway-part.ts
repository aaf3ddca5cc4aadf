import { join } from "node:path";
import { identify, isAlive, signalProcess, type ProcessIdentity } from "#drivers/process/identity.ts";
import type { Clock } from "#lib/clock.ts";
import type { SpawnSpec } from "#drivers/process/running.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { gatewayConfigVariable, gatewayNodeFlags, type GatewayConfig } from "#main/gateway/config.ts";
import {
  liveGateways,
  readIdentity,
  removeStale,
  socketPath,
  type GatewayIdentity,
} from "#main/gateway/identity.ts";
import { repositoryRoot } from "#main/repository.ts";
import { PartFailure, type ProcessPart } from "#main/supervisor/part.ts";
import { callSocket } from "#main/supervisor/socket-call.ts";

const pollMs = 20;
/** A gateway gives its successor 20 s, and answers then. */
const succeedWithinMs = 25_000;
/** For processes that drain still when everything stops. */
const sweepWithinMs = 1_000;

/** Where the gateways of a data center listen. */
export interface GatewayPlace {
  readonly host: string;
  readonly httpPort: number;
  readonly httpsPort: number;
}

/**
 * A gateway process. It is tied neither to the supervisor's life nor to control's: one that a killed supervisor left is adopted, and
 * handed over when it runs another version. A restart is a handover: its successor gets its listening sockets.
 */
export function gatewayPart(options: {
  /** `gateway-1` */
  readonly name: string;
  readonly directory: DataDirectory;
  readonly place: GatewayPlace;
  /** How many there are. */
  readonly gateways: number;
  readonly version: string;
  /** The program; another one in tests. */
  readonly script?: string;
  readonly clock: Clock;
}): ProcessPart {
  const { name, directory, place, gateways, version, clock } = options;
  const script = options.script ?? join(repositoryRoot, "src/main/gateway.ts");
  const args = [...gatewayNodeFlags, script];
  const own = () => liveGateways(directory.gatewayRun).filter((gateway) => gateway.name === name);
  const serving = () => own().findLast(({ state }) => state === "ready");
  const replace = async (old: ProcessIdentity, signal?: AbortSignal) =>
    await succeed(
      directory,
      { name, pid: old.pid },
      { command: [process.execPath, ...args], cwd: repositoryRoot },
      signal,
    );
  let origin = "";
  return {
    kind: "process",
    name,
    dependsOn: [],
    readyWithinMs: 20_000,
    // It drains for 2 s; a second signal ends it at once.
    stop: [
      { signal: "SIGTERM", withinMs: 3_000 },
      { signal: "SIGTERM", withinMs: 500 },
    ],
    prepare: async () => {
      removeStale(directory.gatewayRun);
      origin = "";
      const left = serving();
      if (left === undefined) return;
      if (!fits(left, place)) {
        signalProcess(left, "SIGTERM"); // it listens elsewhere, and may drain beside its successor
      } else if (left.version === version) {
        origin = "adopted, ";
      } else {
        await replace(left);
        origin = `handed over by version ${left.version}, `;
      }
    },
    adopt: () => {
      const left = serving();
      return left !== undefined && fits(left, place) ? left : undefined;
    },
    launch: () =>
      gatewayProgram(args, { name, dataDirectory: directory.root, ...place, gateways, inherits: false }),
    ready: async ({ identity: { pid } }, signal) => {
      const { httpPort, httpsPort } = await untilReady({ directory, name, pid, clock, signal });
      return { note: `${origin}ports ${httpPort} and ${httpsPort}` };
    },
    replace: async ({ identity }, signal) => await replace(identity, signal),
    sweep: async () => await sweep(own(), directory, clock),
  };
}

function gatewayProgram(args: readonly string[], config: GatewayConfig): SpawnSpec {
  return {
    file: process.execPath,
    args,
    cwd: repositoryRoot,
    env: { ...process.env, [gatewayConfigVariable]: JSON.stringify(config) },
    channel: false,
  };
}

/** What runs already, whoever started it; several data centers may not share their ports. */
export function runningGateways(directory: DataDirectory): readonly GatewayIdentity[] {
  return liveGateways(directory.gatewayRun).filter(({ state }) => state === "ready");
}

function fits(gateway: GatewayIdentity, place: GatewayPlace): boolean {
  return (
    gateway.host === place.host &&
    gateway.httpPort === place.httpPort &&
    gateway.httpsPort === place.httpsPort
  );
}

async function untilReady(wanted: {
  readonly directory: DataDirectory;
  readonly name: string;
  readonly pid: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<GatewayIdentity> {
  const { directory, name, pid, clock, signal } = wanted;
  // Bounded by the signal, which aborts when the start's time is over.
  for (;;) {
    const identity = readIdentity(directory.gatewayRun, name, pid);
    if (identity?.state === "failed") throw failureOf(identity);
    if (identity?.state === "ready") return identity;
    await clock.sleep(pollMs, signal);
  }
}

async function succeed(
  directory: DataDirectory,
  old: Pick<GatewayIdentity, "name" | "pid">,
  program: { readonly command: readonly string[]; readonly cwd: string },
  signal: AbortSignal | undefined,
): Promise<ProcessIdentity> {
  const answer = await callSocket(socketPath(directory.gatewayRun, old), {
    method: "POST",
    path: "/v1/succeed",
    body: JSON.stringify(program),
    withinMs: succeedWithinMs,
    who: old.name,
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    throw new PartFailure("it did not hand over", { permanent: false, cause: error });
  });
  const body = JSON.parse(answer?.body ?? "{}") as Partial<ProcessIdentity> & { readonly detail?: string }; // our own program's answer; checked below
  const successor = body.pid === undefined ? undefined : identify(body.pid);
  if (answer?.status === 200 && successor !== undefined) return successor;
  throw new PartFailure(`it did not hand over: ${body.detail ?? "it does not answer"}`, {
    permanent: false,
    remedy: "The gateway that was to be replaced goes on; its log says more.",
  });
}

function failureOf({ failure }: GatewayIdentity): PartFailure {
  return new PartFailure(failure?.message ?? "it failed", {
    permanent: failure?.permanent ?? false,
    ...(failure?.remedy === undefined ? {} : { remedy: failure.remedy }),
  });
}

async function sweep(
  left: readonly GatewayIdentity[],
  directory: DataDirectory,
  clock: Clock,
): Promise<void> {
  for (const gateway of left) signalProcess(gateway, "SIGTERM");
  const end = clock.monotonic() + sweepWithinMs;
  while (left.some(isAlive) && clock.monotonic() < end) await clock.sleep(pollMs);
  for (const gateway of left) signalProcess(gateway, "SIGKILL");
  removeStale(directory.gatewayRun);
}
