import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startPinned, stopChild, type Peer, type PeerSettings } from "./peer.ts";

/** Debian's HAProxy with one thread, keep-alive to the origin, no access log. */
export async function startHaproxy(settings: PeerSettings): Promise<Peer> {
  const file = join(settings.directory, "haproxy.cfg");
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 4000
defaults
  mode http
  option forwardfor
  http-reuse always
  timeout connect 2s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:${settings.httpPort}
  bind 127.0.0.1:${settings.tlsPort} ssl crt ${settings.tls.both} alpn h2,http/1.1
  default_backend origin
backend origin
  server one 127.0.0.1:${settings.originPort}
`,
  );
  const child = await startPinned("haproxy", ["haproxy", "-f", file, "-db"], settings);
  const { httpPort, tlsPort } = settings;
  return {
    name: "HAProxy",
    pid: child.pid ?? 0,
    httpPort,
    tlsPort,
    [Symbol.asyncDispose]: async () => await stopChild(child),
  };
}
