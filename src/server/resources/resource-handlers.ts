import { VdcError } from "#api/errors.ts";
import type { KindDefinition } from "#api/kind.ts";
import { applyBodySchema, type Resource, type ResourceKey } from "#api/resource.ts";
import type { ResourceVerb } from "#api/resource-routes.ts";
import { parseFieldSelector, parseLabelSelector } from "#api/selectors.ts";
import { parseInput } from "#api/validate.ts";
import { assert } from "#lib/assert.ts";
import type { JsonObject } from "#lib/json.ts";
import type { MutationOptions, MutationResult, Proposal, Store } from "#store/store.ts";
import type { Call, Handler } from "../handler.ts";
import { permits } from "../watch/visibility.ts";
import { checkWrite } from "./guard.ts";
import { mergePatch } from "./merge-patch.ts";
import { callerHas, etagOf, preconditionOf } from "./preconditions.ts";

type SpecCheck = (
  kind: KindDefinition,
  wanted: { readonly key: ResourceKey; readonly spec: JsonObject; readonly before: Resource | undefined },
) => Promise<void>;

export interface ResourceHandlerOptions {
  readonly store: Pick<Store, "resources" | "feed">;
  /** Called before a write with the spec it asks for (for a patch: the patch's own part); throws to refuse. */
  readonly before?: (kind: KindDefinition, spec: JsonObject) => Promise<void>;
  /** Called before a write with the whole spec that it would leave, and what is there now; throws to refuse. */
  readonly check?: SpecCheck;
  /** Called after a write that changed something, before it is answered. */
  readonly after?: (kind: KindDefinition, result: MutationResult) => void;
}

interface Names {
  readonly project?: string;
  readonly name: string;
}
interface ListQuery {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit: number;
  readonly continue?: string;
}
interface Body {
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
}
interface PatchBody {
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly spec?: JsonObject;
}

/**
 * The five handlers of a kind, whatever kind it is. The casts below say what the route's own schemas have
 * checked: routes of kinds are made at run time, so the compiler cannot know.
 */
export function resourceHandlers(
  kind: KindDefinition,
  options: ResourceHandlerOptions,
): Readonly<Record<ResourceVerb, Handler>> {
  const { resources } = options.store;
  const bodySchema = applyBodySchema(kind.spec);
  const keyOf = (call: Call): ResourceKey => ({ kind: kind.kind, ...(call.params as Names) }); // by the route's schema

  const written = async (
    call: Call,
    check: MutationOptions["check"],
    write: (mutation: MutationOptions) => Promise<MutationResult>,
  ) => {
    const { dryRun } = call.query as { readonly dryRun: boolean }; // by the route's schema
    const result = await write(mutationOptions(call, dryRun, check));
    if (!dryRun && result.outcome !== "unchanged") options.after?.(kind, result);
    call.reply.header("etag", etagOf(result.resource.revision));
    return { outcome: result.outcome, dryRun, diff: result.diff, resource: result.resource };
  };

  const checks = (call: Call) => {
    const isPresenceAsked = preconditionOf(call.request.headers) === "present";
    return (proposal: Proposal) => {
      if (isPresenceAsked && proposal.before === undefined)
        throw new VdcError("precondition-failed", "If-Match: * asks for a resource that is not there.");
      checkWrite(kind, call.principal, proposal);
    };
  };

  return {
    list: async (call) => await listPage(kind, call, options.store),
    get: async (call) => {
      const key = keyOf(call);
      const resource = await resources.get(key);
      if (resource === undefined) throw notFound(kind, key);
      call.reply.header("etag", etagOf(resource.revision));
      if (callerHas(resource.revision, call.request.headers["if-none-match"])) call.reply.bare(304);
      return resource;
    },
    apply: async (call) => {
      const { labels, spec } = call.body as Body; // by the route's schema
      const key = keyOf(call);
      await options.before?.(kind, spec);
      if (options.check !== undefined)
        await options.check(kind, { key, spec, before: await resources.get(key) });
      return await written(call, checks(call), (mutation) =>
        resources.apply({ ...key, labels, spec }, mutation),
      );
    },
    patch: async (call) => {
      const patch = call.body as PatchBody; // by the route's schema
      if (patch.spec !== undefined) await options.before?.(kind, patch.spec);
      const change = (current: Resource) => {
        const merged = mergePatch({ labels: current.labels, spec: current.spec }, { ...patch });
        return parseInput(bodySchema, merged, "The patched resource") as Body; // every kind's spec is an object
      };
      const before = options.check === undefined ? undefined : await resources.get(keyOf(call));
      if (before !== undefined)
        await options.check?.(kind, { key: keyOf(call), spec: change(before).spec, before });
      return await written(call, checks(call), (mutation) => resources.patch(keyOf(call), change, mutation));
    },
    delete: async (call) =>
      await written(call, undefined, (mutation) => resources.delete(keyOf(call), mutation)),
  };
}

function mutationOptions(call: Call, dryRun: boolean, check: MutationOptions["check"]): MutationOptions {
  const wanted = preconditionOf(call.request.headers);
  return {
    by: call.by,
    ...(check === undefined ? {} : { check }),
    ...(dryRun ? { dryRun } : {}),
    ...(wanted === undefined || wanted === "present" ? {} : { ifRevision: wanted }),
  };
}

async function listPage(kind: KindDefinition, call: Call, store: ResourceHandlerOptions["store"]) {
  const query = call.query as ListQuery; // by the route's schema
  const { project } = call.params as { readonly project?: string }; // by the route's schema
  const selector = [
    ...(query.labelSelector === undefined ? [] : parseLabelSelector(query.labelSelector)),
    ...(query.fieldSelector === undefined ? [] : parseFieldSelector(query.fieldSelector)),
  ];
  const names = visibleNames(kind, call);
  if (names?.length === 0) return { items: [], revision: (await store.feed.head()).revision };
  return await store.resources.list({
    kind: kind.kind,
    limit: query.limit,
    ...(project === undefined ? {} : { projects: [project] }),
    ...(names === undefined ? {} : { names }),
    ...(selector.length === 0 ? {} : { selector }),
    ...(query.continue === undefined ? {} : { continue: query.continue }),
  });
}

/** For a filtered list: the names that the caller may view; undefined for all. */
function visibleNames(kind: KindDefinition, call: Call): readonly string[] | undefined {
  const { principal } = call;
  if (kind.access.list.rule !== "filtered" || principal.owner) return undefined;
  const { view } = kind.access;
  assert(
    view.rule === "project" && view.param === "name",
    `a filtered list of ${kind.plural} is filtered by the names of the caller's projects`,
  );
  return Object.keys(principal.projects()).filter((name) => permits(view, principal, { name }));
}

function notFound(kind: KindDefinition, key: ResourceKey): VdcError {
  const where = key.project === undefined ? "" : ` in project '${key.project}'`;
  return new VdcError("not-found", `There is no ${kind.title.toLowerCase()} '${key.name}'${where}.`);
}
