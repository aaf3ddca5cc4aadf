import { closeSync, openSync, readSync } from "node:fs";

/**
 * Which system account listens on a port of this machine. Programs of all apps share its network, and a port that is free for a moment
 * belongs to whoever takes it: without this, an app gets the requests of another one that crashed.
 */
interface Listener {
  /** As /proc/net/tcp and tcp6 write it: 8 or 32 digits. */
  readonly address: string;
  readonly uid: number;
}

interface Table {
  readonly at: number;
  readonly costMs: number;
  readonly byPort: ReadonlyMap<number, readonly Listener[]>;
}

/** TCP_LISTEN of include/net/tcp_states.h. */
const listening = "0A";
const chunkBytes = 65_536;
const maxTableBytes = 8 * 1024 * 1024;
/** A table is good for this long, or for so many times what it took to read: a machine full of listeners stops nobody. */
const freshMs = 20;
const costShare = 20;
/** A table that takes longer is not read again at once for a no, either. */
const dearMs = 5;

let table: Table | undefined;

/** Whether all that take connections for this address and port run as `account`; also when nobody does. */
export function isListenedOnBy(account: number, address: string, port: number): boolean {
  const known = table;
  // Trust may be a moment old. A no has to be new: the app may have taken its port back since.
  if (known !== undefined && isFresh(known, freshMs, costShare)) {
    const owners = ownersIn(known, address, port);
    if (owners.length > 0 && owners.every((uid) => uid === account)) return true;
  }
  const current = known !== undefined && known.costMs > dearMs && isFresh(known, 0, 4) ? known : readTable();
  table = current;
  return ownersIn(current, address, port).every((uid) => uid === account);
}

function isFresh({ at, costMs }: Table, leastMs: number, share: number): boolean {
  return performance.now() - at < Math.max(leastMs, costMs * share);
}

/** Of those whose place the kernel would prefer for this address: two of one kind are only there when they share the port. */
function ownersIn({ byPort }: Table, address: string, port: number): readonly number[] {
  const listeners = byPort.get(port) ?? [];
  const own = hexOf(address);
  if (own === undefined) return listeners.map(({ uid }) => uid);
  // Exactly, or as a mapped address of IPv6; then all of IPv4; then all of IPv6, which may mean both.
  const places = [[own, `${"0".repeat(16)}FFFF0000${own}`], ["0".repeat(8)], ["0".repeat(32)]];
  const found = places.map((place) => listeners.filter((one) => place.includes(one.address)));
  return (found.find((ones) => ones.length > 0) ?? []).map(({ uid }) => uid);
}

/** An IPv4 address as the kernel prints it: the bytes of its number in the machine's order. */
function hexOf(address: string): string | undefined {
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(address)) return undefined;
  return Buffer.from(address.split(".").map(Number).toReversed()).toString("hex").toUpperCase();
}

function readTable(): Table {
  const began = performance.now();
  const byPort = new Map<number, Listener[]>();
  for (const line of [...listenersOf("/proc/net/tcp"), ...listenersOf("/proc/net/tcp6")]) {
    const [, place = "", , , , , , uid] = line.trim().split(/\s+/);
    const [hex = "", portHex = ""] = place.split(":");
    const port = Number.parseInt(portHex, 16);
    byPort.set(port, [...(byPort.get(port) ?? []), { address: hex, uid: Number(uid) }]);
  }
  const at = performance.now();
  return { at, costMs: at - began, byPort };
}

/** The kernel lists those that listen first, so that the thousands of connections behind them are never made into text. */
function listenersOf(file: string): readonly string[] {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    return []; // no IPv6, or no /proc at all
  }
  try {
    const lines: string[] = [];
    const buffer = Buffer.alloc(chunkBytes);
    let rest = "";
    for (let total = 0; total < maxTableBytes;) {
      const count = readSync(descriptor, buffer, 0, chunkBytes, null);
      if (count === 0) break;
      const first = total === 0;
      total += count;
      const read = (rest + buffer.toString("latin1", 0, count)).split("\n");
      rest = read.pop() ?? "";
      for (const line of first ? read.slice(1) : read) {
        if (line.trim().split(/\s+/, 4)[3] !== listening) return lines;
        lines.push(line);
      }
    }
    return lines;
  } finally {
    closeSync(descriptor);
  }
}
