import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, type ProcessIdentity } from "#drivers/process/identity.ts";
import { gatewayName } from "./config.ts";

/**
 * What a gateway process writes about itself into `run/gateway/NAME-PID.json`; its admin socket is beside it. Several of one name
 * live at once while one hands over to the next.
 */
export interface GatewayIdentity extends ProcessIdentity {
  readonly name: string;
  /** Of the program. */
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly state: "starting" | "ready" | "draining" | "failed";
  readonly host: string;
  /** Ports that it listens on; 0 until it does. */
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Why it could not start. */
  readonly failure?: { readonly message: string; readonly remedy?: string; readonly permanent: boolean };
}

/** Files that one look at the folder reads. */
const maxFiles = 1_000;
const fileName = /^(gateway-[1-9]\d?)-([1-9]\d{0,9})\.(?:json|sock)$/;

export function socketPath(folder: string, gateway: Pick<GatewayIdentity, "name" | "pid">): string {
  return join(folder, `${gateway.name}-${gateway.pid}.sock`);
}

function identityPath(folder: string, gateway: Pick<GatewayIdentity, "name" | "pid">): string {
  return join(folder, `${gateway.name}-${gateway.pid}.json`);
}

/** Whole or not at all. */
export function writeIdentity(folder: string, identity: GatewayIdentity): void {
  const file = identityPath(folder, identity);
  writeFileSync(`${file}.new`, JSON.stringify(identity), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeIdentity(folder: string, gateway: Pick<GatewayIdentity, "name" | "pid">): void {
  rmSync(identityPath(folder, gateway), { force: true });
  rmSync(socketPath(folder, gateway), { force: true });
}

/** What the process `pid` says of itself; undefined when it has said nothing yet. */
export function readIdentity(folder: string, name: string, pid: number): GatewayIdentity | undefined {
  try {
    return parse(readFileSync(identityPath(folder, { name, pid }), "utf8"));
  } catch {
    return undefined; // not there yet, or gone already
  }
}

/** Gateways that run, the oldest first; those that failed are not among them. */
export function liveGateways(folder: string): readonly GatewayIdentity[] {
  return entries(folder)
    .flatMap(({ name, pid }) => readIdentity(folder, name, pid) ?? [])
    .filter((identity) => identity.state !== "failed" && isAlive(identity))
    .toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
}

/** Removes what killed gateways left. */
export function removeStale(folder: string): void {
  const live = new Set(liveGateways(folder).map(({ name, pid }) => `${name}-${pid}`));
  for (const gateway of entries(folder)) {
    if (!live.has(`${gateway.name}-${gateway.pid}`)) removeIdentity(folder, gateway);
  }
}

function entries(folder: string): readonly { readonly name: string; readonly pid: number }[] {
  const seen = new Map<string, { readonly name: string; readonly pid: number }>();
  for (const file of list(folder).slice(0, maxFiles)) {
    const [, name, pid] = fileName.exec(file) ?? [];
    if (name !== undefined) seen.set(`${name}-${pid ?? ""}`, { name, pid: Number(pid) });
  }
  return [...seen.values()];
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no gateway ever ran here
  }
}

function parse(text: string): GatewayIdentity | undefined {
  const value = JSON.parse(text) as Partial<GatewayIdentity> | null; // our own file; what matters is checked below
  const isIdentity =
    typeof value?.pid === "number" &&
    typeof value.startTicks === "number" &&
    typeof value.bootId === "string" &&
    typeof value.state === "string" &&
    typeof value.name === "string" &&
    gatewayName.test(value.name);
  return isIdentity ? (value as GatewayIdentity) : undefined; // checked
}
