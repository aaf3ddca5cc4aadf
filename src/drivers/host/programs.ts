import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";

/** An optional program: what VDC would use it for and how to get it. Its fields are those of a machine's status. */
export interface HostProgram {
  readonly name: string;
  readonly present: boolean;
  readonly version?: string;
  readonly path?: string;
  readonly purpose: string;
  readonly remedy?: string;
}

interface Wanted {
  readonly name: string;
  /** The first that exists counts. */
  readonly files: readonly string[];
  readonly versionWords: readonly string[];
  readonly purpose: string;
  /** Its name in Debian. */
  readonly package: string;
  /** Instead of installing the package of that name. */
  readonly remedy?: string;
}

const qemu = process.arch === "arm64" ? "qemu-system-aarch64" : "qemu-system-x86_64";

/** Closed list: names from outside never become programs. */
const wanted: readonly Wanted[] = [
  {
    name: "bubblewrap",
    files: ["bwrap"],
    versionWords: ["--version"],
    purpose: "sandboxes instances of the process engine",
    package: "bubblewrap",
  },
  {
    name: "chromium",
    files: ["chromium", "chromium-browser", "google-chrome"],
    versionWords: ["--version"],
    purpose: "the console's end-to-end tests",
    package: "chromium",
  },
  {
    name: "qemu",
    files: [qemu],
    versionWords: ["--version"],
    purpose: "runs virtual machines",
    package: process.arch === "arm64" ? "qemu-system-arm" : "qemu-system-x86",
  },
  {
    name: "qemu-img",
    files: ["qemu-img"],
    versionWords: ["--version"],
    purpose: "checks the disk formats that VDC writes",
    package: "qemu-utils",
  },
  {
    name: "haproxy",
    files: ["haproxy"],
    versionWords: ["-v"],
    purpose: "the outgrown traffic engine",
    package: "haproxy",
  },
  {
    name: "incus",
    files: ["incusd", "incus"],
    versionWords: ["--version"],
    purpose: "containers and virtual machines on a cluster",
    package: "incus",
    remedy: "Debian 13 or newer: apt install incus; on Debian 12 use lxd",
  },
  {
    name: "lxd",
    files: ["lxd"],
    versionWords: ["--version"],
    purpose: "containers and virtual machines on a cluster",
    package: "lxd",
  },
];

/** Where programs are looked for beside PATH: an ordinary user's PATH lacks the sbin folders on Debian. */
const alwaysSearched = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
  "/snap/bin",
];

/** Looks for each optional program and asks it for its version; a program that hangs is cut off after 5 s. */
export async function probePrograms(signal: AbortSignal): Promise<HostProgram[]> {
  return await Promise.all(wanted.map(async (one) => await probeProgram(one, signal)));
}

async function probeProgram(one: Wanted, signal: AbortSignal): Promise<HostProgram> {
  const path = await findProgram(one.files);
  if (path === undefined)
    return { name: one.name, present: false, purpose: one.purpose, remedy: remedyOf(one) };
  const result = await tryCommand(path, one.versionWords, signal);
  const version = /\d+(\.\d+)+/.exec(result.output)?.[0];
  return {
    name: one.name,
    present: true,
    path,
    purpose: one.purpose,
    ...(version === undefined ? {} : { version }),
  };
}

/** How to get each optional program, by its name. */
export function programRemedies(): ReadonlyMap<string, string> {
  return new Map(wanted.map((one) => [one.name, remedyOf(one)]));
}

function remedyOf(one: Wanted): string {
  return one.remedy ?? `apt install ${one.package}`;
}

/** The full path of the first of these names that is an executable file; undefined when none is. */
export async function findProgram(names: readonly string[]): Promise<string | undefined> {
  const folders = [...new Set([...(process.env["PATH"] ?? "").split(":"), ...alwaysSearched])].filter(
    (folder) => folder.startsWith("/"),
  );
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      const found = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      ); // absent is the answer, not an error
      if (found) return path;
    }
  }
  return undefined;
}

export interface Trial {
  readonly succeeded: boolean;
  /** What it wrote, standard output first, at most 64 KiB. */
  readonly output: string;
}

/** Runs a program for its answer; failing, hanging (5 s) and missing are all "did not succeed". */
export async function tryCommand(
  file: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<Trial> {
  const options = {
    timeout: 5_000,
    maxBuffer: 64 * 1024,
    signal,
    env: { PATH: alwaysSearched.join(":"), HOME: "/nonexistent", LC_ALL: "C" },
  };
  return await new Promise((resolve) => {
    execFile(file, words, options, (error, stdout, stderr) =>
      resolve({ succeeded: error === null, output: `${stdout}${stderr}` }),
    );
  });
}
