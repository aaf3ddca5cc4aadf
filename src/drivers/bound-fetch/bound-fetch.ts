import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from "node:http";
import { isIP, type LookupFunction } from "node:net";
import { pipeline, Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { guardedLookup, refusedError } from "#drivers/bound-fetch/guarded-lookup.ts";
import { pinnedAgent } from "#drivers/bound-fetch/pinned-agent.ts";

/** Where the requests of a fetch go, whatever host their address names. */
export type Binding =
  | { readonly via: "unix-socket"; readonly path: string }
  /** TLS to a server whose certificate has exactly this SHA-256 (64 hex digits); no authority is asked. */
  | { readonly via: "pinned-tls"; readonly sha256: string }
  /**
   * As the address says; certificates are checked against the system's authorities. Never connects to an IP address that `refuses` says yes to: what a name leads to is
   * asked once, for the look and for the connection.
   */
  | { readonly via: "address"; readonly refuses?: (ip: string) => boolean };

export interface BoundFetch {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Ends idle connections. Safe twice. */
  readonly close: () => void;
}

const maxConnections = 8;

/**
 * A `fetch` for one server, over node:http rather than undici: it loads in half the time, which is what a
 * command line notices. `idleMs` bounds the silence of a connection, streams included. Bodies are
 * strings, blobs and streams.
 */
export function boundFetch(binding: Binding, limits: { readonly idleMs: number }): BoundFetch {
  const plain = new HttpAgent({ keepAlive: true, maxSockets: maxConnections });
  let secure: HttpAgent | undefined;
  const send = async (url: string, init: RequestInit): Promise<Response> => {
    const address = new URL(url);
    if (binding.via === "pinned-tls" && address.protocol !== "https:")
      throw new TypeError("a pinned certificate needs an https address");
    if (address.protocol === "https:")
      secure ??= await pinnedAgent(binding.via === "pinned-tls" ? binding.sha256 : undefined, maxConnections);
    const refuses = binding.via === "address" ? binding.refuses : undefined;
    const host = address.hostname.replace(/^\[|\]$/g, "");
    // Sockets look no literal address up.
    if (refuses !== undefined && isIP(host) !== 0 && refuses(host)) throw refusedError(host);
    const message = await exchange(address, init, {
      ...(refuses === undefined ? {} : { lookup: guardedLookup(refuses) }),
      agent: address.protocol === "https:" ? secure : plain,
      idleMs: limits.idleMs,
      ...(binding.via === "unix-socket" ? { socketPath: binding.path } : {}),
    });
    return responseOf(message);
  };
  return {
    fetch: send,
    close: () => {
      plain.destroy();
      secure?.destroy();
    },
  };
}

function exchange(
  address: URL,
  init: RequestInit,
  how: {
    readonly agent: HttpAgent | undefined;
    readonly idleMs: number;
    readonly socketPath?: string;
    readonly lookup?: LookupFunction;
  },
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const body = typeof init.body === "string" ? Buffer.from(init.body) : undefined;
  const request = httpRequest({
    protocol: address.protocol,
    host: address.hostname.replace(/^\[|\]$/g, ""),
    port: address.port === "" ? (address.protocol === "https:" ? 443 : 80) : address.port,
    path: address.pathname + address.search,
    method: init.method ?? "GET",
    headers: {
      ...Object.fromEntries(new Headers(init.headers)),
      ...(body === undefined ? {} : { "content-length": body.length }),
    },
    // An https agent is an http agent whose sockets are TLS; `protocol` is checked against it.
    agent: how.agent,
    ...(how.lookup === undefined ? {} : { lookup: how.lookup }),
    ...(how.socketPath === undefined ? {} : { socketPath: how.socketPath }),
    ...(init.signal === undefined || init.signal === null ? {} : { signal: init.signal }),
  });
  request.setTimeout(how.idleMs, () =>
    request.destroy(new Error(`the connection was silent for ${how.idleMs} ms`)),
  );
  request.once("response", resolve);
  request.once("error", (error) => reject(init.signal?.aborted === true ? reasonOf(init.signal) : error));
  const stream = streamOf(init.body);
  if (stream === undefined) request.end(body);
  else sendStream(stream, request, reject);
  return promise;
}

function streamOf(body: RequestInit["body"]): ReadableStream<Uint8Array> | undefined {
  if (body instanceof ReadableStream) return body;
  return body instanceof Blob ? body.stream() : undefined;
}

/** The server may answer and close before it has everything: the answer counts then, not the broken pipe. */
function sendStream(
  stream: ReadableStream<Uint8Array>,
  request: ClientRequest,
  reject: (error: unknown) => void,
): void {
  // Node's own web streams; only the types of the two libraries differ.
  const source = Readable.fromWeb(stream as NodeReadableStream);
  let isAnswered = false;
  request.once("response", () => void (isAnswered = true));
  pipeline(source, request, (error) => {
    if (error !== undefined && error !== null && !isAnswered) reject(error);
  });
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException("aborted", "AbortError");
}

function responseOf(message: IncomingMessage): Response {
  const status = message.statusCode ?? 502;
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) headers.append(name, one);
  }
  if (status === 204 || status === 304) {
    message.resume(); // so that the connection can be used again
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(message), { status, headers });
}
