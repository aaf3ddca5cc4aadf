import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startPinned, stopChild, type Peer, type PeerSettings } from "./peer.ts";

const common = (directory: string) => `daemon off;
worker_processes 1;
pid ${join(directory, "nginx.pid")};
error_log stderr crit;
events { worker_connections 4000; }
`;
const temporary = (directory: string) =>
  ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `  ${kind}_temp_path ${join(directory, kind)};`)
    .join("\n");

/** Debian's nginx as a proxy: one worker, keep-alive to the origin, no access log. */
export async function startNginx(settings: PeerSettings): Promise<Peer> {
  const { directory, httpPort, tlsPort } = settings;
  const file = join(directory, "nginx.conf");
  writeFileSync(
    file,
    `${common(directory)}http {
${temporary(directory)}
  access_log off;
  keepalive_requests 1000000000;
  upstream origin { server 127.0.0.1:${settings.originPort}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${httpPort};
    listen 127.0.0.1:${tlsPort} ssl http2;
    ssl_certificate ${settings.tls.cert};
    ssl_certificate_key ${settings.tls.key};
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`,
  );
  const child = await startPinned("nginx", ["nginx", "-p", directory, "-c", file], settings);
  return {
    name: "nginx",
    pid: child.pid ?? 0,
    httpPort,
    tlsPort,
    [Symbol.asyncDispose]: async () => await stopChild(child),
  };
}

/** The origin that all proxies stand in front of: nginx too, on the other cores. */
export function originConfiguration(directory: string, port: number): string {
  return `${common(directory)}http {
${temporary(directory)}
  access_log off;
  keepalive_requests 1000000000;
  root ${join(directory, "files")};
  default_type text/plain;
  etag off;
  server { listen 127.0.0.1:${port} backlog=4096; client_max_body_size 0; }
}
`;
}
