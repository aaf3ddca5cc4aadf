import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tryListen } from "#drivers/process/port-holder.ts";
import { listenTcp } from "#drivers/tcp/listen.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { runningFronts } from "#main/parts/objects-part.ts";
import { checkFree } from "#main/supervisor/address.ts";
import type { UpOptions } from "#main/supervisor/start-options.ts";

/** Where S3 is usually found. */
const usualPort = 9000;

/** The port that is kept for the fronts until they listen themselves. */
export interface ReservedPort extends Disposable {
  readonly port: number;
}

/**
 * Decides where the fronts listen. Addresses of objects are given away (in signed links, in environments of apps), so the port stays what it was: that of fronts that a
 * killed supervisor left, then the one of last time, then the usual one, then any. A port that was asked for is taken or refused.
 */
export async function reserveObjectsPort(
  options: UpOptions["objects"],
  directory: DataDirectory,
): Promise<ReservedPort> {
  const { host, port: wanted, count } = options;
  if (count === 0) return { port: 0, [Symbol.dispose]: () => undefined };
  const left = runningFronts(directory).find((front) => front.host === host)?.port;
  if (left !== undefined && (wanted === undefined || wanted === 0 || wanted === left)) {
    remember(directory, left);
    return { port: left, [Symbol.dispose]: () => undefined };
  }
  const port = await choose(options, directory);
  // Held open, shared, until the fronts have it: so nobody else gets it in between, and shares it with us.
  const held = await listenTcp({ host, port, shared: true }, (socket) => socket.destroy());
  remember(directory, port);
  return { port, [Symbol.dispose]: () => held.close() };
}

/** Where the fronts would listen when nothing is asked for. */
export function expectedObjectsPort(directory: DataDirectory): number {
  return remembered(directory) ?? usualPort;
}

async function choose(
  { host, port: wanted }: UpOptions["objects"],
  directory: DataDirectory,
): Promise<number> {
  if (wanted !== undefined && wanted !== 0) {
    await checkFree({ host, port: wanted, flag: "--objects-port", hostFlag: "--objects-host" });
    return wanted;
  }
  const candidates = wanted === 0 ? [] : [remembered(directory) ?? usualPort, usualPort];
  for (const port of candidates) if ((await tryListen(host, port)).free) return port;
  // Asked for alone, so that nobody shares it already.
  const alone = await listenTcp({ host, port: 0, shared: false }, (socket) => socket.destroy());
  alone.close();
  return alone.port;
}

function portFile(directory: DataDirectory): string {
  return join(directory.objects, "port");
}

function remembered(directory: DataDirectory): number | undefined {
  try {
    const port = Number(readFileSync(portFile(directory), "utf8"));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
  } catch {
    return undefined; // the first start
  }
}

function remember(directory: DataDirectory, port: number): void {
  if (remembered(directory) === port) return;
  writeFileSync(`${portFile(directory)}.new`, String(port), { mode: 0o600 });
  renameSync(`${portFile(directory)}.new`, portFile(directory));
}
