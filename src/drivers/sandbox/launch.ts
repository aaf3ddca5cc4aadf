import { spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import {
  bubblewrapArguments,
  setupWords,
  startScript,
  startScriptText,
  type FilePassed,
} from "#drivers/sandbox/arguments.ts";
import { Cgroup } from "#drivers/sandbox/cgroups.ts";
import type { SandboxFacts } from "#drivers/sandbox/facts.ts";
import { coverInherited } from "#drivers/sandbox/inherited-descriptors.ts";
import { childrenOf, signalPid, treeOf, usageOf } from "#drivers/sandbox/process-tree.ts";
import { seccompFilter } from "#drivers/sandbox/seccomp.ts";
import type { SandboxSpec } from "#drivers/sandbox/spec.ts";
import type { Clock } from "#lib/clock.ts";

export interface ProcessResult {
  readonly code?: number;
  readonly signal?: string;
  readonly outOfMemory: boolean;
}

/** The environment of the programs that make a sandbox: nothing of ours and nothing of the app's. */
export const setupEnvironment = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C.UTF-8" } as const;

const removeAttempts = 40;
const removeEveryMs = 25;

/** Joins the control groups named before `--`, then becomes the rest. */
const joinScript =
  'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 125; shift; done; shift; exec "$@"';

/** A program that runs in a sandbox. Its end is `ended`; everything else may be asked until then. */
export class Sandbox {
  readonly spec: SandboxSpec;
  readonly facts: SandboxFacts;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly ended: Promise<ProcessResult>;
  readonly #child: ChildProcess;
  readonly #cgroup: Cgroup | undefined;
  #status = "";
  #isOver = false;
  /** The group may have seen an earlier run. */
  readonly #cpuSecondsBefore: number;

  constructor(parts: {
    readonly spec: SandboxSpec;
    readonly facts: SandboxFacts;
    readonly child: ChildProcess;
    readonly status: Readable | undefined;
    readonly cgroup: Cgroup | undefined;
  }) {
    const { child, cgroup, status } = parts;
    this.spec = parts.spec;
    this.facts = parts.facts;
    this.#child = child;
    this.#cgroup = cgroup;
    // Node gives both for stdio of "pipe".
    this.stdout = child.stdout as Readable;
    this.stderr = child.stderr as Readable;
    status?.on("data", (chunk: Buffer) => (this.#status += chunk.toString("latin1")));
    status?.on("error", () => undefined); // the sandbox is gone; its end is told by the process
    this.#cpuSecondsBefore = cgroup?.cpuSeconds() ?? 0;
    const killsBefore = cgroup?.outOfMemoryKills() ?? 0;
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#isOver = true;
        const kills = cgroup?.outOfMemoryKills() ?? 0;
        const end = resultOf(code, signal, this.isWrapped);
        const outOfMemory = kills > killsBefore && end.signal === "SIGKILL";
        this.#killRest();
        resolve({ ...end, outOfMemory });
      });
    });
  }

  /** Whether bubblewrap holds it; else it runs plain. */
  get isWrapped(): boolean {
    return this.facts.bubblewrap.usable;
  }

  /** The process that holds the namespaces: pid 1 inside. Undefined until it is there. */
  get holder(): number | undefined {
    if (this.#isOver) return undefined;
    if (!this.isWrapped) return this.#child.pid;
    const pid = /"child-pid": (\d+)/.exec(this.#status)?.[1];
    return pid === undefined ? undefined : Number(pid);
  }

  /** The app's own process. */
  get pid(): number | undefined {
    const { holder } = this;
    return holder === undefined || !this.isWrapped ? holder : childrenOf(holder)[0];
  }

  get cgroupFolders(): readonly string[] {
    return this.#cgroup?.folders ?? [];
  }

  /** To the app's first process, as a container's engine does it. Before it is there: the sandbox ends. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this;
    if (pid === undefined) this.kill();
    else signalPid(pid, signal);
  }

  /** Ends everything in it, without mercy. */
  kill(): void {
    const { holder } = this;
    if (holder !== undefined) signalPid(holder, "SIGKILL"); // the kernel ends what is in its namespace
    if (!this.#isOver) this.#child.kill("SIGKILL");
    this.#killRest();
  }

  usage(): { cpuSeconds: number; memoryBytes: number; processes: number } | undefined {
    const { pid } = this;
    if (pid === undefined) return undefined;
    const grouped = this.#cgroup?.processes() ?? [];
    const seen = usageOf(this.isWrapped ? treeOf(pid) : grouped.length > 0 ? grouped : treeOf(pid));
    const counted = this.#cgroup?.cpuSeconds();
    return counted === undefined ? seen : { ...seen, cpuSeconds: counted - this.#cpuSecondsBefore };
  }

  /** After its end: takes its control group away. What was killed a moment ago may still be in it. */
  async removeGroup(clock: Clock): Promise<void> {
    for (let attempt = 0; attempt < removeAttempts; attempt += 1) {
      if (this.#cgroup?.remove() !== false) return;
      this.#killRest();
      await clock.sleep(removeEveryMs);
    }
  }

  /** Without namespaces, children that left their parent are found by their group; ours are none of them. */
  #killRest(): void {
    for (const pid of this.#cgroup?.processes() ?? []) signalPid(pid, "SIGKILL");
  }
}

/** Starts the command of a spec, which `faultOfSpec` has passed. Throws when the machine refuses to start any program. */
export async function launchSandbox(spec: SandboxSpec, facts: SandboxFacts): Promise<Sandbox> {
  const cgroup = facts.cgroups === undefined ? undefined : new Cgroup(facts.cgroups, spec.id);
  cgroup?.create(spec.limits);
  const parts = facts.bubblewrap.usable
    ? launchWrapped(spec, facts, cgroup)
    : launchPlain(spec, facts, cgroup);
  const sandbox = new Sandbox({ spec, facts, cgroup, ...parts });
  await new Promise<void>((resolve, reject) => parts.child.once("spawn", resolve).once("error", reject));
  parts.child.on("error", () => undefined); // later ones are failed signals
  return sandbox;
}

interface Launched {
  readonly child: ChildProcess;
  readonly status: Readable | undefined;
}

function launchWrapped(spec: SandboxSpec, facts: SandboxFacts, cgroup: Cgroup | undefined): Launched {
  const files = filesOf(spec, facts);
  const filter = facts.filterArch === undefined ? undefined : seccompFilter(facts.filterArch);
  const bwrap = [facts.programs.bwrap ?? "bwrap", "--args", "3", "--", ...setupWords(spec, facts)];
  const words = limitWords(spec, facts, cgroup, bwrap);
  const passed = files.map(() => "pipe" as const);
  const stdio = coverInherited(["ignore", "pipe", "pipe", "pipe", "pipe", "pipe", ...passed]);
  const child = spawn(words[0] ?? "", words.slice(1), { stdio, cwd: "/", env: setupEnvironment });
  feed(
    child,
    3,
    bubblewrapArguments(spec, facts, files)
      .map((word) => `${word}\0`)
      .join(""),
  );
  feed(child, 5, filter ?? new Uint8Array());
  for (const [at, { content }] of files.entries()) feed(child, 6 + at, content);
  return { child, status: child.stdio[4] as Readable }; // "pipe" above
}

/** Without bubblewrap: the account, limits and no-new-privileges are what is left. */
function launchPlain(spec: SandboxSpec, facts: SandboxFacts, cgroup: Cgroup | undefined): Launched {
  const { setpriv } = facts.programs;
  const tied =
    setpriv === undefined
      ? [...spec.command]
      : [setpriv, "--pdeathsig", "KILL", "--no-new-privs", "--", ...spec.command];
  const words = limitWords(spec, facts, undefined, tied);
  const account = facts.isRoot && spec.account !== undefined ? spec.account : {};
  // Nothing runs before the account is entered here, so the environment can be given at once.
  const cwd = spec.workingDirectory.startsWith("/app")
    ? (spec.artifactDirectory ?? "/") + spec.workingDirectory.slice("/app".length)
    : spec.workingDirectory;
  const stdio = coverInherited(["ignore", "pipe", "pipe"]);
  const child = spawn(words[0] ?? "", words.slice(1), { ...account, stdio, cwd, env: spec.environment });
  if (child.pid !== undefined) cgroup?.join(child.pid);
  return { child, status: undefined };
}

function filesOf(spec: SandboxSpec, facts: SandboxFacts): readonly FilePassed[] {
  const own = { uid: process.getuid?.() ?? 65_534, gid: process.getgid?.() ?? 65_534 };
  const { uid, gid } = facts.isRoot ? (spec.account ?? own) : own;
  const secrets = Object.entries(spec.secretFiles).map(([name, content]) => ({
    path: `/run/secrets/${name}`,
    content,
    mode: "0400",
  }));
  return [
    { path: startScript, content: startScriptText(spec.environment), mode: "0444" },
    { path: "/etc/passwd", content: `app:x:${uid}:${gid}:app:/tmp:/bin/sh\n`, mode: "0444" },
    { path: "/etc/group", content: `app:x:${gid}:\n`, mode: "0444" },
    ...secrets,
  ];
}

/** Puts the program into its groups and under its limits before it is started. */
export function limitWords(
  spec: Pick<SandboxSpec, "limits">,
  facts: SandboxFacts,
  cgroup: Pick<Cgroup, "folders"> | undefined,
  words: readonly string[],
): string[] {
  const { prlimit, sh = "/bin/sh" } = facts.programs;
  const { limits } = spec;
  const limited =
    prlimit === undefined
      ? words
      : [
          prlimit,
          `--nofile=${Math.min(limits.openFiles, facts.maxOpenFiles)}`,
          "--core=0",
          ...fallbackLimits(spec.limits, facts),
          "--",
          ...words,
        ];
  return cgroup === undefined
    ? [...limited]
    : [sh, "-c", joinScript, "sh", ...cgroup.folders, "--", ...limited];
}

/** For each process, where no group can limit them together. */
function fallbackLimits(limits: SandboxSpec["limits"], facts: SandboxFacts): string[] {
  const { memory, pids } = facts.cgroups ?? {};
  return [
    ...(memory === undefined && limits.memoryBytes !== undefined ? [`--data=${limits.memoryBytes}`] : []),
    ...(pids === undefined && facts.isRoot ? [`--nproc=${limits.processes}`] : []),
  ];
}

function feed(child: ChildProcess, descriptor: number, content: string | Uint8Array): void {
  const pipe = child.stdio[descriptor] as Writable; // "pipe" in its stdio
  pipe.on("error", () => undefined); // it ended before it read: its exit says so
  pipe.end(content);
}

/** A wrapper ends with 128 + the number of the signal that ended its command, as shells do. */
function resultOf(
  code: number | null,
  signal: string | null,
  isWrapped: boolean,
): { code?: number; signal?: string } {
  if (signal !== null) return { signal };
  const name = isWrapped && code !== null && code > 128 ? signalName(code - 128) : undefined;
  return name === undefined ? { code: code ?? 0 } : { signal: name };
}

function signalName(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
}
