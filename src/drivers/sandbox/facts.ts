import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { findCgroups, type CgroupFacts } from "#drivers/sandbox/cgroups.ts";

/** What this machine has for sandboxes. Plain data: shims get it in a file and need not look again. */
export interface SandboxFacts {
  readonly isRoot: boolean;
  /** Architecture that the system call filter is made for; undefined: there is none for this one. */
  readonly filterArch?: "x64" | "arm64";
  readonly programs: Readonly<Partial<Record<ProgramName, string>>>;
  readonly bubblewrap:
    | { readonly usable: true }
    | { readonly usable: false; readonly reason: string; readonly remedy: string };
  readonly cgroups?: CgroupFacts;
  /** Files that one process may open at most: not even root may always have more. */
  readonly maxOpenFiles: number;
}

const programNames = ["sh", "bwrap", "setpriv", "prlimit", "nsenter", "script", "stty", "chown"] as const;
export type ProgramName = (typeof programNames)[number];

/** Only system folders: what an instance is started with must not come from a user's PATH. */
const systemFolders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];
const trialMs = 5_000;

/** Looks what can be used, by using it. Blocks for some 30 ms. */
export function sandboxFacts(): SandboxFacts {
  const isRoot = process.getuid?.() === 0;
  const programs = Object.fromEntries(
    programNames.flatMap((name) => {
      const path = systemFolders.map((folder) => join(folder, name)).find(isExecutable);
      return path === undefined ? [] : [[name, path]];
    }),
  );
  const cgroups = findCgroups();
  const arch = process.arch;
  return {
    isRoot,
    ...(arch === "x64" || arch === "arm64" ? { filterArch: arch } : {}),
    programs,
    bubblewrap: tryBubblewrap(programs, isRoot),
    ...(cgroups === undefined ? {} : { cgroups }),
    maxOpenFiles: hardOpenFiles(),
  };
}

function tryBubblewrap(programs: SandboxFacts["programs"], isRoot: boolean): SandboxFacts["bubblewrap"] {
  const missing = (["bwrap", "setpriv", "chown"] as const).filter((name) => programs[name] === undefined);
  if (missing.length > 0)
    return {
      usable: false,
      reason: `${missing.join(", ")} is not installed`,
      remedy: missing.includes("bwrap") ? "apt install bubblewrap" : "apt install util-linux coreutils",
    };
  const namespaces = isRoot
    ? ["--unshare-ipc", "--unshare-pid", "--unshare-uts"]
    : ["--unshare-all", "--share-net"];
  const words = [
    ...namespaces,
    "--die-with-parent",
    "--ro-bind",
    "/",
    "/",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
  ];
  const trial = spawnSync(programs.bwrap ?? "", [...words, "--", "/bin/true"], {
    timeout: trialMs,
    encoding: "utf8",
    env: { PATH: systemFolders.join(":"), LC_ALL: "C" },
  });
  if (trial.status === 0) return { usable: true };
  const said = (trial.stderr ?? "").trim().split("\n").at(-1) ?? "";
  return { usable: false, reason: `bubblewrap cannot make a sandbox here: ${said}`, remedy: remedyFor(said) };
}

/** Distributions block user namespaces in two ways; both have one exact remedy. */
function remedyFor(said: string): string {
  if (/uid map|Permission denied/.test(said))
    return (
      "run VDC as root, or allow bubblewrap user namespaces: on Ubuntu put a profile with `userns,` for /usr/bin/bwrap into " +
      "/etc/apparmor.d/bwrap and run `apparmor_parser -r /etc/apparmor.d/bwrap`"
    );
  if (/namespace|No permissions/.test(said))
    return "run VDC as root, or `sysctl -w kernel.unprivileged_userns_clone=1`";
  return "run VDC as root, or see `bwrap --ro-bind / / --unshare-all true`";
}

function hardOpenFiles(): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1];
  return hard === undefined ? Number.MAX_SAFE_INTEGER : Number(hard);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // absent is the answer
  }
}
