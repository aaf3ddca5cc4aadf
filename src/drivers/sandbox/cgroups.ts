import {
  mkdirSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  accessSync,
  constants,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/**
 * Control groups by their files, version 1 and 2. Each sandbox gets a group of its own under `vdc` of every controller that
 * may be used. Facts are plain data: they travel to the shims in a file.
 */
export interface CgroupFacts {
  readonly version: 1 | 2;
  /** Folder `…/vdc` of each controller that may be used; the same one for all in version 2. */
  readonly memory?: string;
  readonly cpu?: string;
  readonly pids?: string;
  /** Version 1 counts CPU time by a controller of its own. */
  readonly cpuacct?: string;
}

export interface CgroupLimits {
  readonly memoryBytes?: number;
  readonly cpuMillicores?: number;
  readonly processes: number;
}

const periodUs = 100_000;
type Controller = "memory" | "cpu" | "pids" | "cpuacct";

/** What can be used, by making the folder; undefined when nothing can. */
export function findCgroups(
  root = "/sys/fs/cgroup",
  ownGroups = "/proc/self/cgroup",
): CgroupFacts | undefined {
  if (readOrNothing(join(root, "cgroup.controllers")) !== "") return findVersion2(root, ownGroups);
  const groups = new Map(
    readOrNothing(ownGroups)
      .trim()
      .split("\n")
      .flatMap((line) => {
        const [, names = "", path = "/"] = line.split(":", 3);
        return names.split(",").map((name): [string, string] => [name, path]);
      }),
  );
  const find = (controller: Controller): string | undefined =>
    [join(root, controller), join(root, controller, groups.get(controller) ?? "/")]
      .map((folder) => usable(folder))
      .find((folder) => folder !== undefined);
  const found = { memory: find("memory"), cpu: find("cpu"), pids: find("pids"), cpuacct: find("cpuacct") };
  const present = Object.entries(found).filter(([, folder]) => folder !== undefined);
  return present.length === 0 ? undefined : { version: 1, ...Object.fromEntries(present) };
}

/** Under the root where we may, else beside our own group: inside it the kernel allows no controllers (no internal processes). */
function findVersion2(root: string, ownGroups: string): CgroupFacts | undefined {
  const own = /^0::(.*)$/m.exec(readOrNothing(ownGroups))?.[1] ?? "/";
  for (const parent of new Set([root, join(root, own, "..")])) {
    if (!parent.startsWith(root)) continue;
    for (const name of ["memory", "cpu", "pids"]) write(parent, "cgroup.subtree_control", `+${name}`);
    const folder = usable(parent);
    if (folder === undefined) continue;
    for (const name of ["memory", "cpu", "pids"]) write(folder, "cgroup.subtree_control", `+${name}`);
    const enabled = readOrNothing(join(folder, "cgroup.subtree_control")).trim().split(/\s+/);
    const has = (name: string) => (enabled.includes(name) ? { [name]: folder } : {});
    const facts = { version: 2 as const, ...has("memory"), ...has("cpu"), ...has("pids") };
    if (Object.keys(facts).length > 1) return facts;
  }
  return undefined;
}

function usable(parent: string): string | undefined {
  const folder = join(parent, "vdc");
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(join(folder, "cgroup.procs"), constants.W_OK);
    return folder;
  } catch {
    return undefined; // not there, read-only, or not ours: this controller cannot be used
  }
}

/** A group of one sandbox. `name` is an id of ours. */
export class Cgroup {
  readonly #facts: CgroupFacts;
  readonly #name: string;

  constructor(facts: CgroupFacts, name: string) {
    this.#facts = facts;
    this.#name = name;
  }

  /** Folders whose `cgroup.procs` a process has to be written to. */
  get folders(): readonly string[] {
    const { memory, cpu, pids, cpuacct } = this.#facts;
    const bases = new Set([memory, cpu, pids, cpuacct].filter((base) => base !== undefined));
    return [...bases].map((base) => join(base, this.#name));
  }

  /** Makes the group with these limits. A file that cannot be written leaves that limit off. */
  create(limits: CgroupLimits): void {
    for (const folder of this.folders) mkdirSync(folder, { recursive: true });
    const { memory, cpu, pids } = this.#paths();
    const { memoryBytes, cpuMillicores, processes } = limits;
    const quotaUs =
      cpuMillicores === undefined ? undefined : Math.max(1_000, cpuMillicores * (periodUs / 1000));
    if (this.#facts.version === 1) {
      write(memory, "memory.limit_in_bytes", memoryBytes);
      write(memory, "memory.memsw.limit_in_bytes", memoryBytes);
      write(cpu, "cpu.cfs_period_us", periodUs);
      write(cpu, "cpu.cfs_quota_us", quotaUs);
    } else {
      write(memory, "memory.max", memoryBytes);
      write(memory, "memory.swap.max", memoryBytes === undefined ? undefined : 0);
      write(memory, "memory.oom.group", memoryBytes === undefined ? undefined : 1);
      write(cpu, "cpu.max", quotaUs === undefined ? undefined : `${quotaUs} ${periodUs}`);
    }
    write(pids, "pids.max", processes);
  }

  /** Puts a process into the group; its children follow it. */
  join(pid: number): void {
    for (const folder of this.folders) write(folder, "cgroup.procs", pid);
  }

  /** How often the kernel killed something here for want of memory. */
  outOfMemoryKills(): number {
    const { memory } = this.#paths();
    if (memory === undefined) return 0;
    const file = this.#facts.version === 1 ? "memory.oom_control" : "memory.events";
    return Number(/^oom_kill (\d+)$/m.exec(readOrNothing(join(memory, file)))?.[1] ?? 0);
  }

  /** CPU seconds of everything that ever ran here; undefined when no controller counts them. */
  cpuSeconds(): number | undefined {
    const { cpu, cpuacct } = this.#paths();
    if (this.#facts.version === 2) {
      const us = /^usage_usec (\d+)$/m.exec(readOrNothing(join(cpu ?? "", "cpu.stat")))?.[1];
      return us === undefined ? undefined : Number(us) / 1e6;
    }
    const ns = readOrNothing(join(cpuacct ?? "", "cpuacct.usage")).trim();
    return ns === "" ? undefined : Number(ns) / 1e9;
  }

  /** Process ids in it now. */
  processes(): readonly number[] {
    const [folder] = this.folders;
    if (folder === undefined) return [];
    return readOrNothing(join(folder, "cgroup.procs")).split("\n").filter(Boolean).map(Number);
  }

  /** Removes the group; false while something still runs in it. */
  remove(): boolean {
    let isGone = true;
    for (const folder of this.folders) {
      try {
        for (const name of readdirSync(folder, { withFileTypes: true }))
          if (name.isDirectory()) rmdirSync(join(folder, name.name));
        rmdirSync(folder);
      } catch (error) {
        // Only fs errors come here; a group that is gone is what was asked for.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") isGone = false;
      }
    }
    return isGone;
  }

  #paths(): Partial<Record<Controller, string>> {
    const { memory, cpu, pids, cpuacct } = this.#facts;
    const bases = Object.entries({ memory, cpu, pids, cpuacct });
    return Object.fromEntries(
      bases.flatMap(([name, base]) => (base === undefined ? [] : [[name, join(base, this.#name)]])),
    );
  }
}

function write(folder: string | undefined, file: string, value: string | number | undefined): void {
  if (folder === undefined || value === undefined) return;
  try {
    writeFileSync(join(folder, file), String(value));
  } catch {
    // Not every kernel has every file (swap accounting), and a full hierarchy refuses: the limit stays off.
  }
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
