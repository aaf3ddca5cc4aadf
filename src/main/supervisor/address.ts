import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import { isAlive, signalProcess, type ProcessIdentity } from "#drivers/process/identity.ts";
import { holderOfPort, nextFreePort, tryListen, type PortHolder } from "#drivers/process/port-holder.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import type { UpOptions } from "#main/supervisor/start-options.ts";

const oldControlWithinMs = 10_000;
const pollMs = 50;

/**
 * A control process ends itself when its supervisor is killed; until then it holds the port. Waits for it, and after 10 s kills it:
 * one that hangs must not keep the data center down.
 */
export async function waitForOldControl(directory: DataDirectory, clock: Clock): Promise<void> {
  const old = readIdentity(directory.controlIdentity);
  if (old === undefined) return;
  const end = clock.monotonic() + oldControlWithinMs;
  while (isAlive(old) && clock.monotonic() < end) await clock.sleep(pollMs);
  if (!signalProcess(old, "SIGKILL")) return;
  const gone = clock.monotonic() + oldControlWithinMs;
  while (isAlive(old) && clock.monotonic() < gone) await clock.sleep(pollMs);
}

/** Refuses an address that cannot be listened on, before anything is started; names who holds a taken port. */
export async function checkAddress(options: Pick<UpOptions, "host" | "port" | "tls">): Promise<void> {
  if (!isLoopback(options.host) && options.tls === undefined) {
    throw new VdcError(
      "invalid",
      `${options.host} can be reached from other machines, so it needs TLS: add --tls self-signed, or --tls-cert FILE and --tls-key FILE`,
    );
  }
  await checkFree({ host: options.host, port: options.port, flag: "--port", hostFlag: "--listen" });
}

/** Refuses a port that is not free, naming its holder and the flag that chooses another. */
export async function checkFree(wanted: {
  readonly host: string;
  readonly port: number;
  readonly flag: string;
  readonly hostFlag: string;
}): Promise<void> {
  const { host, port, flag, hostFlag } = wanted;
  const result = await tryListen(host, port);
  if (result.free) return;
  const address = `${host}:${port}`;
  if (result.code === "EADDRINUSE") {
    const holder = holderOfPort(port);
    const free = await nextFreePort(host, port);
    const advice =
      free === undefined ? `Choose another with ${flag}` : `The next free one is ${free}: ${flag} ${free}`;
    throw new VdcError("in-use", `port ${port} is taken by ${describeHolder(holder)}. ${advice}`);
  }
  if (result.code === "EACCES")
    throw new VdcError(
      "forbidden",
      `only root may listen on ${address}; choose a port above 1023 with ${flag}`,
    );
  if (result.code === "EADDRNOTAVAIL")
    throw new VdcError("invalid", `this machine has no address ${host}; see \`ip address\``);
  throw new VdcError(
    "invalid",
    `cannot listen on ${address} (${result.code}); choose another address with ${hostFlag}`,
  );
}

/** Reachable from this machine only. A name counts when it is the usual one: what others resolve to may change. */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}

function describeHolder(holder: PortHolder | undefined): string {
  if (holder === undefined) return "another program";
  if (holder.pid === undefined) return `a program of user ${holder.user}`;
  return `${holder.program ?? "a program"} (pid ${holder.pid}, user ${holder.user})`;
}

function readIdentity(file: string): ProcessIdentity | undefined {
  try {
    const value = JSON.parse(readFileSync(file, "utf8")) as Partial<ProcessIdentity> | null; // our own file; checked below
    const isIdentity =
      typeof value?.pid === "number" &&
      typeof value.startTicks === "number" &&
      typeof value.bootId === "string";
    return isIdentity ? (value as ProcessIdentity) : undefined; // checked
  } catch {
    return undefined; // the first start, or a file cut short by a crash: then nothing of ours runs
  }
}
