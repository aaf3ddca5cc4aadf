import { existsSync, lstatSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import type { SandboxFacts } from "#drivers/sandbox/facts.ts";
import type { SandboxSpec } from "#drivers/sandbox/spec.ts";

/**
 * The arguments of bubblewrap for a spec. They travel by a descriptor (`--args`), so nobody sees them in a list of processes; the
 * environment is not among them: it would act on the programs that run before the app's account is entered.
 */
export interface FilePassed {
  readonly path: string;
  readonly content: string;
  /** Octal, as bubblewrap takes it. */
  readonly mode: string;
}

/** Descriptors by which bubblewrap gets things; files follow from `firstFile` on. */
export const descriptors = { args: 3, status: 4, filter: 5, firstFile: 6 } as const;
/** Where the script that sets the environment is seen. */
export const startScript = "/run/start";
const temporaryBytes = 256 * 1024 * 1024;
/** Entries of one folder of an artifact that are bound one by one when a volume lies inside it. */
const maxEntries = 4_096;

const temporaryFolders = [
  ...words("--perms 1777 --size", temporaryBytes, "--tmpfs /tmp"),
  ...words("--perms 0755 --dir /run --perms 0755 --tmpfs /run/secrets"),
];
/** Nothing writes to the root any more, and the setup's programs see a plain environment. */
const setupWorld = words("--remount-ro / --clearenv --setenv PATH /usr/bin:/bin --setenv LC_ALL C.UTF-8");

/** Parts of /etc that programs need for names, certificates and times. Nothing of the machine's users. */
const etcNames = [
  "ssl",
  "ca-certificates",
  "pki",
  "resolv.conf",
  "nsswitch.conf",
  "hosts",
  "localtime",
  "timezone",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "alternatives",
  "services",
  "protocols",
  "mime.types",
  "fonts",
];

/** Capabilities that the setup needs to enter the app's account; `setpriv` drops them with the account. */
const setupCapabilities = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_CHOWN"];

function words(...parts: readonly (string | number)[]): string[] {
  return parts.join(" ").split(" ");
}

export function namespaceArguments(isRoot: boolean, network?: SandboxSpec["network"]): string[] {
  // Root needs no user namespace, and machines that block those sandbox all the same.
  if (isRoot) {
    const others = ["--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"];
    return network === "none" ? [...others, "--unshare-net"] : others;
  }
  return network === "none" ? ["--unshare-all"] : ["--unshare-all", "--share-net"];
}

export function capabilityArguments(isRoot: boolean): string[] {
  const kept = isRoot ? setupCapabilities.flatMap((name) => ["--cap-add", name]) : [];
  return ["--cap-drop", "ALL", ...kept];
}

export function bubblewrapArguments(
  spec: SandboxSpec,
  facts: SandboxFacts,
  files: readonly FilePassed[],
): string[] {
  return [
    ...namespaceArguments(facts.isRoot, spec.network),
    "--die-with-parent",
    "--new-session",
    "--hostname",
    spec.hostname.slice(0, 64),
    ...capabilityArguments(facts.isRoot),
    ...systemFolders(),
    "--proc",
    "/proc",
    ...deviceArguments(facts.isRoot),
    ...temporaryFolders,
    ...parentArguments(spec),
    ...etcNames.flatMap((name) => ["--ro-bind-try", `/etc/${name}`, `/etc/${name}`]),
    ...spec.readOnly.flatMap(({ from, to }) => ["--ro-bind", from, to]),
    ...artifactArguments(spec),
    ...spec.volumes.flatMap(({ directory, path, readOnly }) => [
      readOnly ? "--ro-bind" : "--bind",
      directory,
      path,
    ]),
    ...files.flatMap(({ path, mode }, at) => [
      "--perms",
      mode,
      "--file",
      String(descriptors.firstFile + at),
      path,
    ]),
    ...setupWorld,
    "--chdir",
    spec.workingDirectory,
    "--json-status-fd",
    String(descriptors.status),
    ...(facts.filterArch === undefined ? [] : ["--seccomp", String(descriptors.filter)]),
  ];
}

/**
 * For an ordinary user bubblewrap's own /dev puts a second user namespace around the app, and then no command could be run beside it
 * (the other namespaces belong to the first). So those get single devices, and terminals are made outside.
 */
function deviceArguments(isRoot: boolean): string[] {
  if (isRoot) return ["--dev", "/dev"];
  const devices = ["null", "zero", "full", "random", "urandom", "tty"].map((name) => `/dev/${name}`);
  const links = { fd: "", stdin: "/0", stdout: "/1", stderr: "/2" };
  return [
    ...words("--perms 0755 --tmpfs /dev"),
    ...devices.flatMap((path) => ["--dev-bind", path, path]),
    ...Object.entries(links).flatMap(([name, rest]) => ["--symlink", `/proc/self/fd${rest}`, `/dev/${name}`]),
    ...words("--perms 1777 --size", temporaryBytes, "--tmpfs /dev/shm --remount-ro /dev"),
  ];
}

/** bubblewrap makes missing parents for itself alone (0700); the app has to pass through them. */
function parentArguments(spec: SandboxSpec): string[] {
  const targets = [
    "/etc/passwd",
    ...spec.readOnly.map(({ to }) => to),
    // What lies in the artifact or in /tmp has its parents there.
    ...spec.volumes.map(({ path }) => path).filter((path) => !/^\/(?:app|tmp)\//.test(path)),
  ];
  const parents = targets.flatMap((target) => {
    const parts = target.split("/").slice(1, -1);
    return parts.map((_, at) => `/${parts.slice(0, at + 1).join("/")}`);
  });
  const made = [...new Set(parents)].filter((path) => path !== "/run" && !path.startsWith("/usr"));
  return made.flatMap((path) => ["--perms", "0755", "--dir", path]);
}

/** /usr, and what of /bin, /lib and so on is a link into it or a folder of its own. */
function systemFolders(): string[] {
  const folders = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"].flatMap((path) => {
    const facts = lstatSync(path, { throwIfNoEntry: false });
    if (facts === undefined) return [];
    return facts.isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path];
  });
  return ["--ro-bind", "/usr", "/usr", ...folders];
}

