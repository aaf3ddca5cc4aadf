import { once } from "node:events";
import type { Server } from "node:http";
import { Server as NetServer, type AddressInfo } from "node:net";
import { descriptorOf, type ListenPlace } from "#drivers/tcp/listen.ts";

/** Connections that may wait to be accepted; the kernel cuts it down to net.core.somaxconn. */
const backlog = 4096;

export interface HttpListener {
  readonly port: number;
  /** For a successor that shall inherit the socket, with every connection that waits in it. */
  readonly descriptor: number;
  /** Accepts nothing more; connections that were accepted go on, also those that wait for their next request. */
  close(): void;
}

/** Listens with an HTTP server of node:http. Rejects with the system's error. */
export async function listenHttp(server: Server, place: ListenPlace): Promise<HttpListener> {
  const options =
    "descriptor" in place
      ? { fd: place.descriptor, backlog }
      : { host: place.host, port: place.port, reusePort: place.shared, exclusive: true, backlog };
  const failed = once(server, "error").then(([error]) => {
    throw error;
  });
  failed.catch(() => undefined); // later ones: accept() that fails for want of descriptors is tried again
  server.listen(options);
  await Promise.race([once(server, "listening"), failed]);
  server.on("error", () => undefined); // as above
  const { port } = server.address() as AddressInfo; // it listens on TCP
  let isOpen = true;
  return {
    port,
    descriptor: descriptorOf(server),
    close: () => {
      // The HTTP server's own close would end idle connections at once, while their clients may be sending.
      if (isOpen) NetServer.prototype.close.call(server);
      isOpen = false;
    },
  };
}
