import type { z } from "zod";
import type { FieldChange } from "#api/diff.ts";
import { VdcError } from "#api/errors.ts";
import type { KindDefinition } from "#api/kind.ts";
import type { Change } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import { resourceRoutes } from "#api/resource-routes.ts";
import type { Route } from "#api/route.ts";
import { fixedRoutes } from "#api/routes.ts";
import { openStream, receive, type CallOptions, type ClientOptions } from "#api/transport.ts";
import type { JsonObject } from "#lib/json.ts";

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

export interface ListAnswer {
  readonly items: readonly Resource[];
  readonly revision: number;
  readonly continue?: string;
}

/** A resource of a kind that the caller knows already. */
export interface NameInKind {
  readonly project?: string;
  readonly name: string;
}

export type WatchMessage =
  | { readonly type: "change"; readonly revision: number; readonly change: Change }
  | { readonly type: "bookmark"; readonly revision: number };

/** Calls any route of the contract. Throws the `VdcError` that the server's problem document tells of. */
type Call = <R extends Route>(route: R, given?: CallOptions<R>) => Promise<z.output<R["answer"]>>;

/** The one client of the public API: CLI, console and tests use it and nothing else. */
export type Client = ReturnType<typeof createClient>;

export function createClient(options: ClientOptions) {
  // Answers are not parsed again: the server made them from the same schema, and a newer server may say more.
  const call: Call = async (route, given = {}) => (await receive(options, route, given)) as never;
  return { call, routes: fixedRoutes, ...resourceCalls(call), ...feedCalls(options) };
}

/** The verbs of resources. Answers have the types that `resourceRoutes` describes for any kind. */
function resourceCalls(call: Call) {
  return {
    async list(kind: KindDefinition, from: ListOptions = {}): Promise<ListAnswer> {
      const { project, signal, ...query } = from;
      const params = names(kind, project);
      const answer = await call(resourceRoutes(kind).list, { params, query, ...withSignal(signal) });
      return answer as ListAnswer; // as the route's schema says for every kind
    },
    async get(kind: KindDefinition, key: NameInKind, signal?: AbortSignal): Promise<Resource> {
      const params = names(kind, key.project, key.name);
      return (await call(resourceRoutes(kind).get, { params, ...withSignal(signal) })) as Resource; // by the route's schema
    },
    async apply(
      kind: KindDefinition,
      wanted: NameInKind & { readonly labels?: Readonly<Record<string, string>>; readonly spec: JsonObject },
      from: WriteOptions = {},
    ): Promise<WriteAnswer> {
      const params = names(kind, wanted.project, wanted.name);
      const body = { labels: wanted.labels ?? {}, spec: wanted.spec };
      return (await call(resourceRoutes(kind).apply, { params, body, ...write(from) })) as WriteAnswer; // by the route's schema
    },
    async patch(
      kind: KindDefinition,
      key: NameInKind,
      body: { readonly labels?: Readonly<Record<string, string | null>>; readonly spec?: JsonObject },
      from: WriteOptions = {},
    ): Promise<WriteAnswer> {
      const params = names(kind, key.project, key.name);
      return (await call(resourceRoutes(kind).patch, { params, body, ...write(from) })) as WriteAnswer; // by the route's schema
    },
    async delete(kind: KindDefinition, key: NameInKind, from: WriteOptions = {}): Promise<WriteAnswer> {
      const params = names(kind, key.project, key.name);
      return (await call(resourceRoutes(kind).delete, { params, ...write(from) })) as WriteAnswer; // by the route's schema
    },
  };
}

function feedCalls(options: ClientOptions) {
  return {
    /** One connection's worth of the feed; the caller resumes with the last revision it saw. Throws `compacted`. */
    async *watch(
      query: z.input<(typeof fixedRoutes)["watch"]["query"]>,
      signal: AbortSignal,
    ): AsyncGenerator<WatchMessage> {
      for await (const { event, id, data } of openStream(options, fixedRoutes.watch, { query, signal })) {
        const revision = Number(id);
        if (event === "bookmark") yield { type: "bookmark", revision };
        else if (event === "change") yield { type: "change", revision, change: JSON.parse(data) as Change }; // by the route's schema
        else if (event === "compacted")
          throw new VdcError("compacted", "The revision to resume from is no longer kept.");
        else if (event === "closing") return;
      }
    },
    /** The `data` of every event of a streaming route, up to its `end`. */
    async *events<R extends Route>(
      route: R,
      given: CallOptions<R> & { readonly signal: AbortSignal },
    ): AsyncGenerator<z.output<R["answer"]>> {
      for await (const { event, data } of openStream(options, route, given)) {
        if (event === "end" || event === "closing") return;
        if (data !== "") yield JSON.parse(data) as z.output<R["answer"]>; // by the route's schema
      }
    },
  };
}

/** The names in a resource's path. */
function names(kind: KindDefinition, project: string | undefined, name?: string) {
  return {
    ...(kind.scope === "project" ? { project } : {}),
    ...(name === undefined ? {} : { name }),
  };
}

function write({ dryRun, ifRevision, signal }: WriteOptions) {
  return {
    query: dryRun === true ? { dryRun: "true" } : {},
    headers: preconditions(ifRevision),
    ...withSignal(signal),
  };
}

/** If-Match and If-None-Match of RFC 9110: the revision is the entity tag. */
function preconditions(revision: number | "absent" | undefined): Readonly<Record<string, string>> {
  if (revision === undefined) return {};
  return revision === "absent" ? { "if-none-match": "*" } : { "if-match": `"${revision}"` };
}

function withSignal(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { signal };
}
