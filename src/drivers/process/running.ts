import { spawn, type ChildProcess, type Serializable } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { assert } from "#lib/assert.ts";
import type { Clock } from "#lib/clock.ts";
import { identify, isAlive, signalProcess, type ProcessIdentity } from "#drivers/process/identity.ts";

/** How a process ended; an adopted one's status is nobody's to know. */
export interface ProcessEnd {
  readonly code?: number;
  readonly signal?: NodeJS.Signals;
}

/** A process we started, or one that we found running and adopted. */
export interface RunningProcess {
  readonly identity: ProcessIdentity;
  /** Settles once, when it has ended; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** False when it had ended already. */
  kill(signal: NodeJS.Signals): boolean;
  /** Calls `listener` with each message it sends on its channel; nothing for a process without one. */
  onMessage(listener: (message: Serializable) => void): void;
}

export interface SpawnSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly account?: { readonly uid: number; readonly gid: number };
  /** Whether it gets an IPC channel, whose closing tells it that we are gone. */
  readonly channel: boolean;
}

/**
 * Starts a process in a group of its own, so that a Ctrl-C at our terminal reaches only us. What it writes is appended to
 * `logFile` by the process itself: it can go on writing when we are gone.
 */
export async function spawnProcess(spec: SpawnSpec, logFile: string): Promise<RunningProcess> {
  const log = openSync(logFile, "a", 0o600);
  try {
    const account = spec.account === undefined ? {} : { uid: spec.account.uid, gid: spec.account.gid };
    const child = spawn(spec.file, spec.args, {
      ...account,
      cwd: spec.cwd,
      env: spec.env,
      detached: true,
      stdio: spec.channel ? ["ignore", log, log, "ipc"] : ["ignore", log, log],
    });
    return await running(child);
  } finally {
    closeSync(log);
  }
}

async function running(child: ChildProcess): Promise<RunningProcess> {
  // Listened for before anything else: a program that ends at once must not end unseen.
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once("exit", (code, signal) => {
      resolve({ ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) });
    });
  });
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  child.on("error", () => undefined); // later ones are failed signals and sends, which their callers notice
  assert(child.pid !== undefined, "a spawned process has a pid");
  // One that has ended already has only a pid: it is never signalled, so the rest of the identity does not matter.
  const identity = identify(child.pid) ?? { pid: child.pid, startTicks: -1, bootId: "" };
  return {
    identity,
    ended,
    kill: (signal) => child.exitCode === null && child.signalCode === null && child.kill(signal),
    onMessage: (listener) => void child.on("message", listener),
  };
}

/** Watches a process that somebody else started; its end is seen within `pollMs`. */
export function adoptProcess(identity: ProcessIdentity, clock: Clock, pollMs = 250): RunningProcess {
  const watch = async (): Promise<ProcessEnd> => {
    // Bounded by the life of the process.
    while (isAlive(identity)) await clock.sleep(pollMs);
    return {};
  };
  return {
    identity,
    ended: watch(),
    kill: (signal) => signalProcess(identity, signal),
    onMessage: () => undefined,
  };
}
