import { Socket, type OnReadOpts, type SocketConstructorOpts } from "node:net";

/**
 * Begins to connect; the socket is returned at once. Small writes are not delayed, and half-closing is the caller's affair. With
 * `onread`, what arrives is read into the given buffers and handed to the callback, and there is no "data" event.
 */
export function connectTcp(address: string, port: number, onread?: OnReadOpts): Socket {
  // Node's types put `onread` on connect() alone; its constructor is who reads it.
  const options: SocketConstructorOpts & { onread?: OnReadOpts } = {
    allowHalfOpen: true,
    ...(onread === undefined ? {} : { onread }),
  };
  const socket = new Socket(options);
  socket.setNoDelay(true);
  // The address is one already: no look-up, no second family to try.
  return socket.connect({ host: address, port, autoSelectFamily: false });
}
