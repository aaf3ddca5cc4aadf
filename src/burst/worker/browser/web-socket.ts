import { protocolLimits } from "#api/burst-protocol.ts";
import { VdcError } from "#api/errors.ts";
import type { WorkerSocket } from "../ports.ts";

interface Ending {
  readonly code: number;
  readonly reason: string;
}

/** What we use of a browser's WebSocket. */
export interface WebSocketLike {
  send(text: string): void;
  close(): void;
  readonly readyState: number;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: Ending) => void): void;
}

const open = 1;
/** A browser's socket cannot be held back; a scheduler that sends so much that waits is none of ours. */
const maxWaiting = 4_096;

/** A socket that was just made, once it is open. Rejects with `VdcError` `unreachable`, or the signal's reason. */
export async function workerSocket(socket: WebSocketLike, signal: AbortSignal): Promise<WorkerSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const messages = new Messages(socket);
  socket.addEventListener("open", resolve);
  const stop = () => {
    socket.close();
    reject(signal.reason);
  };
  signal.addEventListener("abort", stop, { once: true });
  socket.addEventListener("close", (ending) => {
    messages.end(ending);
    reject(new VdcError("unreachable", "The data center cannot be reached."));
  });
  try {
    await promise;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  return {
    messages,
    send: async (text) => {
      if (socket.readyState === open) socket.send(text);
    },
    ending: () => messages.ending,
    close: () => socket.close(),
  };
}

class Messages implements AsyncIterable<string> {
  readonly #waiting: string[] = [];
  #wake: (() => void) | undefined;
  ending: Ending | undefined;

  constructor(socket: WebSocketLike) {
    socket.addEventListener("message", ({ data }) => {
      const isFit = typeof data === "string" && data.length <= protocolLimits.maxMessageBytes;
      if (!isFit || this.#waiting.length >= maxWaiting) return socket.close();
      this.#waiting.push(data);
      this.#wake?.();
    });
  }

  end({ code, reason }: Ending): void {
    this.ending = { code, reason };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) yield next;
      else if (this.ending !== undefined) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
