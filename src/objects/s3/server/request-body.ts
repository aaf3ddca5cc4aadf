import type { IncomingMessage, ServerResponse } from "node:http";
import { finished } from "node:stream";

/** Bytes that came and nobody has taken yet: beyond, the client is not read from. */
const waitingMaxBytes = 128 * 1024;

/** Clients wait for `100 Continue` with their body (RFC 9110, section 10.1.1): it is sent when somebody begins to read, so after admission, and never for a refused request. */
export class RequestBody implements AsyncIterable<Uint8Array> {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #continuePending: boolean;
  #bytes = 0;

  constructor(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) {
    this.#request = request;
    this.#response = response;
    this.#continuePending = expectsContinue;
  }

  /** Bytes that were read. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the client still holds its body back; then the connection cannot carry another request. */
  get isHeldBack(): boolean {
    return this.#continuePending;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    if (this.#continuePending) {
      this.#continuePending = false;
      this.#response.writeContinue();
    }
    return new Pieces(this.#request, (bytes) => (this.#bytes += bytes));
  }
}

type Next = IteratorResult<Uint8Array, undefined>;

/**
 * The pieces of a body as they come from the socket. The iterator of a Node stream joins what waits, which copies it, and takes a seventh more of the processor for a body. A reader that stops early
 * does not end the connection: the answer still has to go out on it.
 */
class Pieces implements AsyncIterator<Uint8Array, undefined> {
  readonly #request: IncomingMessage;
  readonly #onRead: (bytes: number) => void;
  readonly #stopWatching: () => void;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #reader: PromiseWithResolvers<Next> | undefined;
  #end: { readonly error?: Error } | undefined;

  constructor(request: IncomingMessage, onRead: (bytes: number) => void) {
    this.#request = request;
    this.#onRead = onRead;
    this.#stopWatching = finished(request, { writable: false }, (error) =>
      this.#ended(error === null || error === undefined ? {} : { error }),
    );
    request.on("data", this.#received);
  }

  next(): Promise<Next> {
    const piece = this.#waiting.shift();
    if (piece !== undefined) {
      this.#waitingBytes -= piece.length;
      if (this.#request.isPaused() && this.#waitingBytes < waitingMaxBytes) this.#request.resume();
      return Promise.resolve(this.#given(piece));
    }
    if (this.#end?.error !== undefined) return Promise.reject(this.#end.error);
    if (this.#end !== undefined) return Promise.resolve({ done: true, value: undefined });
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  async return(): Promise<Next> {
    this.#request.off("data", this.#received).pause();
    this.#waiting.length = 0;
    this.#ended({});
    return { done: true, value: undefined };
  }

  readonly #received = (piece: Uint8Array): void => {
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      reader.resolve(this.#given(piece));
      return;
    }
    this.#waiting.push(piece);
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes >= waitingMaxBytes) this.#request.pause();
  };

  #given(value: Uint8Array): Next {
    this.#onRead(value.byteLength);
    return { done: false, value };
  }

  #ended(end: { readonly error?: Error }): void {
    this.#end ??= end;
    this.#stopWatching();
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) return;
    if (end.error === undefined) reader.resolve({ done: true, value: undefined });
    else reader.reject(end.error);
  }
}
