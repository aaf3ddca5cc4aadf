import { z } from "zod";
import type { KindDefinition } from "#api/kind.ts";
import { nameSchema } from "#api/names.ts";
import { applyBodySchema, resourceSchema } from "#api/resource.ts";
import type { Route } from "#api/route.ts";
import { pageLimit } from "#api/routes/define-route.ts";
import type { KindRegistry } from "#api/kinds.ts";

export const resourceVerbs = ["list", "get", "apply", "patch", "delete"] as const;
export type ResourceVerb = (typeof resourceVerbs)[number];

const nothing = z.strictObject({});
const dryRun = z
  .stringbool()
  .default(false)
  .describe("Plan and check everything, change nothing, answer with the diff");

export const listQuerySchema = z.strictObject({
  labelSelector: z.string().max(2000).optional().describe("`app=web,tier in (a,b),!old`"),
  fieldSelector: z.string().max(2000).optional().describe("`status.phase=active,name!=web`"),
  limit: pageLimit,
  continue: z.string().max(1000).optional().describe("From the page before"),
});
export const writeQuerySchema = z.strictObject({ dryRun });

export const patchBodySchema = z.strictObject({
  labels: z.record(z.string(), z.string().nullable()).optional(),
  spec: z.record(z.string(), z.json()).optional(),
});

export const fieldChangeSchema = z
  .strictObject({
    op: z.enum(["add", "remove", "replace"]),
    path: z.string(),
    before: z.json().optional(),
    after: z.json().optional(),
  })
  .meta({ id: "FieldChange" });

/** What a write answers. `deleting`: owners clean up first; `operation` shows how far they are. */
export function writeAnswerSchema(resource: z.ZodType) {
  return z.strictObject({
    outcome: z.enum(["created", "changed", "unchanged", "deleting", "removed"]),
    dryRun: z.boolean(),
    diff: z.array(fieldChangeSchema),
    resource,
  });
}

/** The path of a kind's collection: `/v1/projects`, `/v1/projects/{project}/widgets`. */
export function collectionPath(kind: KindDefinition): string {
  return kind.scope === "center" ? `/v1/${kind.plural}` : `/v1/projects/{project}/${kind.plural}`;
}

const made = new WeakMap<KindDefinition, Readonly<Record<ResourceVerb, Route>>>();

/** The five routes of a kind: always the same objects for the same kind, as their schemas are costly to make. */
export function resourceRoutes(kind: KindDefinition): Readonly<Record<ResourceVerb, Route>> {
  const known = made.get(kind);
  if (known !== undefined) return known;
  const resource = resourceSchema(kind.spec, kind.status).meta({ id: kind.title.replaceAll(" ", "") });
  const routes = { ...readRoutes(kind, resource), ...writeRoutes(kind, resource) };
  made.set(kind, routes);
  return routes;
}

type Resources = ReturnType<typeof resourceSchema>;

function readRoutes(kind: KindDefinition, resource: Resources) {
  const { collection, one } = params(kind);
  const list: Route = {
    ...base(kind, "list"),
    method: "GET",
    path: collectionPath(kind),
    access: kind.access.list,
    summary: `List ${kind.plural}`,
    params: collection,
    query: listQuerySchema,
    answer: z.strictObject({ items: z.array(resource), revision: z.int(), continue: z.string().optional() }),
    errors: ["invalid"],
  };
  const get: Route = {
    ...base(kind, "get"),
    method: "GET",
    access: kind.access.view,
    summary: `One ${kind.title.toLowerCase()}; its revision is the ETag`,
    params: one,
    answer: resource,
    errors: ["not-found"],
  };
  return { list, get };
}

function writeRoutes(kind: KindDefinition, resource: Resources) {
  const title = kind.title.toLowerCase();
  const shared = { params: params(kind).one, query: writeQuerySchema, answer: writeAnswerSchema(resource) };
  const apply: Route = {
    ...base(kind, "apply"),
    ...shared,
    method: "PUT",
    // Whether it is `create` or `change` is known only inside the transaction: the weaker rule opens the
    // route, and the transaction's check asks for the one that applies.
    access: kind.access.change,
    summary: `Create or change a ${title} by its whole spec. Takes If-Match and If-None-Match: *`,
    body: applyBodySchema(kind.spec),
    bodyType: "application/json",
    errors: ["invalid", "conflict", "precondition-failed", "deleting", "quota-exceeded"],
  };
  const patch: Route = {
    ...base(kind, "patch"),
    ...shared,
    method: "PATCH",
    access: kind.access.change,
    summary: `Change some fields of a ${title} (RFC 7396 merge patch over labels and spec). Takes If-Match`,
    body: patchBodySchema,
    bodyType: "application/merge-patch+json",
    errors: ["invalid", "not-found", "precondition-failed", "deleting", "quota-exceeded"],
  };
  const remove: Route = {
    ...base(kind, "delete"),
    ...shared,
    method: "DELETE",
    access: kind.access.delete,
    summary: `Delete a ${title}. Takes If-Match`,
    errors: ["not-found", "precondition-failed", "in-use"],
  };
  return { apply, patch, delete: remove };
}

/** What the five have in common; the address is that of one resource. */
function base(kind: KindDefinition, verb: ResourceVerb) {
  return {
    id: `${kind.kind}.${verb}`,
    tag: kind.kind,
    path: `${collectionPath(kind)}/{name}`,
    signIn: false,
    query: nothing,
    body: nothing,
    bodyType: "none",
    answers: "json",
    status: 200,
  } as const;
}

function params(kind: KindDefinition) {
  const project = kind.scope === "center" ? {} : { project: nameSchema };
  return { collection: z.strictObject(project), one: z.strictObject({ ...project, name: nameSchema }) };
}

/** The routes of every kind, in the registry's order. */
export function allResourceRoutes(
  kinds: KindRegistry,
): readonly { readonly kind: KindDefinition; readonly verb: ResourceVerb; readonly route: Route }[] {
  return [...kinds.values()].flatMap((kind) => {
    const routes = resourceRoutes(kind);
    return resourceVerbs.map((verb) => ({ kind, verb, route: routes[verb] }));
  });
}
