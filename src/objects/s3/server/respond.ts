import type { IncomingMessage, ServerResponse } from "node:http";

import type { Clock } from "#lib/clock.ts";
import type { S3Response } from "#objects/s3/operation.ts";

import type { RequestBody } from "./request-body.ts";

/** What of a refused body is read so that the client finishes sending and sees the answer; beyond, the connection is closed. */
const drainMaxBytes = 256 * 1024;
const drainMaxMs = 2000;

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of every answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody;
  readonly clock: Clock;
  /** The client is gone. */
  readonly signal: AbortSignal;
}

/** Sends an answer and returns how many bytes its body had. A body that fails under way breaks the connection: its length was promised. */
export async function respond(exchange: Exchange, answer: S3Response): Promise<number> {
  const hasBody = exchange.request.method !== "HEAD" && answer.status !== 204 && answer.status !== 304;
  const { body } = answer;
  if (typeof body !== "object" || !hasBody) {
    const text = typeof body === "string" ? Buffer.from(body, "utf8") : Buffer.alloc(0);
    beginAnswer(exchange, answer, hasLength(answer) ? undefined : text.byteLength);
    const sent = hasBody ? text : Buffer.alloc(0);
    await endAnswer(exchange, sent);
    return sent.byteLength;
  }
  return stream(exchange, answer, body);
}

/** 204 and 304 have none by definition; HEAD says the one that GET would have. */
function hasLength(answer: S3Response): boolean {
  return answer.status === 204 || answer.status === 304 || answer.headers["content-length"] !== undefined;
}

function beginAnswer(exchange: Exchange, answer: S3Response, length: number | undefined): void {
  const { request, response, body } = exchange;
  const isLast = body.isHeldBack || unreadBytes(request) > drainMaxBytes;
  response.sendDate = false;
  // Not flushed here: the head leaves together with the first bytes, which also keeps it Latin-1 (node:http flushes it as UTF-8).
  response.writeHead(answer.status, {
    ...exchange.headers,
    ...answer.headers,
    ...(length === undefined ? {} : { "content-length": String(length) }),
    ...(isLast ? { connection: "close" } : {}),
  });
}

async function stream(
  exchange: Exchange,
  answer: S3Response,
  body: AsyncIterable<Uint8Array>,
): Promise<number> {
  const { response, signal } = exchange;
  const iterator = body[Symbol.asyncIterator]();
  let sent = 0;
  try {
    // The first piece comes before the head: what cannot be read at all is still an honest error.
    let piece = await iterator.next();
    beginAnswer(exchange, answer, undefined);
    if (piece.done !== true && isAll(answer, piece.value)) {
      // Head and body leave in one system call. The iterator has nothing more, and is told so below.
      await endAnswer(exchange, piece.value);
      return piece.value.byteLength;
    }
    while (piece.done !== true) {
      sent += piece.value.byteLength;
      await written(response, piece.value, signal);
      piece = await iterator.next();
    }
  } catch (error) {
    if (response.headersSent) response.destroy();
    throw error;
  } finally {
    await iterator.return?.();
  }
  await endAnswer(exchange);
  return sent;
}

/** Whether these bytes are the whole body that was promised. */
function isAll(answer: S3Response, piece: Uint8Array): boolean {
  return answer.headers["content-length"] === String(piece.byteLength);
}

/** Resolves when the system has taken the bytes, so that their memory may be used again; rejects when the client is gone. */
function written(response: ServerResponse, piece: Uint8Array, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(signal.reason);
    signal.addEventListener("abort", gone, { once: true });
    response.write(piece, (error) => {
      // A connection that fails closes, and its signal says so.
      if (error !== null && error !== undefined) return;
      signal.removeEventListener("abort", gone);
      resolve();
    });
    if (signal.aborted) gone();
  });
}

/**
 * Ends the answer. A client that is still sending would meet a reset connection, which can take the answer with it; so a little of what it sends is read
 * before the end.
 */
async function endAnswer(exchange: Exchange, last?: Uint8Array): Promise<void> {
  const { request, response } = exchange;
  if (request.complete || exchange.body.isHeldBack) {
    response.end(last);
    return;
  }
  if (last !== undefined) response.write(last);
  await drain(exchange);
  response.end();
}

async function drain({ request, clock, signal }: Exchange): Promise<void> {
  if (signal.aborted || request.destroyed) return;
  let bytes = 0;
  const { promise: enough, resolve: stop } = Promise.withResolvers<void>();
  using _deadline = clock.after(drainMaxMs, stop);
  const count = (chunk: Uint8Array) => {
    bytes += chunk.byteLength;
    if (bytes > drainMaxBytes) stop();
  };
  const stopping = () => stop();
  request.on("data", count).on("end", stopping).on("close", stopping);
  signal.addEventListener("abort", stopping);
  request.resume();
  try {
    await enough;
  } finally {
    request.off("data", count).off("end", stopping).off("close", stopping);
    signal.removeEventListener("abort", stopping);
  }
}

function unreadBytes(request: IncomingMessage): number {
  if (request.complete) return 0;
  const length = Number(request.headers["content-length"] ?? Number.NaN);
  // Nothing says how long a chunked body goes on.
  if (Number.isNaN(length)) return request.headers["transfer-encoding"] === undefined ? 0 : Infinity;
  return length;
}
