import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { routeSpecSchema } from "#api/kinds/route.ts";
import { serveHttp2 } from "#drivers/http2/serve.ts";
import { connectTcp } from "#drivers/tcp/connect.ts";
import { listenTcp } from "#drivers/tcp/listen.ts";
import { createContext, createTlsServer } from "#drivers/tls/server.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { selfSignedPem } from "#test/support/certificates.ts";
import type { AccessEntry } from "#traffic/gateway-api.ts";
import type { ConnectionFacts, Gateway } from "#traffic/gateway/gateway-contract.ts";
import { createGateway } from "#traffic/gateway/gateway.ts";
import { http2Protocol } from "#traffic/gateway/http2/protocol.ts";
import { createSecureFront } from "#traffic/gateway/tls/secure-front.ts";
import { snapshotContentSchema } from "#traffic/snapshot.ts";

export interface SecureGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  /** Of its TLS listener. */
  readonly port: number;
  /** Of plain HTTP. */
  readonly plainPort: number;
  /** PEM of its certificate, which clients trust. */
  readonly ca: string;
  readonly entries: readonly AccessEntry[];
}

/**
 * A whole gateway in this process, in front of a server of node:http, or of what listens already: `HOST` over TLS with HTTP/2
 * and HTTP/1.1.
 */
export async function startSecureGateway(
  hosts: readonly string[],
  serve: RequestListener | { readonly port: number },
): Promise<SecureGateway> {
  await using opening = new AsyncDisposableStack();
  const originPort = "port" in serve ? serve.port : await startApp(serve, opening);
  const pem = await selfSignedPem(hosts);
  const clock = systemClock;
  const ports = { connect: connectTcp, clock, random: systemRandom, log: silentLog };
  const gateway = createGateway({
    ports,
    name: "gateway-1",
    http2: http2Protocol({ serve: serveHttp2, clock, log: silentLog }),
  });
  const entries: AccessEntry[] = [];
  gateway.onAccess = (entry) => entries.push(entry);
  const readPem = async () => await Promise.resolve(pem);
  const tls = {
    readPem,
    createContext,
    createServer: createTlsServer<ConnectionFacts>,
    clock,
    log: silentLog,
  };
  const front = createSecureFront(tls, gateway);
  const content = snapshotOf(hosts, originPort, pem.fingerprint);
  gateway.apply(content);
  await front.apply(content);
  const listen = { host: "127.0.0.1", port: 0, shared: false };
  const secure = await listenTcp(listen, (socket) => front.accept(socket, factsOf(true)));
  const plain = await listenTcp(listen, (socket) => gateway.accept(socket, factsOf(false)));
  opening.defer(async () => {
    secure.close();
    plain.close();
    await gateway.drain({ deadlineMs: 0 });
  });
  const opened = opening.move();
  return {
    gateway,
    port: secure.port,
    plainPort: plain.port,
    ca: pem.cert,
    entries,
    [Symbol.asyncDispose]: async () => await opened.disposeAsync(),
  };
}

async function startApp(serve: RequestListener, opening: AsyncDisposableStack): Promise<number> {
  const origin = createServer({ keepAliveTimeout: 60_000 }, serve);
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  opening.defer(() => {
    origin.closeAllConnections();
    origin.close();
  });
  return (origin.address() as AddressInfo).port; // it listens on TCP
}

function factsOf(tls: boolean): ConnectionFacts {
  return {
    tls,
    clientAddress: "127.0.0.1",
    clientPort: 1,
    localPort: 443,
    serverName: "",
    protocol: "http/1",
  };
}

function snapshotOf(hosts: readonly string[], port: number, fingerprint: string) {
  const { backends: _, ...spec } = routeSpecSchema.parse({ hosts: [...hosts] });
  const pool = { id: "default/a/web", project: "default", app: "a", component: "web", policy: spec.policy };
  const member = {
    id: "i1",
    name: "default/a-web-1",
    address: "127.0.0.1",
    port,
    state: "active",
    group: "1",
  };
  return snapshotContentSchema.parse({
    routes: [
      { ...spec, id: "default/a", project: "default", name: "a", backends: [{ pool: pool.id, weight: 1 }] },
    ],
    pools: [{ ...pool, members: [member] }],
    certificates: [{ id: "fallback", hosts: [...hosts], fingerprint }],
    challenges: [],
  });
}
