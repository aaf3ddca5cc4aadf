import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** What a relay does to one direction. */
export interface Shape {
  /** Bytes a second of all connections together; Infinity: as fast as it goes. */
  bytesPerSecond: number;
  /** Milliseconds that every byte is under way. */
  delayMs: number;
}

export interface Relay {
  readonly port: number;
  close(): void;
}

/** Bytes of one connection that wait here; beyond it the sender is held back, as by a router with a full queue. */
const maxWaiting = 128 * 1024;

/** One direction of a line: what is given to it leaves one piece after the other. */
class Line {
  readonly #shape: Shape;
  #freeMs = 0;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  /** When so many bytes that are given now have arrived. */
  arrival(bytes: number): number {
    const { bytesPerSecond, delayMs } = this.#shape;
    this.#freeMs = Math.max(this.#freeMs, performance.now()) + (bytes * 1000) / bytesPerSecond;
    return this.#freeMs + delayMs;
  }
}

/** Passes TCP connections on to a port of this host; `up` is what clients send. The shapes may be changed while it runs. */
export async function openRelay(options: {
  readonly host: string;
  readonly target: number;
  readonly up: Shape;
  readonly down: Shape;
}): Promise<Relay> {
  const up = new Line(options.up);
  const down = new Line(options.down);
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = connect({ host: "127.0.0.1", port: options.target, allowHalfOpen: true });
    for (const socket of [client, target]) {
      socket.setNoDelay(true);
      open.add(socket);
      socket.on("error", () => undefined); // `close` follows, and ends the other one
      socket.on("close", () => open.delete(socket));
    }
    pass(client, target, up);
    pass(target, client, down);
  });
  await new Promise<void>((resolve) => server.listen(0, options.host, resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    port,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

function pass(from: Socket, to: Socket, line: Line): void {
  let waiting = 0;
  const later = (bytes: number, run: () => void) =>
    setTimeout(run, Math.max(0, line.arrival(bytes) - performance.now()));
  from.on("data", (piece: Buffer) => {
    waiting += piece.length;
    if (waiting > maxWaiting) from.pause();
    later(piece.length, () => {
      waiting -= piece.length;
      if (!to.destroyed) to.write(piece);
      if (waiting <= maxWaiting / 2) from.resume();
    });
  });
  from.on("end", () => later(0, () => to.end()));
  from.on("close", () => later(0, () => to.destroy()));
}
