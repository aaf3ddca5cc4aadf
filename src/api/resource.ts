import { z } from "zod";
import { labelsSchema, nameSchema } from "#api/names.ts";
import type { Id } from "#lib/ids.ts";
import type { JsonObject } from "#lib/json.ts";

/** What names a resource. `project` is absent for kinds of the whole data center. */
export interface ResourceKey {
  readonly kind: string;
  readonly project?: string;
  readonly name: string;
}

/** The resource that another was made for; the other dies with it. */
export interface OwnerRef extends ResourceKey {
  readonly id: Id<"resource">;
}

/**
 * Anything a user can create. `spec` is what is wanted, `status` what was observed. `generation` grows when
 * spec changes, `revision` (global order of changes) with every change. Times are ISO 8601 UTC.
 */
export interface Resource<Spec = JsonObject, Status = JsonObject> extends ResourceKey {
  readonly id: Id<"resource">;
  readonly generation: number;
  readonly revision: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly owner?: OwnerRef;
  readonly spec: Spec;
  readonly status: Status;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly deletingSince?: string;
}

/** `project/web`, `widget shop/lamp`: how people read a key. */
export function keyText(key: ResourceKey): string {
  return key.project === undefined ? `${key.kind}/${key.name}` : `${key.kind}/${key.project}/${key.name}`;
}

export const keySchema = z.strictObject({
  kind: nameSchema,
  project: nameSchema.optional(),
  name: nameSchema,
});

/** The envelope as it leaves the API; kinds put their own spec and status schemas in. */
export function resourceSchema(spec: z.ZodType, status: z.ZodType) {
  return z.strictObject({
    kind: nameSchema.describe("Kind of the resource"),
    project: nameSchema.optional().describe("Project it lives in; absent for kinds of the whole data center"),
    name: nameSchema,
    id: z.string().describe("Identity: never given twice, also when the name is"),
    generation: z.int().describe("Grows by one when spec changes"),
    revision: z.int().describe("Global order of changes; also the ETag"),
    labels: labelsSchema,
    owner: keySchema.extend({ id: z.string() }).optional().describe("The resource this one was made for"),
    spec,
    status,
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    deletingSince: z.iso.datetime().optional().describe("Set while owners clean up before it goes"),
  });
}

/** What `apply` takes: the whole wanted state. */
export function applyBodySchema(spec: z.ZodType) {
  return z.strictObject({
    labels: labelsSchema.default({}),
    spec,
  });
}
