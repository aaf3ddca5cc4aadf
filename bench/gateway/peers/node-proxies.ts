import { join } from "node:path";
import { startPinned, stopChild, type Peer, type PeerSettings } from "./peer.ts";

/** What one would build in Node without a data plane of one's own: `node:http` with undici's pool, the cheapest library path. */
export async function startUndiciProxy(settings: PeerSettings): Promise<Peer> {
  return await startProgram("node:http + undici", "undici-proxy.ts", settings);
}

/** The maintained fork of http-proxy. */
export async function startHttpxy(settings: PeerSettings): Promise<Peer> {
  return await startProgram("httpxy", "httpxy-proxy.ts", settings);
}

async function startProgram(name: string, program: string, settings: PeerSettings): Promise<Peer> {
  const file = join(import.meta.dirname, "programs", program);
  const words = [process.execPath, file, String(settings.httpPort), String(settings.originPort)];
  const child = await startPinned(name, words, settings, { cwd: import.meta.dirname });
  return {
    name,
    pid: child.pid ?? 0,
    httpPort: settings.httpPort,
    [Symbol.asyncDispose]: async () => await stopChild(child),
  };
}
