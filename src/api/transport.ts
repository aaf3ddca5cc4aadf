import type { z } from "zod";
import { VdcError } from "#api/errors.ts";
import { errorOfProblem, problemSchema } from "#api/problem.ts";
import type { Route } from "#api/route.ts";
import { readServerSentEvents } from "#api/server-sent-events.ts";

/** How a client reaches the server. */
export interface ClientOptions {
  /** `http://127.0.0.1:8440`; empty in the console, where addresses are relative. */
  readonly baseUrl: string;
  /** The platform's fetch, or one bound to a unix socket. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly headers?: () => Readonly<Record<string, string>>;
  /** For calls that are not streams. */
  readonly timeoutMs: number;
}

export interface CallOptions<R extends Route> {
  readonly params?: z.input<R["params"]>;
  readonly query?: z.input<R["query"]>;
  readonly body?: z.input<R["body"]>;
  /** For routes that take a file: what is sent as it comes. */
  readonly file?: Blob | ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The events of a streaming route, one connection's worth. */
export async function* openStream<R extends Route>(options: ClientOptions, route: R, given: CallOptions<R>) {
  const response = await send(options, route, given);
  if (response.body === null) throw new VdcError("unreachable", "The data center answered without a stream.");
  try {
    yield* readServerSentEvents(response.body);
  } catch (cause) {
    throw failureOf(cause, options, given.signal);
  }
}

/** One call with its answer read. Throws as `send` does, also when the answer breaks off or is not what was asked for. */
export async function receive<R extends Route>(
  options: ClientOptions,
  route: R,
  given: CallOptions<R>,
): Promise<unknown> {
  const response = await send(options, route, given);
  if (route.answers === "none") return undefined;
  if (route.answers === "bytes") return await bytesOf(response, options, given.signal);
  const text = await textOf(response, options, given.signal);
  if (route.answers === "text") return text;
  const value = parsedJson(text);
  if (value === undefined) throw strangerAnswered(response);
  return value;
}

/** One call. Throws the `VdcError` that a problem document tells of, `timeout` and `unreachable`. */
export async function send<R extends Route>(
  options: ClientOptions,
  route: R,
  given: CallOptions<R>,
): Promise<Response> {
  const body = bodyOf(route, given);
  // How long a stream or a file takes is its caller's affair.
  const isLong = route.answers === "events" || body?.duplex === "half";
  const signals = [given.signal, isLong ? undefined : AbortSignal.timeout(options.timeoutMs)];
  const init: RequestInit = {
    method: route.method,
    headers: {
      accept: accepted[route.answers] ?? "application/json",
      ...(body === undefined ? {} : { "content-type": route.bodyType }),
      ...options.headers?.(),
      ...given.headers,
    },
    signal: AbortSignal.any(signals.filter((signal) => signal !== undefined)),
    ...body,
  };
  let response: Response;
  try {
    response = await options.fetch(options.baseUrl + routeAddress(route, given.params, given.query), init);
  } catch (cause) {
    throw failureOf(cause, options, given.signal);
  }
  if (!response.ok) throw await errorOfResponse(response, options, given.signal);
  return response;
}

const accepted: Partial<Record<Route["answers"], string>> = { events: "text/event-stream", bytes: "*/*" };

/** `duplex` is what fetch demands of a body that is a stream; Node's own types do not know it. */
function bodyOf<R extends Route>(
  route: R,
  given: CallOptions<R>,
): (Pick<RequestInit, "body"> & { readonly duplex?: "half" }) | undefined {
  if (route.bodyType === "application/octet-stream")
    return given.file === undefined ? undefined : { body: given.file, duplex: "half" };
  if (route.bodyType === "none" || given.body === undefined) return undefined;
  return { body: JSON.stringify(given.body) };
}

/** `/v1/projects/shop?dryRun=true`: path parameters are escaped or refused, absent query members left out. */
export function routeAddress(route: Route, params: unknown, query: unknown): string {
  const values = (params ?? {}) as Readonly<Record<string, string>>; // names and ids, by every route's schema
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => segment(name, values[name] ?? ""));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

/**
 * One segment of a path. `.` and `..` cannot be escaped (RFC 3986 section 5.2.4, and URLs resolve `%2e` alike): to
 * delete `..` in a collection would be to delete what holds the collection. An empty one would address it, too.
 */
function segment(name: string, value: string): string {
  if (value !== "" && value !== "." && value !== "..") return encodeURIComponent(value);
  throw new VdcError("invalid", `'${value}' cannot be a part of an address.`, {
    fields: [{ path: name, message: "must not be empty, '.' or '..'" }],
  });
}

/** What the caller is told when a call or the reading of its answer failed: the reason, when it was the caller who gave up. */
function failureOf(cause: unknown, options: ClientOptions, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (cause instanceof VdcError) return cause;
  if (cause instanceof DOMException && cause.name === "TimeoutError")
    return new VdcError("timeout", `No answer within ${options.timeoutMs / 1000} s.`, { cause });
  return new VdcError("unreachable", "The data center cannot be reached.", { cause });
}

async function errorOfResponse(
  response: Response,
  options: ClientOptions,
  signal: AbortSignal | undefined,
): Promise<VdcError> {
  const problem = problemSchema.safeParse(parsedJson(await textOf(response, options, signal)));
  return problem.success ? errorOfProblem(problem.data) : strangerAnswered(response);
}

async function textOf(
  response: Response,
  options: ClientOptions,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw failureOf(cause, options, signal);
  }
}

async function bytesOf(
  response: Response,
  options: ClientOptions,
  signal: AbortSignal | undefined,
): Promise<{ readonly mediaType: string; readonly bytes: Uint8Array }> {
  try {
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { mediaType: response.headers.get("content-type") ?? "application/octet-stream", bytes };
  } catch (cause) {
    throw failureOf(cause, options, signal);
  }
}

/** Undefined when the text is not JSON. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // a proxy's page, or another program's: the caller says so
  }
}

function strangerAnswered(response: Response): VdcError {
  return new VdcError(
    "unreachable",
    `Something other than a data center answered (HTTP ${response.status}).`,
  );
}