function artifactArguments(spec: SandboxSpec): string[] {
  if (spec.artifactDirectory === undefined) return ["--perms", "0755", "--dir", "/app"];
  return folderArguments(
    spec.artifactDirectory,
    "/app",
    spec.volumes.map(({ path }) => path),
  );
}

/**
 * Binds a folder whole; when a mount point in it is missing, its entries one by one onto an empty folder, so that
 * there is a place for it. Bounded by the depth of the volumes' paths.
 */
function folderArguments(from: string, to: string, volumes: readonly string[]): string[] {
  const inside = volumes.filter((path) => path.startsWith(`${to}/`));
  const isWhole = inside.every((path) => {
    const place = join(from, path.slice(to.length));
    return existsSync(place) && statSync(place).isDirectory();
  });
  if (isWhole) return ["--ro-bind", from, to];
  const entries = readdirSync(from, { withFileTypes: true }).slice(0, maxEntries);
  const bound = entries.flatMap((entry) => {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) return ["--symlink", readlinkSync(source), target];
    if (entry.isDirectory()) return folderArguments(source, target, inside);
    return entry.isFile() ? ["--ro-bind", source, target] : [];
  });
  return ["--perms", "0755", "--dir", to, ...bound];
}

/** Sets the environment and becomes the command, after the app's account was entered. */
export function startScriptText(environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
  );
  return [...lines, 'exec "$@"', ""].join("\n");
}

/** The words that enter the app's account, drop every capability and start the command. */
export function accountWords(
  account: SandboxSpec["account"],
  facts: SandboxFacts,
  command: readonly string[],
): string[] {
  const { sh = "/bin/sh", setpriv = "/usr/bin/setpriv" } = facts.programs;
  const start = [sh, startScript, ...command];
  if (!facts.isRoot || account === undefined) return start;
  const { uid, gid } = account;
  const enter = [setpriv, "--reuid", String(uid), "--regid", String(gid), "--clear-groups"];
  return [...enter, "--inh-caps=-all", "--bounding-set=-all", "--", ...start];
}

/** Secret files belong to root at first: bubblewrap cannot give them away, so the setup does. */
export function setupWords(spec: SandboxSpec, facts: SandboxFacts): string[] {
  const inner = accountWords(spec.account, facts, spec.command);
  if (!facts.isRoot || spec.account === undefined || Object.keys(spec.secretFiles).length === 0) return inner;
  const { sh = "/bin/sh", chown = "/usr/bin/chown" } = facts.programs;
  const owner = `${spec.account.uid}:${spec.account.gid}`;
  return [sh, "-c", `${chown} -R ${owner} /run/secrets && exec "$@"`, "sh", ...inner];
}
