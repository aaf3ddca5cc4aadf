import { listenTcp, type TcpListener } from "#drivers/tcp/listen.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { runningGateways, type GatewayPlace } from "#main/parts/gateway-part.ts";
import { checkFree } from "#main/supervisor/address.ts";
import type { UpOptions } from "#main/supervisor/start-options.ts";

/** Ports that are kept for the gateways until they listen themselves. */
export interface ReservedPorts extends Disposable {
  readonly place: GatewayPlace;
}

/** A shared socket that asks for any free port may be given one that another data center of the same user shares already. */
async function unsharedPort(host: string): Promise<number> {
  const alone = await listenTcp({ host, port: 0, shared: false }, (socket) => socket.destroy());
  alone.close();
  return alone.port;
}

/**
 * Decides where the gateways listen, before any of them starts: they all share two ports. Gateways that a killed supervisor left keep
 * theirs. A port that is to be any free one is held open, shared, until the gateways have it: so nobody else can get it in between.
 */
export async function reserveGatewayPorts(
  options: UpOptions["gateways"],
  directory: DataDirectory,
): Promise<ReservedPorts> {
  const { host } = options;
  const running = runningGateways(directory).find((gateway) => gateway.host === host);
  const held: TcpListener[] = [];
  // Without gateways the ports are nobody's business.
  if (options.count === 0)
    return { place: { host, httpPort: 0, httpsPort: 0 }, [Symbol.dispose]: () => undefined };
  const choose = async (port: number, left: number | undefined, flag: string): Promise<number> => {
    if (left !== undefined && (port === 0 || port === left)) return left;
    if (port !== 0) {
      await checkFree({ host, port, flag, hostFlag: "--gateway-host" });
      return port;
    }
    const listener = await listenTcp({ host, port: await unsharedPort(host), shared: true }, (socket) =>
      socket.destroy(),
    );
    held.push(listener);
    return listener.port;
  };
  const release = () => held.forEach((listener) => listener.close());
  try {
    const httpPort = await choose(options.httpPort, running?.httpPort, "--http-port");
    const httpsPort = await choose(options.httpsPort, running?.httpsPort, "--https-port");
    return { place: { host, httpPort, httpsPort }, [Symbol.dispose]: release };
  } catch (error) {
    release();
    throw error;
  }
}
