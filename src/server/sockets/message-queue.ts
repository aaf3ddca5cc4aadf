import type { PeerMessage } from "./peer.ts";

/**
 * Messages between the socket and their one reader. Bounded by stopping the socket: `onFull` when more than
 * `limitBytes` wait, `onSpace` when the reader has caught up.
 */
export class MessageQueue implements AsyncIterable<PeerMessage> {
  readonly #waiting: PeerMessage[] = [];
  readonly #limits: {
    readonly limitBytes: number;
    readonly onFull: () => void;
    readonly onSpace: () => void;
  };
  #bytes = 0;
  #isFull = false;
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(limits: {
    readonly limitBytes: number;
    readonly onFull: () => void;
    readonly onSpace: () => void;
  }) {
    this.#limits = limits;
  }

  /** Whether the socket is stopped now. */
  get isFull(): boolean {
    return this.#isFull;
  }

  push(message: PeerMessage): void {
    if (this.#isEnded) return;
    this.#waiting.push(message);
    this.#bytes += sizeOf(message);
    if (!this.#isFull && this.#bytes > this.#limits.limitBytes) {
      this.#isFull = true;
      this.#limits.onFull();
    }
    this.#wake?.();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PeerMessage> {
    for (;;) {
      const next = this.#take();
      if (next !== undefined) yield next;
      else if (this.#isEnded) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #take(): PeerMessage | undefined {
    const next = this.#waiting.shift();
    if (next === undefined) return undefined;
    this.#bytes -= sizeOf(next);
    if (this.#isFull && this.#bytes <= this.#limits.limitBytes / 2) {
      this.#isFull = false;
      this.#limits.onSpace();
    }
    return next;
  }
}

/** An empty message counts, too: a flood of them would else be free. */
function sizeOf(message: PeerMessage): number {
  return 64 + (message.type === "text" ? message.text.length : message.bytes.byteLength);
}
