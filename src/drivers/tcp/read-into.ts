import type { OnReadOpts, Socket } from "node:net";

/**
 * Has what arrives on an accepted socket read into a buffer of ours, as `onread` does for sockets that connect: node's servers
 * take no such option. Without it node allocates 64 KiB for each read, cuts that down, wraps it twice and sends it through a stream.
 *
 * False: this version of node, or the state of this socket, does not allow it, and nothing has changed; then there is "data".
 * That is why it may lean on what is no public interface: the three fields that the option `onread` of `net.Socket` sets.
 */
export function readInto(socket: Socket, onread: OnReadOpts): boolean {
  const { _handle: handle } = socket as Socket & { readonly _handle?: Readable | null }; // not in node's types
  if (typeof handle?.useUserBuffer !== "function" || !(onread.buffer instanceof Uint8Array)) return false;
  // Bytes that came before would be overtaken, and whoever listens already would hear nothing.
  if (socket.readableLength > 0 || socket.readableFlowing === true || socket.listenerCount("data") > 0)
    return false;
  fields ??= fieldsOf(socket);
  if (fields === undefined) return false;
  const own = socket as unknown as Record<symbol, unknown>; // by the names that were found
  own[fields.buffer] = onread.buffer;
  own[fields.callback] = (count: number, bytes: Uint8Array) => onread.callback(count, bytes);
  handle.useUserBuffer(onread.buffer);
  return true;
}

interface Readable {
  readonly useUserBuffer?: (buffer: Uint8Array) => void;
}

interface Fields {
  readonly buffer: symbol;
  readonly callback: symbol;
}

let fields: Fields | undefined;

function fieldsOf(socket: Socket): Fields | undefined {
  const names = Object.getOwnPropertySymbols(socket);
  const named = (description: string) => names.find((name) => name.description === description);
  const buffer = named("kBuffer");
  const callback = named("kBufferCb");
  const generator = named("kBufferGen");
  if (buffer === undefined || callback === undefined || generator === undefined) return undefined;
  const own = socket as unknown as Record<symbol, unknown>; // as above
  const areUnset = own[buffer] === null && own[callback] === null && own[generator] === null;
  return areUnset ? { buffer, callback } : undefined;
}
