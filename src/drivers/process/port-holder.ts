import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { createServer } from "node:net";

/** Who listens on a TCP port. Without root only our own user's processes can be named. */
export interface PortHolder {
  readonly user: string;
  readonly pid?: number;
  readonly program?: string;
}

const maxProcesses = 32_768;
const listening = "0A"; // TCP_LISTEN in include/net/tcp_states.h

/** Whether this address and port can be listened on now; `code` is the system's reason when not, such as EADDRINUSE. */
export async function tryListen(
  host: string,
  port: number,
): Promise<{ readonly free: true } | { readonly free: false; readonly code: string }> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) =>
      server.once("error", reject).listen({ host, port, exclusive: true }, resolve),
    );
    return { free: true };
  } catch (error) {
    return { free: false, code: (error as NodeJS.ErrnoException).code ?? "unknown" }; // listen() fails with errno errors only
  } finally {
    server.close();
  }
}

/** The first port after `port` that is free on this address, at most 100 further; undefined when all are taken. */
export async function nextFreePort(host: string, port: number): Promise<number | undefined> {
  for (let candidate = port + 1; candidate <= Math.min(65_535, port + 100); candidate += 1) {
    if ((await tryListen(host, candidate)).free) return candidate;
  }
  return undefined;
}

/** Names who listens on a port, on whatever address; undefined when nobody does. */
export function holderOfPort(port: number): PortHolder | undefined {
  const sockets = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) =>
    listenersOn(readOrNothing(file), port),
  );
  const [first] = sockets;
  if (first === undefined) return undefined;
  const pid = processWithSocket(new Set(sockets.map(({ inode }) => `socket:[${inode}]`)));
  const user = userName(first.uid);
  if (pid === undefined) return { user };
  return { user, pid, program: readOrNothing(`/proc/${pid}/comm`).trim() };
}

/** Rows of `/proc/net/tcp` that listen on `port`: `sl local_address rem_address st … uid timeout inode`. */
export function listenersOn(
  text: string,
  port: number,
): readonly { readonly uid: number; readonly inode: string }[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return text.split("\n").flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const inode = words[9];
    if (words[3] !== listening || inode === undefined || words[1]?.endsWith(suffix) !== true) return [];
    return [{ uid: Number(words[7]), inode }];
  });
}

function processWithSocket(links: ReadonlySet<string>): number | undefined {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids
    .slice(0, maxProcesses)
    .map(Number)
    .find((pid) => holdsAny(pid, links));
}

function holdsAny(pid: number, links: ReadonlySet<string>): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => {
      try {
        return links.has(readlinkSync(`${folder}/${fd}`));
      } catch {
        return false; // closed between listing and reading
      }
    });
  } catch {
    return false; // ended meanwhile, or another user's
  }
}

/** The name of a user in /etc/passwd, or the number. */
function userName(uid: number): string {
  const row = readOrNothing("/etc/passwd")
    .split("\n")
    .find((line) => line.split(":")[2] === String(uid));
  return row?.split(":")[0] ?? String(uid);
}

function readOrNothing(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? "" : readFileSync(path, "utf8");
}
