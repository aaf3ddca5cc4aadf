import { z } from "zod";
import type { KindDefinition } from "#api/kind.ts";
import { nameSchema } from "#api/names.ts";
import { applyBodySchema, resourceSchema } from "#api/resource.ts";
import type { Route } from "#api/route.ts";
import { pageLimit } from "#api/routes.ts";
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

/** The five routes of a kind. */
export function resourceRoutes(kind: KindDefinition): Readonly<Record<ResourceVerb, Route>> {
  const resource = resourceSchema(kind.spec, kind.status).meta({ id: kind.title.replaceAll(" ", "") });
  const projectParam = kind.scope === "center" ? {} : { project: nameSchema };
  const one = z.strictObject({ ...projectParam, name: nameSchema });
  const answer = writeAnswerSchema(resource);
  const path = collectionPath(kind);
  const title = kind.title.toLowerCase();
  const base = {
    tag: kind.kind,
    signIn: false,
    query: nothing,
    body: nothing,
    bodyType: "none",
    answers: "json",
    status: 200,
  } as const;
  return {
    list: {
      ...base,
      id: `${kind.kind}.list`,
      method: "GET",
      path,
      access: kind.access.list,
      summary: `List ${kind.plural}`,
      params: z.strictObject(projectParam),
      query: listQuerySchema,
      answer: z.strictObject({
        items: z.array(resource),
        revision: z.int(),
        continue: z.string().optional(),
      }),
      errors: ["invalid"],
    },
    get: {
      ...base,
      id: `${kind.kind}.get`,
      method: "GET",
      path: `${path}/{name}`,
      access: kind.access.view,
      summary: `One ${title}; its revision is the ETag`,
      params: one,
      answer: resource,
      errors: ["not-found"],
    },
    apply: {
      ...base,
      id: `${kind.kind}.apply`,
      method: "PUT",
      path: `${path}/{name}`,
      // Whether it is `create` or `change` is known only inside the transaction: the weaker rule opens the
      // route, and the transaction's check asks for the one that applies.
      access: kind.access.change,
      summary: `Create or change a ${title} by its whole spec. Takes If-Match and If-None-Match: *`,
      params: one,
      query: writeQuerySchema,
      body: applyBodySchema(kind.spec),
      bodyType: "application/json",
      answer,
      errors: ["invalid", "conflict", "precondition-failed", "deleting", "quota-exceeded"],
    },
    patch: {
      ...base,
      id: `${kind.kind}.patch`,
      method: "PATCH",
      path: `${path}/{name}`,
      access: kind.access.change,
      summary: `Change some fields of a ${title} (RFC 7396 merge patch over labels and spec). Takes If-Match`,
      params: one,
      query: writeQuerySchema,
      body: z.strictObject({
        labels: z.record(z.string(), z.string().nullable()).optional(),
        spec: z.record(z.string(), z.json()).optional(),
      }),
      bodyType: "application/merge-patch+json",
      answer,
      errors: ["invalid", "not-found", "precondition-failed", "deleting", "quota-exceeded"],
    },
    delete: {
      ...base,
      id: `${kind.kind}.delete`,
      method: "DELETE",
      path: `${path}/{name}`,
      access: kind.access.delete,
      summary: `Delete a ${title}. Takes If-Match`,
      params: one,
      query: writeQuerySchema,
      answer,
      errors: ["not-found", "precondition-failed", "in-use"],
    },
  };
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
