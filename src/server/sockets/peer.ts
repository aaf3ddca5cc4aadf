import type { Principal } from "#control/auth/principal.ts";

/** One end of a WebSocket (RFC 6455) as a handler sees it. */
export interface Peer {
  /** Aborts when the peer leaves, the server stops, or the caller's sign-in or right ends. */
  readonly signal: AbortSignal;
  /** The caller as it is now. */
  readonly principal: Principal;
  /** What the peer says, in order; ends with the socket. Read by one reader: while it does not, the peer is not read. */
  readonly messages: AsyncIterable<PeerMessage>;
  /** Resolves when the message has left; waits while the peer is slower than we are. After the end it does nothing. */
  sendText(text: string): Promise<void>;
  sendBytes(bytes: Uint8Array): Promise<void>;
}

export type PeerMessage =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "bytes"; readonly bytes: Uint8Array };
