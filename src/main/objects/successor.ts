import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { identify, isAlive, signalProcess } from "#drivers/process/identity.ts";
import type { Clock } from "#lib/clock.ts";
import { frontConfigVariable, type FrontConfig } from "./config.ts";
import { readIdentity, type ObjectsIdentity } from "./identity.ts";

/** The program that a successor runs; the supervisor of a newer version names its own. */
export interface SuccessorProgram {
  /** Node, its flags and the program. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
}

const readyWithinMs = 20_000;
const pollMs = 10;

/**
 * Starts a front that listens on our own socket, and waits until it serves. Both accept from the same queue then; when we close ours, nothing that
 * waits in it is lost. Throws, with us still serving.
 */
export async function startSuccessor(options: {
  readonly program: SuccessorProgram;
  readonly config: FrontConfig;
  readonly descriptor: number;
  readonly runFolder: string;
  readonly logFile: string;
  readonly clock: Clock;
}): Promise<ObjectsIdentity> {
  const { program, config, descriptor, runFolder, clock } = options;
  const [file, ...args] = program.command;
  const log = openSync(options.logFile, "a", 0o600);
  const child = spawn(file, args, {
    cwd: program.cwd,
    detached: true, // it lives longer than we do
    env: { ...process.env, [frontConfigVariable]: JSON.stringify({ ...config, inherits: true }) },
    stdio: ["ignore", log, log, descriptor],
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
  const untilReady = async () => {
    const end = clock.monotonic() + readyWithinMs;
    while (clock.monotonic() < end) {
      const identity = readIdentity(runFolder, config.name, pid);
      if (identity?.state === "failed") throw new Error(identity.failure?.message ?? "the successor failed");
      if (identity?.state === "ready" && isAlive(identity)) return identity;
      await clock.sleep(pollMs);
    }
    throw new Error(`the successor was not ready within ${readyWithinMs / 1000} s`);
  };
  try {
    return await Promise.race([untilReady(), failed]);
  } catch (error) {
    const identity = identify(pid);
    if (identity !== undefined) signalProcess(identity, "SIGKILL");
    throw error;
  }
}
