import type { Socket } from "node:net";
import { encodeFrame, FrameReader, type Frame } from "./frame.ts";

/** Runs something after the events that are being handled now: setImmediate. */
export type Later = (run: () => void) => void;

export interface ChannelEvents {
  /** Who does not read what we send is not read from either. Only one of the two sides may do that, or both could wait for each other. */
  readonly slowsDown: boolean;
  readonly onFrame: (frame: Frame) => void;
  /** Once, with why when it was not a plain end. Nothing comes after it. */
  readonly onEnd: (cause: Error | undefined) => void;
}

/** Bytes that wait for the other side before it is slowed down. */
const backedUpBytes = 16 * 1024 * 1024;

/**
 * Frames over one socket. What is sent during one turn of the event loop leaves in one system call: with thousands of calls a second most of the cost is
 * the calls to the system.
 */
export class FrameChannel {
  readonly #socket: Socket;
  readonly #events: ChannelEvents;
  readonly #later: Later;
  readonly #reader = new FrameReader();
  #isCorked = false;
  #cause: Error | undefined;

  constructor(socket: Socket, later: Later, events: ChannelEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#later = later;
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("drain", () => socket.resume());
    socket.on("end", () => socket.destroy()); // half a connection is of no use to either side
    socket.on("error", (error) => (this.#cause ??= error));
    socket.once("close", () => events.onEnd(this.#cause));
  }

  /** Throws `FrameFault` when it is too large; a channel that has ended takes it and does nothing. */
  send(header: unknown, blob?: Uint8Array): void {
    const pieces = encodeFrame(header, blob);
    const socket = this.#socket;
    if (socket.destroyed) return;
    if (!this.#isCorked) {
      this.#isCorked = true;
      socket.cork();
      this.#later(() => {
        this.#isCorked = false;
        socket.uncork();
        if (this.#events.slowsDown && socket.writableLength > backedUpBytes) socket.pause();
      });
    }
    for (const piece of pieces) socket.write(piece);
  }

  end(cause?: Error): void {
    this.#cause ??= cause;
    this.#socket.destroy();
  }

  #received(chunk: Buffer): void {
    this.#reader.push(chunk);
    try {
      // Bounded by what was received.
      for (;;) {
        const frame = this.#socket.destroyed ? undefined : this.#reader.next();
        if (frame === undefined) return;
        this.#events.onFrame(frame);
      }
    } catch (error) {
      this.end(error instanceof Error ? error : new Error("a frame could not be handled", { cause: error }));
    }
  }
}
