import { join } from "node:path";
import { identify, isAlive, signalProcess, type ProcessIdentity } from "#drivers/process/identity.ts";
import type { SpawnSpec } from "#drivers/process/running.ts";
import type { Clock } from "#lib/clock.ts";
import { threadsFor } from "#main/catalog/drive-list.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { frontConfigVariable, frontNodeFlags, type FrontConfig } from "#main/objects/config.ts";
import {
  adminSocketPath,
  liveProcesses,
  readIdentity,
  removeStale,
  type ObjectsIdentity,
} from "#main/objects/identity.ts";
import { repositoryRoot } from "#main/repository.ts";
import { PartFailure, type ProcessPart } from "#main/supervisor/part.ts";
import { callSocket } from "#main/supervisor/socket-call.ts";

const pollMs = 20;
/** A front gives its successor 20 s, and answers then. */
const succeedWithinMs = 25_000;
/** For processes that drain still when everything stops. */
const sweepWithinMs = 1_000;
/** Clients wait for a process that died: it is started again at once, and its failures are forgotten soon. */
export const eagerRestarts = { retry: { baseMs: 20, maxMs: 1_000 }, stableAfterMs: 1_000 } as const;

/** Where the fronts listen, and under which names. */
export interface ObjectsPlace {
  readonly host: string;
  readonly port: number;
  readonly region: string;
  readonly domains: readonly string[];
  /** Of the console, whose pages send and fetch objects themselves. */
  readonly trustedOrigins?: readonly string[];
}

/** A front of the object store. It lives and is replaced as a gateway is (see gateway-part.ts): nothing of a restart is seen by clients. */
export function objectsPart(options: {
  /** `objects-1` */
  readonly name: string;
  readonly directory: DataDirectory;
  readonly place: ObjectsPlace;
  /** Drives of a new store. */
  readonly drives: readonly string[];
  readonly version: string;
  /** The program; another one in tests. */
  readonly script?: string;
  readonly clock: Clock;
}): ProcessPart {
  const { name, directory, place, version, clock } = options;
  const script = options.script ?? join(repositoryRoot, "src/main/objects.ts");
  const args = [...frontNodeFlags, script];
  const serving = () => liveProcesses(directory.objectsRun, name).findLast(({ state }) => state === "ready");
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
    restarts: eagerRestarts,
    // It drains for 2 s; a second signal ends it at once.
    stop: [
      { signal: "SIGTERM", withinMs: 3_000 },
      { signal: "SIGTERM", withinMs: 500 },
    ],
    prepare: async () => {
      removeStale(directory.objectsRun);
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
    launch: () => program(args, options),
    ready: async ({ identity: { pid } }, signal) => {
      const { port } = await untilReady({ directory, name, pid, clock, signal });
      return { note: `${origin}S3 at port ${port}` };
    },
    replace: async ({ identity }, signal) => await replace(identity, signal),
    sweep: async () => await sweepProcesses(directory, name, clock),
  };
}

function program(
  args: readonly string[],
  {
    name,
    directory,
    place,
    drives,
  }: Pick<Parameters<typeof objectsPart>[0], "name" | "directory" | "place" | "drives">,
): SpawnSpec {
  const config: FrontConfig = { name, dataDirectory: directory.root, ...place, inherits: false };
  return {
    file: process.execPath,
    args,
    cwd: repositoryRoot,
    env: {
      ...process.env,
      UV_THREADPOOL_SIZE: String(threadsFor(directory, drives)),
      [frontConfigVariable]: JSON.stringify(config),
    },
    channel: false,
  };
}

/** What runs already, whoever started it. */
export function runningFronts(directory: DataDirectory): readonly ObjectsIdentity[] {
  return liveProcesses(directory.objectsRun).filter(
    ({ name, state }) => name !== "catalog" && state === "ready",
  );
}

function fits(front: ObjectsIdentity, place: ObjectsPlace): boolean {
  return front.host === place.host && front.port === place.port;
}

/** Until the process says that it serves. Throws `PartFailure` with its own words when it says that it cannot. */
export async function untilReady(wanted: {
  readonly directory: DataDirectory;
  readonly name: string;
  readonly pid: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<ObjectsIdentity> {
  const { directory, name, pid, clock, signal } = wanted;
  // Bounded by the signal, which aborts when the start's time is over.
  for (;;) {
    const identity = readIdentity(directory.objectsRun, name, pid);
    if (identity?.state === "failed") throw failureOf(identity);
    if (identity?.state === "ready") return identity;
    await clock.sleep(pollMs, signal);
  }
}

async function succeed(
  directory: DataDirectory,
  old: Pick<ObjectsIdentity, "name" | "pid">,
  next: { readonly command: readonly string[]; readonly cwd: string },
  signal: AbortSignal | undefined,
): Promise<ProcessIdentity> {
  const answer = await callSocket(adminSocketPath(directory.objectsRun, old), {
    method: "POST",
    path: "/v1/succeed",
    body: JSON.stringify(next),
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
    remedy: "The front that was to be replaced goes on; its log says more.",
  });
}

function failureOf({ failure }: ObjectsIdentity): PartFailure {
  return new PartFailure(failure?.message ?? "it failed", {
    permanent: failure?.permanent ?? false,
    ...(failure?.remedy === undefined ? {} : { remedy: failure.remedy }),
  });
}

/** Ends what of this name still runs. */
export async function sweepProcesses(directory: DataDirectory, name: string, clock: Clock): Promise<void> {
  const left = liveProcesses(directory.objectsRun, name);
  for (const process of left) signalProcess(process, "SIGTERM");
  const end = clock.monotonic() + sweepWithinMs;
  while (left.some(isAlive) && clock.monotonic() < end) await clock.sleep(pollMs);
  for (const process of left) signalProcess(process, "SIGKILL");
  removeStale(directory.objectsRun);
}
