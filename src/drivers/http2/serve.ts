import { constants, performServerHandshake, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";

export interface Http2Limits {
  /** Streams that a client may have open at once. */
  readonly streams: number;
  /** Of one header section, names and values with 32 bytes for each line (RFC 9113 section 6.5.2). */
  readonly headerBytes: number;
  readonly headerLines: number;
  /** Body bytes that a client may send before it is told to go on: of one stream, and of all together. */
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  /** What one connection may hold in memory, in megabytes. */
  readonly memoryMegabytes: number;
}

/** Begins to speak on `socket`; requests come as `stream` events. The session owns the socket from here on. */
export function serveHttp2(socket: Socket, limits: Http2Limits): ServerHttp2Session {
  // A client that has closed its side can neither take back a request nor say that it has read an answer.
  socket.allowHalfOpen = false;
  const session = performServerHandshake(socket, {
    maxHeaderListPairs: limits.headerLines + 4, // the pseudo-headers count too
    maxSessionMemory: limits.memoryMegabytes,
    maxSettings: 16,
    // Frames that break the protocol, and streams beyond the allowed number, before the connection is ended.
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxOutstandingPings: 2,
    // What an app says twice passes as it does over HTTP/1.1; the library would throw.
    strictSingleValueFields: false,
    // No padding: nothing here depends on hiding lengths.
    paddingStrategy: constants.PADDING_STRATEGY_NONE,
    // The library's own defence against streams that are opened and reset (CVE-2023-44487), above ours.
    streamResetBurst: 1_000,
    streamResetRate: 33,
    settings: {
      enablePush: false,
      enableConnectProtocol: false,
      maxConcurrentStreams: limits.streams,
      maxHeaderListSize: limits.headerBytes,
      initialWindowSize: limits.streamWindowBytes,
    },
  });
  session.setLocalWindowSize(limits.connectionWindowBytes);
  return session;
}
