import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";

import { background } from "#lib/background.ts";
import type { Log } from "#lib/log.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";

import type { Admission } from "../auth/candidate.ts";
import type { RawRequest } from "../auth/raw-request.ts";
import { errorAnswer } from "./error-answer.ts";
import { RequestBody } from "./request-body.ts";
import { RequestIds } from "./request-ids.ts";
import { respond, type Exchange } from "./respond.ts";
import { serve, type Served } from "./serve.ts";

export interface S3HandlerOptions {
  readonly store: ObjectStore;
  readonly admission: Admission;
  readonly log: Log;
  /** Origins of the console, which may use presigned addresses of any bucket; `*` in one stands for anything, such as a port. */
  readonly trustedOrigins?: readonly string[];
  /** Headers for one answer, such as `x-vdc-incident` for the customers that are affected. */
  readonly extraHeaders?: (about: About) => Readonly<Record<string, string>>;
  /** Called once for each request, when its answer has been sent or could not be. */
  readonly observe?: (observation: Observation) => void;
  /** The client's address; a front behind the gateway reads it from what the gateway says. */
  readonly remoteAddress?: (request: IncomingMessage) => string;
  readonly secure?: (request: IncomingMessage) => boolean;
}

/** Whose request it is. */
export interface About {
  /** Name of S3's call; undefined when a request was refused before it was understood. */
  readonly operation?: string;
  readonly bucket?: string;
  /** Of the bucket, or of the caller. */
  readonly project?: string;
}

export interface Observation extends About {
  readonly status: number;
  /** S3's error code. */
  readonly code?: string;
  /** Bytes of the answer's body that were sent. */
  readonly bytesOut: number;
  /** Bytes of the request's body, as far as they were read. */
  readonly bytesIn: number;
  readonly milliseconds: number;
  /** The client went away before the end. */
  readonly isAborted: boolean;
}

/** For `request` and, with `expectsContinue`, for `checkContinue` of a node:http server. */
export type S3Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue?: boolean,
) => void;

/** The S3 service as a handler of node:http. It never throws, and answers every request that is still connected. */
export function s3Handler(options: S3HandlerOptions): S3Handler {
  const ids = new RequestIds(options.store.random);
  return (request, response, expectsContinue = false) => {
    const task = handle(options, ids.next(), { request, response, expectsContinue });
    background(task, "s3.request", options.log);
  };
}

async function handle(
  options: S3HandlerOptions,
  id: string,
  from: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
    readonly expectsContinue: boolean;
  },
): Promise<void> {
  const { request, response, expectsContinue } = from;
  const { clock } = options.store;
  const began = clock.monotonic();
  const body = new RequestBody(request, response, expectsContinue);
  const gone = goneSignal(response);
  const headers = commonHeaders(id, clock.now());
  const exchange: Exchange = { request, response, headers, body, clock, signal: gone };

  const raw = rawRequest(options, { id, request, body });
  const served = await serve(options, raw, gone);
  const sent = await send(options, exchange, served);
  options.observe?.({
    ...served.about,
    status: sent.status,
    ...(sent.code === undefined ? {} : { code: sent.code }),
    bytesOut: sent.bytes,
    bytesIn: body.bytes,
    milliseconds: clock.monotonic() - began,
    isAborted: gone.aborted,
  });
}

interface Sent {
  readonly status: number;
  readonly code?: string;
  readonly bytes: number;
}

async function send(options: S3HandlerOptions, exchange: Exchange, served: Served): Promise<Sent> {
  const { response } = exchange;
  const extra = options.extraHeaders?.(served.about) ?? {};
  const dressed = (answer: S3Response): S3Response => ({
    ...answer,
    headers: { ...answer.headers, ...served.cors, ...extra },
  });
  const status = served.answer.status;
  const code = served.error === undefined ? {} : { code: served.error.code };
  try {
    return { status, ...code, bytes: await respond(exchange, dressed(served.answer)) };
  } catch (cause) {
    if (exchange.signal.aborted) return { status, ...code, bytes: 0 };
    const error = served.toS3Error(cause);
    // With the head sent, the connection was broken off instead; the client sees a body that is too short.
    if (!response.headersSent)
      await respond(exchange, dressed(errorAnswer(error, served.context))).catch((late: unknown) =>
        options.log.warn("s3.answer.failed", { error: late, requestId: served.context.requestId }),
      );
    return { status: error.status, code: error.code, bytes: 0 };
  }
}

/** Aborts when the connection closes before the answer was sent. */
function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) controller.abort(new Error("the client went away"));
  });
  return controller.signal;
}

function commonHeaders(id: string, now: number): Readonly<Record<string, string>> {
  return {
    date: new Date(now).toUTCString(),
    server: "VDC",
    "x-amz-request-id": id,
    "x-amz-id-2": id,
    // Whatever type a customer stored, a browser must not guess another (GHSA-v9fg).
    "x-content-type-options": "nosniff",
  };
}

function rawRequest(
  options: S3HandlerOptions,
  from: { readonly id: string; readonly request: IncomingMessage; readonly body: RawRequest["body"] },
): RawRequest {
  const { id, request, body } = from;
  return {
    id,
    method: request.method ?? "",
    rawTarget: request.url ?? "",
    rawHeaders: request.rawHeaders,
    body,
    remoteAddress: options.remoteAddress?.(request) ?? request.socket.remoteAddress ?? "",
    secure: options.secure?.(request) ?? isTls(request),
  };
}

function isTls(request: IncomingMessage): boolean {
  // Sockets of an HTTPS server are TLS sockets, which node's types of a request do not say.
  return (request.socket as Partial<TLSSocket>).encrypted === true;
}
