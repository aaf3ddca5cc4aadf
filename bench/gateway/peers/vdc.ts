import { createHash, X509Certificate } from "node:crypto";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { prepareDataDirectory } from "#main/data-directory.ts";
import { gatewayConfigVariable, gatewayNodeFlags, type GatewayConfig } from "#main/gateway/config.ts";
import { publishSnapshot } from "#test/support/publish-snapshot.ts";
import { startPinned, stopChild, type Peer, type PeerSettings } from "./peer.ts";

const program = join(import.meta.dirname, "../../../src/main/gateway.ts");

/** Our gateway as `vdc up` starts it: one process, the default policy, health checks and access log on. */
export async function startVdcGateway(settings: PeerSettings): Promise<Peer> {
  const { httpPort, tlsPort } = settings;
  const directory = prepareDataDirectory(join(settings.directory, "data"));
  const pool = "bench/origin/web";
  const fingerprint = placeCertificate(directory.gatewayCertificates, settings);
  publishSnapshot(directory, 1, {
    routes: [
      {
        id: "bench/all",
        project: "bench",
        name: "all",
        hosts: ["127.0.0.1"],
        backends: [{ pool, weight: 100 }],
        policy: {},
      },
    ],
    pools: [
      {
        id: pool,
        project: "bench",
        app: "origin",
        component: "web",
        members: [
          {
            id: "one",
            name: "one",
            address: "127.0.0.1",
            port: settings.originPort,
            state: "active",
            group: "1",
          },
        ],
        policy: {},
      },
    ],
    // The fallback: clients send no server name with an address.
    certificates: [{ id: "fallback", hosts: ["127.0.0.1"], fingerprint }],
  });
  const config: GatewayConfig = {
    name: "gateway-1",
    dataDirectory: directory.root,
    host: "127.0.0.1",
    httpPort,
    httpsPort: tlsPort,
    inherits: false,
  };
  const child = await startPinned("the gateway", [process.execPath, ...gatewayNodeFlags, program], settings, {
    env: { [gatewayConfigVariable]: JSON.stringify(config) },
  });
  return {
    name: "VDC",
    pid: child.pid ?? 0,
    httpPort,
    tlsPort,
    [Symbol.asyncDispose]: async () => await stopChild(child),
  };
}

function placeCertificate(folder: string, { tls }: PeerSettings): string {
  const der = new X509Certificate(readFileSync(tls.cert)).raw;
  const fingerprint = createHash("sha256").update(der).digest("hex");
  copyFileSync(tls.cert, join(folder, `${fingerprint}.crt`));
  copyFileSync(tls.key, join(folder, `${fingerprint}.key`));
  return fingerprint;
}
