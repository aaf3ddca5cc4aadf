import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { assert } from "#lib/assert.ts";

/** Where to listen: an address of our own choice, or a listening socket that we were started with. */
export type ListenPlace =
  | {
      readonly host: string;
      /** 0 = any free one. */
      readonly port: number;
      /** Several processes may listen on the same port (SO_REUSEPORT); the kernel spreads connections over them. */
      readonly shared: boolean;
    }
  | { readonly descriptor: number };

/** A listening socket. */
export interface TcpListener {
  readonly address: string;
  readonly port: number;
  /** For a process that shall inherit the socket, with every connection that waits in it. */
  readonly descriptor: number;
  /** Accepts nothing more; connections that were accepted go on. Safe twice. */
  close(): void;
}

/** Connections that may wait to be accepted; the kernel cuts it down to net.core.somaxconn. */
const backlog = 4096;

/** Listens, and hands over every connection as it was accepted: nothing is read from it yet. Rejects with the system's error. */
export async function listenTcp(
  place: ListenPlace,
  onConnection: (socket: Socket) => void,
): Promise<TcpListener> {
  const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: false }, onConnection);
  await new Promise<void>((resolve, reject) => {
    const options =
      "descriptor" in place
        ? { fd: place.descriptor, backlog }
        : { host: place.host, port: place.port, reusePort: place.shared, exclusive: true, backlog };
    server.once("error", reject).listen(options, resolve);
  });
  server.removeAllListeners("error").on("error", () => undefined); // accept() that fails for want of descriptors is tried again
  const { address, port } = server.address() as AddressInfo; // it listens on TCP
  const descriptor = descriptorOf(server);
  let isOpen = true;
  return {
    address,
    port,
    descriptor,
    close: () => {
      if (isOpen) server.close();
      isOpen = false;
    },
  };
}

/** Whether two sockets may listen on one port here: old kernels and versions of Node take the option and ignore it. */
export async function canSharePorts(host: string): Promise<boolean> {
  const ignore = (socket: Socket) => void socket.destroy();
  const first = await listenTcp({ host, port: 0, shared: true }, ignore);
  try {
    const second = await listenTcp({ host, port: first.port, shared: true }, ignore);
    second.close();
    return true;
  } catch {
    return false; // EADDRINUSE: the first has the port for itself
  } finally {
    first.close();
  }
}

/** Node has no public way to the number; `stdio` of spawn() needs it. */
export function descriptorOf(server: Server): number {
  const { _handle: handle } = server as Server & { readonly _handle?: { readonly fd?: number } | null };
  assert(
    typeof handle?.fd === "number" && handle.fd >= 0,
    "a listening socket has a descriptor (Node on Linux)",
  );
  return handle.fd;
}
