const closeOpcode = 8;

/**
 * Follows a server's WebSocket frames (RFC 6455 section 5.2) just enough to know when one has ended: only there can the gateway say
 * goodbye by a close frame of its own.
 */
export class WebSocketBoundary {
  /** Bytes of the header so far, at most 10. */
  #header = 0;
  #lengthBytes = 0;
  #left = 0;
  #isBroken = false;
  #hasClosed = false;

  /** A frame of ours would be read as one, and the server has not sent its own close frame, which ends everything (section 5.5.1). */
  get canSayGoodbye(): boolean {
    return this.#header === 0 && this.#left === 0 && !this.#isBroken && !this.#hasClosed;
  }

  follow(bytes: Buffer, from: number, to: number): void {
    for (let at = from; at < to;) {
      if (this.#left > 0 && this.#header === 0) {
        const step = Math.min(this.#left, to - at);
        this.#left -= step;
        at += step;
      } else this.#headerByte(bytes[at++] ?? 0);
    }
  }

  #headerByte(byte: number): void {
    this.#header++;
    if (this.#header === 1) {
      if ((byte & 15) === closeOpcode) this.#hasClosed = true;
      return;
    }
    if (this.#header === 2) {
      // A server does not mask (RFC 6455 section 5.1); what does is no WebSocket, and is left alone.
      if (byte >= 128) this.#isBroken = true;
      this.#lengthBytes = byte === 127 ? 8 : byte === 126 ? 2 : 0;
      this.#left = this.#lengthBytes === 0 ? byte & 127 : 0;
    } else this.#left = this.#left * 256 + byte;
    if (this.#header === 2 + this.#lengthBytes) this.#header = 0;
  }
}

/** 1001, "going away": what a server says that ends. */
export const goingAwayFrame: Buffer = Buffer.from([0x88, 0x02, 0x03, 0xe9]);
