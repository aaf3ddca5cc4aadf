import type { IncomingMessage, ServerResponse } from "node:http";

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

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#continuePending) {
      this.#continuePending = false;
      this.#response.writeContinue();
    }
    // A reader that stops early must not destroy the connection: the answer still has to go out on it.
    for await (const chunk of this.#request.iterator({ destroyOnReturn: false })) {
      // Without an encoding, a stream of node:http gives buffers only.
      const bytes = chunk as Uint8Array;
      this.#bytes += bytes.byteLength;
      yield bytes;
    }
  }
}
