import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { promisify } from "node:util";
import { openRelay, type Relay, type Shape } from "./relay.ts";

const execute = promisify(execFile);

/** Rates of a client's line, in Mbit/s. */
export interface LineRates {
  readonly up: number;
  readonly down: number;
}

/** The line between a client and this host. */
export interface LinePath extends AsyncDisposable {
  /** How it is made, in words. */
  readonly how: string;
  /** From now on it carries so much. */
  shape(rates: LineRates): Promise<void>;
  /** Lets the client reach a port of this host's loopback; answers the origin that it uses. */
  reach(port: number): Promise<string>;
  /** A process of Node at the client's end, with a channel for messages. */
  start(words: readonly string[]): ChildProcess;
}

/** Milliseconds of each way. It is the relay's, as not every kernel has netem. */
const delayMs = 5;
const bytesOfMegabit = 125_000;

/** A network namespace with a line that the kernel shapes; where that is not allowed or not built in, a relay that shapes it, on the same host. */
export async function openLinePath(): Promise<LinePath> {
  try {
    return await openNamespacePath();
  } catch (error) {
    const why = error instanceof Error ? error.message.trim().replaceAll("\n", " ") : String(error);
    return openRelayPath(`a relay of this process (the kernel does not shape here: ${why})`);
  }
}

/** Every connection passes a relay with token buckets, one for each direction. */
export function openRelayPath(how: string): LinePath {
  const up: Shape = { bytesPerSecond: Infinity, delayMs };
  const down: Shape = { bytesPerSecond: Infinity, delayMs };
  const relays: Relay[] = [];
  return {
    how,
    shape: async (rates) => {
      up.bytesPerSecond = rates.up * bytesOfMegabit;
      down.bytesPerSecond = rates.down * bytesOfMegabit;
      await Promise.resolve();
    },
    reach: async (target) => {
      const relay = await openRelay({ host: "127.0.0.1", target, up, down });
      relays.push(relay);
      return `http://127.0.0.1:${relay.port}`;
    },
    start: (words) => startNode(process.execPath, words),
    [Symbol.asyncDispose]: async () => {
      for (const relay of relays) relay.close();
      await Promise.resolve();
    },
  };
}

/** The client lives in a network namespace; a veth pair joins it, and a token bucket filter shapes both of its ends. */
export async function openNamespacePath(): Promise<LinePath> {
  const id = randomInt(2 ** 14);
  const name = `vdc-line-${id}`;
  const [here, there] = [`vdcl${id}h`, `vdcl${id}c`];
  // One of 2¹⁴ networks of four addresses.
  const network = `10.213.${id >> 6}.${(id & 63) << 2}`;
  const host = network.replace(/\d+$/, (last) => String(Number(last) + 1));
  const client = network.replace(/\d+$/, (last) => String(Number(last) + 2));
  const inside = ["ip", "netns", "exec", name] as const;
  const remove = async () => {
    // With the namespace goes its end of the pair, and with that the other one.
    await execute("ip", ["netns", "delete", name]).catch(() => undefined); // it was not made
    await execute("ip", ["link", "delete", here]).catch(() => undefined); // gone already
  };
  const shape = async (rates: LineRates) => {
    await tokenBucket([], here, rates.down);
    await tokenBucket(inside, there, rates.up);
  };
  try {
    await execute("ip", ["netns", "add", name]);
    await execute("ip", ["link", "add", here, "type", "veth", "peer", "name", there]);
    await execute("ip", ["link", "set", there, "netns", name]);
    await execute("ip", ["address", "add", `${host}/30`, "dev", here]);
    await execute("ip", ["link", "set", here, "up"]);
    const link = ["ip", "-n", name] as const;
    await run([...link, "address", "add", `${client}/30`, "dev", there]);
    await run([...link, "link", "set", there, "up"]);
    await run([...link, "link", "set", "lo", "up"]);
    await shape({ up: 100, down: 100 });
  } catch (error) {
    await remove();
    throw error;
  }
  const relays: Relay[] = [];
  const free: Shape = { bytesPerSecond: Infinity, delayMs };
  return {
    how: "a network namespace with token bucket filters",
    shape,
    reach: async (target) => {
      const relay = await openRelay({ host, target, up: free, down: free });
      relays.push(relay);
      return `http://${host}:${relay.port}`;
    },
    start: (words) => startNode("ip", [...inside.slice(1), process.execPath, ...words]),
    [Symbol.asyncDispose]: async () => {
      for (const relay of relays) relay.close();
      await remove();
    },
  };
}

/** The bucket holds 10 ms, and no less than a packet of the largest kind; what waits longer than 100 ms is dropped. */
async function tokenBucket(prefix: readonly string[], device: string, megabits: number): Promise<void> {
  const burst = Math.max(64 * 1024, Math.round(megabits * bytesOfMegabit * 0.01));
  const filter = ["rate", `${megabits}mbit`, "burst", String(burst), "latency", "100ms"];
  await run([...prefix, "tc", "qdisc", "replace", "dev", device, "root", "tbf", ...filter]);
}

async function run([program = "", ...words]: readonly string[]): Promise<void> {
  await execute(program, words);
}

function startNode(program: string, words: readonly string[]): ChildProcess {
  return spawn(program, words, { stdio: ["ignore", "inherit", "inherit", "ipc"], serialization: "advanced" });
}
