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
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The events of a streaming route, one connection's worth. */
export async function* openStream<R extends Route>(options: ClientOptions, route: R, given: CallOptions<R>) {
  const response = await send(options, route, given);
  if (response.body === null) throw new VdcError("unreachable", "The data center answered without a stream.");
  yield* readServerSentEvents(response.body);
}

/** One call. Throws the `VdcError` that a problem document tells of, `timeout` and `unreachable`. */
export async function send<R extends Route>(
  options: ClientOptions,
  route: R,
  given: CallOptions<R>,
): Promise<Response> {
  const hasBody = route.bodyType !== "none" && given.body !== undefined;
  const signals = [
    given.signal,
    route.answers === "events" ? undefined : AbortSignal.timeout(options.timeoutMs),
  ];
  const init: RequestInit = {
    method: route.method,
    headers: {
      accept: route.answers === "events" ? "text/event-stream" : "application/json",
      ...(hasBody ? { "content-type": route.bodyType } : {}),
      ...options.headers?.(),
      ...given.headers,
    },
    signal: AbortSignal.any(signals.filter((signal) => signal !== undefined)),
    ...(hasBody ? { body: JSON.stringify(given.body) } : {}),
  };
  let response: Response;
  try {
    response = await options.fetch(options.baseUrl + routeAddress(route, given.params, given.query), init);
  } catch (cause) {
    if (given.signal?.aborted === true) throw given.signal.reason;
    if (cause instanceof DOMException && cause.name === "TimeoutError") {
      throw new VdcError("timeout", `No answer within ${options.timeoutMs / 1000} s.`, { cause });
    }
    throw new VdcError("unreachable", "The data center cannot be reached.", { cause });
  }
  if (!response.ok) throw await errorOfResponse(response);
  return response;
}

/** `/v1/projects/shop?dryRun=true`: path parameters are escaped, absent query members left out. */
export function routeAddress(route: Route, params: unknown, query: unknown): string {
  const values = (params ?? {}) as Readonly<Record<string, string>>; // names and ids, by every route's schema
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(values[name] ?? ""),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

async function errorOfResponse(response: Response): Promise<VdcError> {
  const body: unknown = await response.json().catch(() => undefined); // not JSON: handled as an unknown answer below
  const problem = problemSchema.safeParse(body);
  if (problem.success) return errorOfProblem(problem.data);
  return new VdcError(
    "unreachable",
    `Something other than a data center answered (HTTP ${response.status}).`,
  );
}
