import { lstatSync } from "node:fs";
import { join } from "node:path";

/** What one sandbox is made of. Every path of the machine is ours; paths inside were checked by `checkSpec`. */
export interface SandboxSpec {
  /** Names its control group: an id of ours, letters, digits, `-` and `_`. */
  readonly id: string;
  readonly hostname: string;
  readonly command: readonly string[];
  readonly workingDirectory: string;
  /** Complete; never on a command line. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folder or file of the machine, seen read-only. */
  readonly readOnly: readonly { readonly from: string; readonly to: string }[];
  /** Seen as /app, read-only; the mount points of volumes in it may be missing. */
  readonly artifactDirectory?: string;
  readonly volumes: readonly {
    readonly directory: string;
    readonly path: string;
    readonly readOnly: boolean;
  }[];
  /** By name under /run/secrets; in memory, 0400. */
  readonly secretFiles: Readonly<Record<string, string>>;
  /** The account it runs as when we are root; absent or not root: ours. */
  readonly account?: { readonly uid: number; readonly gid: number };
  readonly limits: SandboxLimits;
  /** `none`: not even the machine's own addresses can be reached. Absent: the machine's network. */
  readonly network?: "none";
}

export interface SandboxLimits {
  readonly memoryBytes?: number;
  readonly cpuMillicores?: number;
  readonly processes: number;
  readonly openFiles: number;
}

/** What an app may not lay its volumes over: the sandbox would no longer be one. */
const reserved = "proc dev sys etc run usr bin sbin lib lib32 lib64 libx32"
  .split(" ")
  .map((name) => `/${name}`);

/** What is wrong with a spec, in a sentence; undefined when nothing is. */
export function faultOfSpec(spec: SandboxSpec): string | undefined {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(spec.id)) return "the sandbox's id is not an id";
  for (const { path } of spec.volumes) {
    if (!isPlainPath(path)) return `the volume's path ${path} is not a plain absolute path`;
    if (reserved.some((each) => path === each || path.startsWith(`${each}/`)))
      return `a volume cannot be at ${path}: that place belongs to the sandbox`;
    const fault = faultOfPlace(path, spec);
    if (fault !== undefined) return fault;
  }
  if (!isPlainPath(spec.workingDirectory) && spec.workingDirectory !== "/")
    return `the working directory ${spec.workingDirectory} is not a plain absolute path`;
  for (const name of Object.keys(spec.secretFiles))
    if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(name))
      return `${name} cannot be the name of a secret's file`;
  for (const [name, value] of Object.entries(spec.environment))
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) || value.includes("\0"))
      return `${name} cannot be an environment variable: use letters, digits and _`;
  if (spec.command.some((word) => word.includes("\0"))) return "the command holds a zero byte";
  return undefined;
}

/**
 * A mount follows the links on its way. In a volume the app itself makes those, at any moment: one to /usr, and the programs that set
 * the next sandbox up as root would be the app's. So nothing is mounted inside a volume, and not over a link of the artifact.
 */
function faultOfPlace(
  path: string,
  { volumes, artifactDirectory }: Pick<SandboxSpec, "volumes" | "artifactDirectory">,
): string | undefined {
  const outer = volumes.find((volume) => path.startsWith(`${volume.path}/`));
  if (outer !== undefined)
    return `a volume cannot be at ${path}: it would lie in the volume at ${outer.path}, whose links may lead it elsewhere`;
  if (volumes.filter((volume) => volume.path === path).length > 1) return `two volumes are at ${path}`;
  if (artifactDirectory === undefined || !path.startsWith("/app/")) return undefined;
  let place = artifactDirectory;
  for (const part of path.slice("/app/".length).split("/")) {
    place = join(place, part);
    if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      return `a volume cannot be at ${path}: the package has a link on the way there`;
  }
  return undefined;
}

function isPlainPath(path: string): boolean {
  if (!path.startsWith("/") || path.includes("\0") || path.length > 1024) return false;
  return path
    .slice(1)
    .split("/")
    .every((part) => part !== "" && part !== "." && part !== "..");
}
