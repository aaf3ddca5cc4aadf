import type { ConnectionFacts } from "../gateway-contract.ts";
import { fnv1a } from "./hash.ts";

/**
 * The lines by which an instance learns who asked, and how. They are made anew for each request and replace whatever the client sent
 * under these names, so an instance can trust them (RFC 7239 section 8.1 says what comes of it otherwise). Requests of one
 * connection are nearly always for one authority, so the text is kept.
 */
export class Forwarding {
  /** For `balance: hash` by address, and for turns among clients that wait. */
  readonly addressHash: number;
  readonly #facts: ConnectionFacts;
  #authority = "";
  #lines = "";

  constructor(facts: ConnectionFacts) {
    this.#facts = facts;
    this.addressHash = fnv1a(facts.clientAddress);
  }

  /** Ends where the request's id has to follow. `authority` is checked already: it has no character that needs care in a line or in a quoted string. */
  linesFor(authority: string, via: string): string {
    if (this.#lines !== "" && authority === this.#authority) return this.#lines;
    const { clientAddress, tls, localPort } = this.#facts;
    const proto = tls ? "https" : "http";
    const forwardedFor = clientAddress.includes(":") ? `"[${clientAddress}]"` : clientAddress;
    const host = /^[\w.-]*$/.test(authority) ? authority : `"${authority}"`;
    this.#authority = authority;
    this.#lines =
      `x-forwarded-for: ${clientAddress}\r\nx-forwarded-proto: ${proto}\r\nx-forwarded-host: ${authority}\r\n` +
      `x-forwarded-port: ${localPort}\r\nforwarded: for=${forwardedFor};host=${host};proto=${proto}\r\nvia: ${via}\r\nx-request-id: `;
    return this.#lines;
  }
}
