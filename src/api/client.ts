import { z } from "zod";
import { VdcError } from "#api/errors.ts";
import type { KindDefinition } from "#api/kind.ts";
import { errorOfProblem, problemSchema } from "#api/problem.ts";
import type { Change } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import { resourceRoutes } from "#api/resource-routes.ts";
import type { Route } from "#api/route.ts";
import { fixedRoutes } from "#api/routes.ts";
import { readServerSentEvents } from "#api/server-sent-events.ts";
import type { FieldChange } from "#api/diff.ts";
import type { JsonObject } from "#lib/json.ts";

/** The one client of the public API: CLI, console and tests use it and nothing else. */
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

export interface WriteOptions {
  readonly ifRevision?: number | "absent";
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface WriteAnswer {
  readonly outcome: "created" | "changed" | "unchanged" | "deleting" | "removed";
  readonly dryRun: boolean;
  readonly diff: readonly FieldChange[];
  readonly resource: Resource;
}

export interface ListOptions {
  readonly project?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly signal?: AbortSignal;
}

export type WatchMessage =
  | { readonly type: "change"; readonly revision: number; readonly change: Change }
  | { readonly type: "bookmark"; readonly revision: number };

export type Client = ReturnType<typeof createClient>;

export function createClient(options: ClientOptions) {
  /** Calls any route of the contract. Throws the `VdcError` that the server's problem document tells of. */
  async function call<R extends Route>(route: R, given: CallOptions<R> = {}): Promise<z.output<R["answer"]>> {
    const response = await send(options, route, given);
    if (route.answers === "none") return undefined as z.output<R["answer"]>; // its answer schema is empty
    // Answers are not parsed again: the server made them from the same schema, and a newer server may say more.
    return (route.answers === "text" ? await response.text() : await response.json()) as z.output<
      R["answer"]
    >;
  }

  /** The names in a resource's path. */
  const names = (kind: KindDefinition, project: string | undefined, name?: string) => ({
    ...(kind.scope === "project" ? { project } : {}),
    ...(name === undefined ? {} : { name }),
  });
  const write = (from: WriteOptions) => ({
    query: from.dryRun === true ? { dryRun: "true" } : {},
    headers: preconditions(from.ifRevision),
    ...(from.signal === undefined ? {} : { signal: from.signal }),
  });

  return {
    call,
    routes: fixedRoutes,
    async list(kind: KindDefinition, from: ListOptions = {}) {
      const { project, signal, ...query } = from;
      const answer = await call(resourceRoutes(kind).list, {
        params: names(kind, project),
        query,
        ...(signal === undefined ? {} : { signal }),
      });
      return answer as {
        readonly items: readonly Resource[];
        readonly revision: number;
        readonly continue?: string;
      };
    },
    async get(
      kind: KindDefinition,
      key: { readonly project?: string; readonly name: string },
      signal?: AbortSignal,
    ) {
      return (await call(resourceRoutes(kind).get, {
        params: names(kind, key.project, key.name),
        ...(signal === undefined ? {} : { signal }),
      })) as Resource;
    },
    async apply(
      kind: KindDefinition,
      wanted: {
        readonly project?: string;
        readonly name: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly spec: JsonObject;
      },
      from: WriteOptions = {},
    ) {
      const body = { labels: wanted.labels ?? {}, spec: wanted.spec };
      return (await call(resourceRoutes(kind).apply, {
        params: names(kind, wanted.project, wanted.name),
        body,
        ...write(from),
      })) as WriteAnswer;
    },
    async patch(
      kind: KindDefinition,
      key: { readonly project?: string; readonly name: string },
      change: { readonly labels?: Readonly<Record<string, string | null>>; readonly spec?: JsonObject },
      from: WriteOptions = {},
    ) {
      return (await call(resourceRoutes(kind).patch, {
        params: names(kind, key.project, key.name),
        body: change,
        ...write(from),
      })) as WriteAnswer;
    },
    async delete(
      kind: KindDefinition,
      key: { readonly project?: string; readonly name: string },
      from: WriteOptions = {},
    ) {
      return (await call(resourceRoutes(kind).delete, {
        params: names(kind, key.project, key.name),
        ...write(from),
      })) as WriteAnswer;
    },
    /** One connection's worth of the feed; the caller resumes with the last revision it saw. Throws `compacted`. */
    async *watch(
      query: z.input<(typeof fixedRoutes)["watch"]["query"]>,
      signal: AbortSignal,
    ): AsyncGenerator<WatchMessage> {
      for await (const event of stream(options, fixedRoutes.watch, { query, signal })) {
        if (event.event === "bookmark") yield { type: "bookmark", revision: Number(event.id) };
        else if (event.event === "change")
          yield { type: "change", revision: Number(event.id), change: JSON.parse(event.data) as Change };
        else if (event.event === "compacted")
          throw new VdcError("compacted", "The revision to resume from is no longer kept.");
        else if (event.event === "closing") return;
      }
    },
    /** The `data` of every event of a streaming route. */
    async *events<R extends Route>(
      route: R,
      given: CallOptions<R> & { readonly signal: AbortSignal },
    ): AsyncGenerator<z.output<R["answer"]>> {
      for await (const event of stream(options, route, given)) {
        if (event.data !== "" && event.event !== "closing")
          yield JSON.parse(event.data) as z.output<R["answer"]>;
      }
    },
  };
}

async function* stream<R extends Route>(options: ClientOptions, route: R, given: CallOptions<R>) {
  const response = await send(options, route, given);
  if (response.body === null) throw new VdcError("unreachable", "The data center answered without a stream.");
  yield* readServerSentEvents(response.body);
}

async function send<R extends Route>(
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
  const values = (params ?? {}) as Readonly<Record<string, unknown>>; // objects by their schemas
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(values[name] ?? "")),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries((query ?? {}) as Readonly<Record<string, unknown>>)) {
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

function preconditions(revision: number | "absent" | undefined): Readonly<Record<string, string>> {
  if (revision === undefined) return {};
  return revision === "absent" ? { "if-none-match": "*" } : { "if-match": `"${revision}"` };
}
