import { spawn, type ChildProcess } from "node:child_process";
import type { Writable } from "node:stream";
import { besideWords, type BesidePlace } from "#drivers/sandbox/enter.ts";
import { coverInherited } from "#drivers/sandbox/inherited-descriptors.ts";
import { setupEnvironment, type Sandbox } from "#drivers/sandbox/launch.ts";
import { signalPid, treeOf } from "#drivers/sandbox/process-tree.ts";
import { seccompFilter } from "#drivers/sandbox/seccomp.ts";

const filterDescriptor = 3;

/** Starts a command inside a sandbox that runs; its three streams are as `stdio` says. */
export function spawnBeside(
  place: BesidePlace,
  command: readonly string[],
  options: {
    readonly stdio: readonly ("ignore" | "pipe")[];
    readonly newSession: boolean;
    /** Puts a terminal around all of it. */
    readonly around?: (words: readonly string[]) => string[];
  },
): ChildProcess {
  const { facts, spec } = place;
  if (!facts.bubblewrap.usable) {
    const account = facts.isRoot && spec.account !== undefined ? spec.account : {};
    const cwd = spec.artifactDirectory ?? "/";
    const { setpriv } = facts.programs;
    const bound = setpriv === undefined ? command : [setpriv, "--no-new-privs", "--", ...command];
    const plain = options.around?.(bound) ?? bound;
    return spawn(plain[0] ?? "", plain.slice(1), {
      ...account,
      stdio: coverInherited(options.stdio),
      cwd,
      env: spec.environment,
    });
  }
  const inside = besideWords(place, command, { filterDescriptor, newSession: options.newSession });
  const words = options.around?.(inside) ?? inside;
  const child = spawn(words[0] ?? "", words.slice(1), {
    stdio: coverInherited([...options.stdio, "pipe"]),
    cwd: "/",
    env: setupEnvironment,
  });
  const filter = child.stdio[filterDescriptor] as Writable; // "pipe" above
  filter.on("error", () => undefined); // it ended before it read
  filter.end(facts.filterArch === undefined ? undefined : seccompFilter(facts.filterArch));
  return child;
}

/** Runs a command beside a program for its exit status alone; undefined when it could not be run or was cut off. */
export async function runBeside(
  sandbox: Sandbox,
  command: readonly string[],
  signal: AbortSignal,
): Promise<number | undefined> {
  const { holder } = sandbox;
  if (holder === undefined || signal.aborted) return undefined;
  const place = { spec: sandbox.spec, facts: sandbox.facts, holder, cgroupFolders: sandbox.cgroupFolders };
  const child = spawnBeside(place, command, { stdio: ["ignore", "ignore", "ignore"], newSession: true });
  const onAbort = () => endTree(child);
  signal.addEventListener("abort", onAbort, { once: true });
  return await new Promise((resolve) => {
    child.once("error", () => resolve(undefined)); // the machine refused to start it
    child.once("exit", (code) => {
      signal.removeEventListener("abort", onAbort);
      resolve(code ?? undefined);
    });
  });
}

/** Ends a command with all that it started, without mercy. */
export function endTree(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  for (const pid of treeOf(child.pid).toReversed()) signalPid(pid, "SIGKILL");
}
