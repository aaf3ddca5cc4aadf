import type { SandboxFacts } from "#drivers/sandbox/facts.ts";

/** One protection, as an instance's status and `vdc doctor` show it. */
export interface SandboxProtection {
  readonly name: string;
  readonly active: boolean;
  readonly detail: string;
}

/** What a sandbox protects on this machine, honestly: `active` only where the kernel enforces it. */
export function protectionsOf(
  facts: SandboxFacts,
  limits?: { readonly memoryBytes?: number; readonly cpuMillicores?: number; readonly processes: number },
): readonly SandboxProtection[] {
  const { bubblewrap, programs, cgroups, isRoot } = facts;
  const wrapped = (name: string, detail: string): SandboxProtection =>
    bubblewrap.usable
      ? { name, active: true, detail }
      : { name, active: false, detail: `${bubblewrap.reason}; ${bubblewrap.remedy}` };
  const filter =
    facts.filterArch === undefined
      ? { name: "seccomp", active: false, detail: `there is no filter for ${process.arch}` }
      : wrapped("seccomp", "system calls that change the machine are refused");
  return [
    wrapped("namespaces", "own processes, mounts, host name and IPC; the network is the machine's"),
    wrapped("read-only-root", "only /usr and a few files of /etc, read-only"),
    wrapped("private-tmp", "/tmp in memory, at most 256 MiB"),
    wrapped("capabilities", "all dropped"),
    bubblewrap.usable || programs.setpriv !== undefined
      ? { name: "no-new-privileges", active: true, detail: "set-user-id programs give nothing" }
      : { name: "no-new-privileges", active: false, detail: "setpriv is missing; apt install util-linux" },
    filter,
    isRoot
      ? { name: "own-account", active: true, detail: "a user id for each app" }
      : {
          name: "own-account",
          active: false,
          detail: "VDC does not run as root: every app runs as its user",
        },
    limit(
      "memory-limit",
      cgroups?.memory,
      limits,
      limits?.memoryBytes,
      (bytes) => `${bytes / 1024 ** 2} MiB`,
    ),
    limit("cpu-limit", cgroups?.cpu, limits, limits?.cpuMillicores, (cores) => `${cores / 1000} CPUs`),
    limit(
      "process-limit",
      cgroups?.pids,
      limits,
      limits?.processes,
      (count) => `${count} processes and threads`,
    ),
  ];
}

function limit(
  name: string,
  group: string | undefined,
  asked: object | undefined,
  value: number | undefined,
  say: (value: number) => string,
): SandboxProtection {
  if (group === undefined)
    return {
      name,
      active: false,
      detail:
        "no control group may be written; run VDC as root, or in a systemd unit with Delegate=yes. Limits are per process (rlimits)",
    };
  if (asked === undefined) return { name, active: true, detail: "by control group" };
  if (value === undefined) return { name, active: false, detail: "the component asks for none" };
  return { name, active: true, detail: `${say(value)}, by control group` };
}
