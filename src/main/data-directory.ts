import { accessSync, chmodSync, constants, mkdirSync, statfsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { VdcError } from "#api/errors.ts";

/** Where everything of one data center is. */
export interface DataDirectory {
  readonly root: string;
  readonly postgresData: string;
  readonly postgresRun: string;
  readonly postgresPassword: string;
  /** Parent of the binaries that are placed for an account that cannot enter the checkout. */
  readonly postgres: string;
  readonly run: string;
  readonly lock: string;
  readonly supervisorSocket: string;
  readonly controlSocket: string;
  /** Who control is, so that the next supervisor can wait for it to go. */
  readonly controlIdentity: string;
  /** As whom the last control process took leases. */
  readonly controlHolder: string;
  readonly logs: string;
  readonly tls: string;
  readonly console: string;
  /** Identities and admin sockets of gateway processes. */
  readonly gatewayRun: string;
  readonly gateway: string;
  /** What control publishes and gateways serve from. */
  readonly gatewaySnapshot: string;
  /** FINGERPRINT.crt and FINGERPRINT.key, for the gateways. */
  readonly gatewayCertificates: string;
  /** Identities and admin sockets of the object store's processes. */
  readonly objectsRun: string;
  readonly catalogSocket: string;
  /** Index, witness and master key of the object store; its drives too, unless others were named. */
  readonly objects: string;
  /** The catalog's index, which fronts read too. */
  readonly objectsIndex: string;
  readonly statusDocuments: string;
  /** Pages as files, and what fronts tell live clients. */
  readonly statusPublic: string;
  readonly statusSocket: string;
  readonly statusIdentity: string;
  partLog(part: string): string;
  accessLog(gateway: string): string;
}

/** Linux keeps a socket's path in 108 bytes with its final zero (unix(7)). */
const maxSocketPathBytes = 107;
const longestSocket = "run/gateway/gateway-8-4194304.sock";
/** Logs of requests are no part's log. */
export const accessLogPrefix = "access-";
const neededBytes = 512 * 1024 * 1024;

/**
 * The folder that the words, the environment or the user's kind name. Root's default is /var/lib/vdc and not its home:
 * PostgreSQL runs as an account of its own then, and that account cannot enter /root.
 */
export function dataDirectoryPath(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): string {
  const named = given ?? nonEmpty(env["VDC_DATA"]);
  if (named !== undefined) return resolve(cwd, named);
  const state = nonEmpty(env["XDG_STATE_HOME"]);
  if (state !== undefined) return resolve(state, "vdc");
  if (process.getuid?.() === 0) return "/var/lib/vdc";
  return join(homedir(), ".local/state/vdc");
}

export function layOut(root: string): DataDirectory {
  const run = join(root, "run");
  const logs = join(root, "logs");
  return {
    root,
    postgres: join(root, "postgres"),
    postgresData: join(root, "postgres/data"),
    postgresRun: join(root, "postgres/run"),
    postgresPassword: join(root, "postgres/password"),
    run,
    lock: join(run, "lock"),
    supervisorSocket: join(run, "supervisor.sock"),
    controlSocket: join(run, "control.sock"),
    controlIdentity: join(run, "control.json"),
    controlHolder: join(run, "control-holder"),
    logs,
    tls: join(root, "tls"),
    console: join(root, "console"),
    gatewayRun: join(run, "gateway"),
    gateway: join(root, "gateway"),
    gatewaySnapshot: join(root, "gateway/snapshot.json"),
    gatewayCertificates: join(root, "gateway/certificates"),
    objectsRun: join(run, "objects"),
    catalogSocket: join(run, "objects/catalog.sock"),
    objects: join(root, "objects"),
    objectsIndex: join(root, "objects/index.db"),
    statusDocuments: join(root, "status/documents.db"),
    statusPublic: join(root, "status/public"),
    statusSocket: join(run, "status.sock"),
    statusIdentity: join(run, "status.json"),
    partLog: (part) => join(logs, `${part}.log`),
    accessLog: (gateway) => join(logs, `${accessLogPrefix}${gateway}.log`),
  };
}

/** Makes the folders; refuses a place that cannot work before anything is created. Throws `VdcError` with what to do. */
export function prepareDataDirectory(root: string): DataDirectory {
  checkDataDirectory(root);
  const directory = layOut(root);
  // PostgreSQL's account must pass through, no more, when it is not ours; the folders inside are strict.
  const passable = process.getuid?.() === 0 ? 0o711 : 0o700;
  makeFolder(root, passable);
  makeFolder(directory.postgres, passable);
  for (const path of privateFolders(directory)) makeFolder(path, 0o700);
  return directory;
}

function privateFolders(directory: DataDirectory): readonly string[] {
  const { run, logs, tls, gatewayRun, gateway, gatewayCertificates, objectsRun, objects } = directory;
  return [run, logs, tls, gatewayRun, gateway, gatewayCertificates, objectsRun, objects];
}

/** Throws `VdcError` when the data of a data center cannot be kept there; creates nothing. */
export function checkDataDirectory(root: string): void {
  const longest = Buffer.byteLength(join(root, longestSocket));
  if (longest > maxSocketPathBytes) {
    const excess = longest - maxSocketPathBytes;
    throw new VdcError(
      "invalid",
      `the data directory's path is ${excess} byte${excess === 1 ? "" : "s"} too long: Linux allows ${maxSocketPathBytes} bytes for the path of a socket ` +
        `in it, which leaves ${maxSocketPathBytes - longestSocket.length - 1} for the directory. Choose a shorter one with --data DIR: ${root}`,
    );
  }
  checkPlace(root);
}

function checkPlace(root: string): void {
  refuseForeign(root);
  const parent = nearestExisting(root);
  const { bavail, bsize } = statfsSync(parent);
  if (bavail * bsize < neededBytes) {
    const free = Math.floor((bavail * bsize) / 1024 ** 2);
    throw new VdcError(
      "unavailable",
      `there are only ${free} MiB free at ${parent}; at least 512 MiB are needed. Free some space, or choose another place with --data DIR`,
    );
  }
  if (!statSync(parent).isDirectory())
    throw new VdcError("invalid", `${parent} is not a directory; choose another place with --data DIR`);
  try {
    accessSync(parent, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new VdcError(
      "forbidden",
      `${parent} is not yours to write in; choose another place with --data DIR`,
      { cause: error },
    );
  }
}

/** Bounded by the depth of the path. */
function nearestExisting(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? nearestExisting(dirname(path)) : path;
}

/** Whoever owns a folder can put anything into it: a link where root will write, or another password. */
function refuseForeign(path: string): void {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined || facts.uid === process.getuid?.()) return;
  if (facts.uid === 0 && (facts.mode & 0o022) === 0) return;
  throw new VdcError(
    "forbidden",
    `${path} belongs to another user, who could change everything in it; choose another place with --data DIR, or make it yours (chown)`,
  );
}

function makeFolder(path: string, mode: number): void {
  mkdirSync(path, { recursive: true, mode });
  refuseForeign(path);
  if (statSync(path).uid === process.getuid?.()) chmodSync(path, mode); // the umask, or an older version, may have given another
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value;
}
