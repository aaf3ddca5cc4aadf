import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { identify, isAlive, signalProcess } from "#drivers/process/identity.ts";
import type { TcpListener } from "#drivers/tcp/listen.ts";
import type { Clock } from "#lib/clock.ts";
import { gatewayConfigVariable, type GatewayConfig } from "./config.ts";
import { readIdentity, type GatewayIdentity } from "./identity.ts";

/** The program that a successor runs; the supervisor of a newer version names its own. */
export interface SuccessorProgram {
  /** Node, its flags and the program. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
}

const readyWithinMs = 20_000;
const pollMs = 10;

/**
 * Starts a process that listens on our own sockets, and waits until it serves. Both accept from the same queue then; when we close
 * ours, nothing that waits in it is lost, which no second socket on the same port could promise. Throws, with us still serving.
 */
export async function startSuccessor(options: {
  readonly program: SuccessorProgram;
  readonly config: GatewayConfig;
  readonly listeners: { readonly http: TcpListener; readonly https: TcpListener };
  readonly runFolder: string;
  readonly logFile: string;
  readonly clock: Clock;
}): Promise<GatewayIdentity> {
  const { program, config, listeners, runFolder, clock } = options;
  const [file, ...args] = program.command;
  const log = openSync(options.logFile, "a", 0o600);
  const child = spawn(file, args, {
    cwd: program.cwd,
    detached: true, // it lives longer than we do
    env: { ...process.env, [gatewayConfigVariable]: JSON.stringify({ ...config, inherits: true }) },
    stdio: ["ignore", log, log, listeners.http.descriptor, listeners.https.descriptor],
  });
  closeSync(log);
  const failed = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(new Error(`the successor ended before it was ready (${signal ?? `status ${code}`})`)),
    );
  });
  failed.catch(() => undefined); // every successor ends one day
  child.unref();
  const { pid } = child;
  if (pid === undefined) return await failed;
  const ready = untilReady({ runFolder, name: config.name, pid, clock });
  try {
    return await Promise.race([ready, failed]);
  } catch (error) {
    const identity = identify(pid);
    if (identity !== undefined) signalProcess(identity, "SIGKILL");
    throw error;
  }
}

async function untilReady(where: {
  readonly runFolder: string;
  readonly name: string;
  readonly pid: number;
  readonly clock: Clock;
}): Promise<GatewayIdentity> {
  const { runFolder, name, pid, clock } = where;
  const end = clock.monotonic() + readyWithinMs;
  while (clock.monotonic() < end) {
    const identity = readIdentity(runFolder, name, pid);
    if (identity?.state === "failed") throw new Error(identity.failure?.message ?? "the successor failed");
    if (identity?.state === "ready" && isAlive(identity)) return identity;
    await clock.sleep(pollMs);
  }
  throw new Error(`the successor was not ready within ${readyWithinMs / 1000} s`);
}
