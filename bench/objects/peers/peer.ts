import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import { waitFor } from "#test/support/wait-for.ts";
import type { S3Target } from "../s3-target.ts";

/** An S3 service that was started for the comparison. */
export interface Peer extends S3Target, AsyncDisposable {
  readonly name: string;
  /** What a 200 to a PUT means here. */
  readonly durability: string;
  /** Processes whose time, with that of their descendants, is its own. */
  readonly pids: readonly number[];
}

export interface PeerSettings {
  readonly port: number;
  /** Empty folders of its own, one on each drive. */
  readonly drives: readonly string[];
  /** An empty folder of its own for anything else. */
  readonly directory: string;
}

/** Undefined when the program is not on this machine. */
export interface PeerStarter {
  readonly name: string;
  /** How to get it, for people. */
  readonly absent: string;
  readonly find: () => string | undefined;
  readonly start: (program: string, settings: PeerSettings) => Promise<Peer>;
}

export const credentials = { accessKeyId: "benchbenchbench", secretAccessKey: "bench-secret-bench-secret" };

/** The program that an environment variable names, or one on PATH. */
export function findProgram(variable: string, name: string): string | undefined {
  const named = process.env[variable];
  const candidates =
    named === undefined
      ? (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name))
      : [named];
  return candidates.find((path) => {
    try {
      accessSync(path, constants.R_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface Program extends AsyncDisposable {
  readonly pid: number;
}

/** Starts a program and waits until its port, if it has one, takes connections. */
export async function startProgram(
  command: readonly [string, ...string[]],
  options: {
    readonly port: number | undefined;
    readonly directory: string;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<Program> {
  const [file, ...words] = command;
  const child = spawn(file, words, {
    cwd: options.directory,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const note = (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000));
  child.stdout.on("data", note);
  child.stderr.on("data", note);
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    child.once("error", (cause) => reject(new Error(`${file} cannot be started`, { cause })));
    child.once("exit", (code) => reject(new Error(`${file} ended with status ${code}: ${said}`)));
  });
  failed.catch(() => undefined); // it ends one day
  const { port } = options;
  if (port !== undefined) {
    const what = `${file} accepts connections`;
    const open = waitFor(async () => (await accepts(port)) || undefined, { withinMs: 60_000, what });
    await Promise.race([open, failed]);
  }
  return {
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await gone;
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => (socket.destroy(), resolve(true)));
    socket.once("error", () => resolve(false));
  });
}
