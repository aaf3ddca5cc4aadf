/** A request as it came from the socket; nothing about it is believed yet. */
export interface RawRequest {
  /** Made by the server, for logs and the answer's x-amz-request-id. */
  readonly id: string;
  readonly method: string;
  /** The request-target exactly as received, one character a byte. */
  readonly rawTarget: string;
  /** Name, value, name, value … as received (`rawHeaders` of node:http), one character a byte. */
  readonly rawHeaders: readonly string[];
  /** Without the framing of HTTP. Ends with an error when the connection breaks. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The client's; from a header only when a trusted gateway set it. */
  readonly remoteAddress: string;
  /** Whether the client's connection is TLS. */
  readonly secure: boolean;
}
