import { z } from "zod";
import { nameSchema } from "#api/names.ts";
import { auditEntrySchema, changeSchema, eventSchema, operationSchema } from "#api/records.ts";
import { filtered, idParam, list, owner, pageLimit, route } from "./define-route.ts";

/** What happens: the feed, events, operations and audit. */
export const recordRoutes = {
  watch: route({
    id: "watch",
    method: "GET",
    path: "/v1/watch",
    access: filtered,
    summary:
      "Changes as server-sent events: `change`, `bookmark` and `compacted`; resumes after Last-Event-ID",
    query: z.strictObject({
      kind: z
        .string()
        .max(1000)
        .optional()
        .describe("Kinds, separated by commas; `event` and `operation` among them. All when absent"),
      project: nameSchema.optional(),
      name: nameSchema.optional(),
      since: z.coerce
        .number()
        .int()
        .min(0)
        .optional()
        .describe("Revision after which to begin; now when absent"),
    }),
    answer: changeSchema,
    answers: "events",
    errors: ["compacted"],
  }),
  "event.list": route({
    id: "event.list",
    method: "GET",
    path: "/v1/events",
    access: filtered,
    summary: "What happened, newest first",
    query: z.strictObject({
      project: nameSchema.optional(),
      kind: nameSchema.optional(),
      name: z.string().max(63).optional(),
      before: z.coerce.number().int().min(1).optional(),
      limit: pageLimit,
    }),
    answer: list(eventSchema),
  }),
  "operation.list": route({
    id: "operation.list",
    method: "GET",
    path: "/v1/operations",
    access: filtered,
    summary: "Running and finished operations, newest first",
    query: z.strictObject({
      project: nameSchema.optional(),
      state: z.enum(["running", "cancelling", "succeeded", "failed", "cancelled"]).optional(),
      before: z.string().max(100).optional(),
      limit: pageLimit,
    }),
    answer: list(operationSchema),
  }),
  "operation.get": route({
    id: "operation.get",
    method: "GET",
    path: "/v1/operations/{operation}",
    access: filtered,
    summary: "One operation",
    params: idParam("operation"),
    answer: operationSchema,
    errors: ["not-found"],
  }),
  "operation.cancel": route({
    id: "operation.cancel",
    method: "POST",
    path: "/v1/operations/{operation}/cancel",
    access: filtered,
    summary: "Ask a running operation to stop: whoever began it, an operator of its project, or an owner",
    params: idParam("operation"),
    answer: operationSchema,
    errors: ["not-found", "forbidden", "conflict"],
  }),
  "audit.list": route({
    id: "audit.list",
    method: "GET",
    path: "/v1/audit",
    access: owner,
    summary: "The audit chain, newest first",
    query: z.strictObject({
      project: nameSchema.optional(),
      before: z.coerce.number().int().min(1).optional(),
      limit: pageLimit,
    }),
    answer: list(auditEntrySchema),
  }),
  "audit.verify": route({
    id: "audit.verify",
    method: "POST",
    path: "/v1/audit/verify",
    access: owner,
    summary: "Walk the whole audit chain and check every hash",
    answer: operationSchema,
    status: 202,
  }),
};
