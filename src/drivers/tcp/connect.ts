import { isListenedOnBy } from "#drivers/tcp/listener-owner.ts";
import { Socket, type OnReadOpts, type SocketConstructorOpts } from "node:net";

/**
 * Begins to connect; the socket is returned at once. Small writes are not delayed, and half-closing is the caller's affair. With
 * `onread`, what arrives is read into the given buffers and handed to the callback, and there is no "data" event. With `account`, a
 * port on which another system account listens is as good as one that refuses: the socket errs with ECONNREFUSED.
 */
export function connectTcp(address: string, port: number, onread?: OnReadOpts, account?: number): Socket {
  // Node's types put `onread` on connect() alone; its constructor is who reads it.
  const options: SocketConstructorOpts & { onread?: OnReadOpts } = {
    allowHalfOpen: true,
    ...(onread === undefined ? {} : { onread }),
  };
  const socket = new Socket(options);
  socket.setNoDelay(true);
  if (account !== undefined && !isListenedOnBy(account, address, port))
    return socket.destroy(
      Object.assign(new Error(`another account listens on ${address}:${port}`), { code: "ECONNREFUSED" }),
    );
  // The address is one already: no look-up, no second family to try.
  return socket.connect({ host: address, port, autoSelectFamily: false });
}
