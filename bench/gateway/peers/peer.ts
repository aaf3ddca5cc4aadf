import { spawn, type ChildProcess } from "node:child_process";
import { connect } from "node:net";
import { waitFor } from "#test/support/wait-for.ts";

/** A proxy in front of the same origin: one process or one thread, pinned to one core. */
export interface Peer extends AsyncDisposable {
  readonly name: string;
  /** Its CPU time is that of this process and its descendants. */
  readonly pid: number;
  readonly httpPort: number;
  /** TLS with ALPN h2 and http/1.1; absent where the peer cannot, or is not asked to. */
  readonly tlsPort?: number;
}

export interface PeerSettings {
  readonly originPort: number;
  /** A folder of its own, removed afterwards by the caller. */
  readonly directory: string;
  /** PEM files: certificate, key, and both in one. */
  readonly tls: { readonly cert: string; readonly key: string; readonly both: string };
  readonly httpPort: number;
  readonly tlsPort: number;
}

/** The core that proxies run on; everything else runs on the other ones. */
export const proxyCore = "0";

/** Starts a program on the proxies' core and waits until it accepts connections. */
export async function startPinned(
  name: string,
  command: readonly string[],
  settings: PeerSettings,
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Promise<ChildProcess> {
  const child = spawn("taskset", ["-c", proxyCore, ...command], {
    stdio: ["ignore", "ignore", "pipe"],
    cwd: options.cwd ?? settings.directory,
    env: { ...process.env, ...options.env },
  });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  const failed = new Promise<never>((_, reject) => {
    child.once("error", (cause) => reject(new Error(`${name} cannot be started`, { cause })));
    child.once("exit", (code) => reject(new Error(`${name} ended with status ${code}: ${said}`)));
  });
  failed.catch(() => undefined); // it ends one day
  const open = waitFor(async () => (await accepts(settings.httpPort)) || undefined, {
    withinMs: 15_000,
    what: `${name} accepts connections`,
  });
  await Promise.race([open, failed]);
  return child;
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await gone;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => (socket.destroy(), resolve(true)));
    socket.once("error", () => resolve(false));
  });
}
