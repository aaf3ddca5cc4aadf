import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { assert } from "#lib/assert.ts";

/**
 * Where instances keep what is theirs: `instances/ID/` of the data directory (0700), with the run (it holds secrets),
 * the state and the logs; and `run/i/` for sockets, whose paths must be short (107 bytes, unix(7)).
 */
export interface InstanceFolder {
  readonly id: string;
  readonly directory: string;
  readonly socket: string;
  readonly runFile: string;
  readonly stateFile: string;
  readonly lockFile: string;
  readonly log: string;
}

export interface InstanceFolders {
  /** Where those of this id are; makes nothing. */
  of(id: string): InstanceFolder;
  /** Ids that have a folder. */
  ids(): readonly string[];
  make(id: string): InstanceFolder;
  /** Moves the folder aside, then deletes it, so that half an instance is never found. */
  remove(id: string): void;
}

const maxInstances = 10_000;

export function instanceFolders(dataDirectory: string): InstanceFolders {
  const root = join(dataDirectory, "instances");
  const sockets = join(dataDirectory, "run/i");
  const of = (id: string): InstanceFolder => {
    assert(/^[A-Za-z0-9_-]{1,64}$/.test(id), "an instance's id is an id of ours");
    const directory = join(root, id);
    const short = createHash("sha256").update(id).digest("base64url").slice(0, 16);
    return { ...instanceFiles(directory), id, socket: join(sockets, short) };
  };
  return {
    of,
    ids: () => namesIn(root).filter((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name)),
    make: (id) => {
      const folder = of(id);
      mkdirSync(sockets, { recursive: true, mode: 0o700 });
      mkdirSync(folder.directory, { recursive: true, mode: 0o700 });
      return folder;
    },
    remove: (id) => {
      const { directory, socket } = of(id);
      const aside = join(root, `.removed.${id}`);
      rmSync(socket, { force: true });
      rmSync(aside, { recursive: true, force: true });
      try {
        renameSync(directory, aside);
      } catch {
        return; // it is gone already
      }
      rmSync(aside, { recursive: true, force: true });
    },
  };
}

/** The files of an instance, by its directory alone. */
export function instanceFiles(
  directory: string,
): Pick<InstanceFolder, "directory" | "runFile" | "stateFile" | "lockFile" | "log"> {
  return {
    directory,
    runFile: join(directory, "run.json"),
    stateFile: join(directory, "state.json"),
    lockFile: join(directory, "lock"),
    log: join(directory, "log"),
  };
}

/** What a file of ours holds; undefined when it is not there or was cut short. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined; // never written, or a crash came first: both mean that there is nothing to know
  }
}

/** Replaces a file whole, for its owner only. */
export function writeJson(path: string, value: unknown): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(value), { mode: 0o600 });
  renameSync(draft, path);
}

/** Removes a file of ours; one that is gone is no error. */
export function removeFile(path: string): void {
  rmSync(path, { force: true });
}

/** Starts a program that outlives us, in a session of its own; what it writes goes to `logFile`. */
export async function spawnDetached(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  logFile: string,
): Promise<{ readonly hasEnded: () => boolean }> {
  const log = openSync(logFile, "a", 0o600);
  try {
    const child = spawn(words[0] ?? "", words.slice(1), {
      detached: true,
      cwd: "/",
      env: environment,
      stdio: ["ignore", log, log],
    });
    await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
    child.on("error", () => undefined); // later ones are failed signals
    child.unref();
    return { hasEnded: () => child.exitCode !== null || child.signalCode !== null };
  } finally {
    closeSync(log);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).slice(0, maxInstances);
  } catch {
    return []; // nothing was ever started here
  }
}
