import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startPinned, stopChild, type Peer, type PeerSettings } from "./peer.ts";

/** Debian's Caddy on one core, without access log and admin API. */
export async function startCaddy(settings: PeerSettings): Promise<Peer> {
  const { directory, httpPort, tlsPort } = settings;
  const file = join(directory, "Caddyfile");
  // One listener speaks TLS with the given certificate, the other plain HTTP: two sites, because `tls` belongs to a site.
  const proxy = `  reverse_proxy 127.0.0.1:${settings.originPort} {
    transport http {
      keepalive_idle_conns_per_host 256
    }
  }`;
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
  default_sni localhost
  log {
    level ERROR
  }
}
http://:${httpPort} {
  bind 127.0.0.1
${proxy}
}
https://localhost:${tlsPort}, https://127.0.0.1:${tlsPort} {
  bind 127.0.0.1
  tls ${settings.tls.cert} ${settings.tls.key}
${proxy}
}
`,
  );
  const child = await startPinned(
    "caddy",
    ["caddy", "run", "--config", file, "--adapter", "caddyfile"],
    settings,
    {
      env: { GOMAXPROCS: "1", HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
    },
  );
  return {
    name: "Caddy",
    pid: child.pid ?? 0,
    httpPort,
    tlsPort,
    [Symbol.asyncDispose]: async () => await stopChild(child),
  };
}
