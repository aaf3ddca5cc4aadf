import type { BucketRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { Operation, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { admit, type RoutableRequest } from "../auth/admit.ts";
import { parseHeaders } from "../auth/headers.ts";
import type { RawRequest } from "../auth/raw-request.ts";
import { parseTarget } from "../auth/target.ts";
import { routeOf } from "../operations/route.ts";
import { corsHeaders, corsRules, preflight } from "./cors.ts";
import { errorAnswer, type ErrorContext } from "./error-answer.ts";
import type { About, S3HandlerOptions } from "./handler.ts";

/** An answer, and what is known of the request that it belongs to. */
export interface Served {
  readonly answer: S3Response;
  readonly about: About;
  readonly cors: Readonly<Record<string, string>>;
  readonly error?: S3Error;
  readonly context: ErrorContext;
  /** Also for what fails while the body is sent. */
  readonly toS3Error: (error: unknown) => S3Error;
}

/** From a raw request to its answer; never throws. */
export async function serve(
  options: S3HandlerOptions,
  raw: RawRequest,
  signal: AbortSignal,
): Promise<Served> {
  const trace = new Trace(options, raw);
  try {
    const answer = raw.method === "OPTIONS" ? trace.preflight() : await run(options, raw, signal, trace);
    return { answer, ...trace.known() };
  } catch (cause) {
    const error = trace.toS3Error(cause, signal);
    const known = trace.known();
    return { answer: errorAnswer(error, known.context), error, ...known };
  }
}

async function run(
  options: S3HandlerOptions,
  raw: RawRequest,
  signal: AbortSignal,
  trace: Trace,
): Promise<S3Response> {
  let operation: Operation | undefined;
  const request = await admit(
    raw,
    (routable) => {
      trace.routed = routable;
      operation = routeOf(routable);
      trace.operation = operation.name;
      return operation;
    },
    options.admission,
  );
  trace.verified = request;
  // `admit` has asked for it, or thrown.
  if (operation === undefined) throw new S3Error("InternalError");
  refuseOtherOwner(request);
  return operation.handle(request, options.store, signal);
}

/** `x-amz-expected-bucket-owner`: clients that name the project they mean are told when the bucket is somebody else's. */
function refuseOtherOwner(request: VerifiedRequest): void {
  const expected = request.headers.get("x-amz-expected-bucket-owner");
  if (expected !== undefined && request.bucket !== undefined && request.bucket.project !== expected)
    throw new S3Error("AccessDenied", "The bucket belongs to another project.");
}

/** What is found out on the way, for answers, logs and metrics. */
class Trace {
  routed: RoutableRequest | undefined;
  operation: string | undefined;
  verified: VerifiedRequest | undefined;
  readonly #options: S3HandlerOptions;
  readonly #raw: RawRequest;

  constructor(options: S3HandlerOptions, raw: RawRequest) {
    this.#options = options;
    this.#raw = raw;
  }

  preflight(): S3Response {
    this.operation = "PreflightRequest";
    const headers = parseHeaders(this.#raw.rawHeaders);
    const { bucket } = this.#target(headers);
    const record = bucket === undefined ? undefined : this.#options.store.configuration.bucket(bucket);
    return preflight(this.#corsRules(record), headers, record === undefined ? "SERVICE" : "OBJECT");
  }

  known(): Omit<Served, "answer" | "error"> {
    const bucketName = this.routed?.bucketName ?? this.#bucketOfTarget();
    const bucket =
      bucketName === undefined ? undefined : this.#options.store.configuration.bucket(bucketName);
    const caller = this.verified?.caller;
    const project = bucket?.project ?? (caller?.type === "key" ? caller.project : undefined);
    return {
      about: {
        ...(this.operation === undefined ? {} : { operation: this.operation }),
        ...(bucketName === undefined ? {} : { bucket: bucketName }),
        ...(project === undefined ? {} : { project }),
      },
      cors:
        this.#raw.method === "OPTIONS"
          ? {}
          : corsHeaders(this.#corsRules(bucket), this.#raw.method, this.#headers()),
      context: {
        requestId: this.#raw.id,
        hostId: this.#raw.id,
        path: this.#raw.rawTarget.split("?", 1)[0] ?? "",
        bucket: bucketName,
      },
      toS3Error: (error) => this.toS3Error(error),
    };
  }

  /** Everything that is no S3Error is a fault of ours: logged with its cause, shown only by its id. */
  toS3Error(error: unknown, signal?: AbortSignal): S3Error {
    if (error instanceof S3Error) {
      if (error.status >= 500 && error.code !== "NotImplemented") this.#log(error, "warn");
      return error;
    }
    if (signal?.aborted === true || isBrokenConnection(error))
      return new S3Error("RequestTimeout", "The connection broke before the body was there.", {
        cause: error,
      });
    this.#log(error, "error");
    return new S3Error("InternalError", `Something failed here; it was logged as ${this.#raw.id}.`, {
      cause: error,
    });
  }

  #log(error: unknown, level: "warn" | "error"): void {
    this.#options.log[level]("s3.request.failed", {
      error,
      requestId: this.#raw.id,
      operation: this.operation,
      bucket: this.routed?.bucketName,
    });
  }

  #corsRules(bucket: BucketRecord | undefined) {
    return corsRules(bucket, this.#raw.rawTarget, this.#options.trustedOrigins ?? []);
  }

  #headers(): ReadonlyMap<string, string> {
    if (this.routed !== undefined) return this.routed.headers;
    try {
      return parseHeaders(this.#raw.rawHeaders);
    } catch {
      return new Map(); // Headers that cannot be read were the error that is being answered.
    }
  }

  #bucketOfTarget(): string | undefined {
    try {
      return this.#target(this.#headers()).bucket;
    } catch {
      return undefined; // The address itself was the error.
    }
  }

  #target(headers: ReadonlyMap<string, string>) {
    return parseTarget(this.#raw.rawTarget, headers.get("host") ?? "", this.#options.admission.baseDomains);
  }
}

/** What node:http says of a request whose client went away in the middle. */
function isBrokenConnection(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code; // System errors have one; others do not.
  return code === "ECONNRESET" || code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ERR_STREAM_DESTROYED";
}
