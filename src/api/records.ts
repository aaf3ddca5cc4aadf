import { z } from "zod";
import { actorSchema } from "#api/actor.ts";
import { keySchema } from "#api/resource.ts";

/** A fact that happened. Its `revision` orders it among all changes. */
export const eventSchema = z
  .strictObject({
    id: z.string(),
    revision: z.int(),
    at: z.iso.datetime(),
    type: z.string().describe("What happened, as `noun.verb`: project.created"),
    severity: z.enum(["info", "warning", "error"]),
    project: z.string().optional(),
    subject: keySchema
      .extend({ name: z.string(), kind: z.string() })
      .optional()
      .describe("What it happened to"),
    message: z.string().describe("One sentence for people"),
    actor: actorSchema.optional(),
    operationId: z.string().optional(),
    details: z.record(z.string(), z.json()).optional(),
  })
  .meta({ id: "Event" });
export type Event = z.infer<typeof eventSchema>;
export type NewEvent = Omit<Event, "id" | "revision" | "at">;

const stepSchema = z.strictObject({
  name: z.string(),
  state: z.enum(["waiting", "running", "done", "failed", "skipped"]),
  startedAt: z.iso.datetime().optional(),
  finishedAt: z.iso.datetime().optional(),
});

/** A running or finished action: what people look at while something takes longer than a second. */
export const operationSchema = z
  .strictObject({
    id: z.string(),
    revision: z.int(),
    type: z.string().describe("What is done, as `noun.verb`: project.delete"),
    title: z.string().describe("One line for people"),
    project: z.string().optional(),
    target: keySchema.optional(),
    actor: actorSchema,
    state: z.enum(["running", "cancelling", "succeeded", "failed", "cancelled"]),
    percent: z.int().min(0).max(100),
    steps: z.array(stepSchema),
    log: z
      .array(z.strictObject({ at: z.iso.datetime(), message: z.string() }))
      .describe("The last lines, at most 200"),
    cancelable: z.boolean(),
    holder: z
      .string()
      .optional()
      .describe(
        "Control process that runs it; absent when a reconciler carries it on, whichever process leads",
      ),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().optional(),
    result: z.record(z.string(), z.json()).optional(),
    error: z
      .strictObject({ code: z.string(), message: z.string(), remedy: z.string() })
      .optional()
      .describe("Why it failed and what to do about it"),
  })
  .meta({ id: "Operation" });
export type Operation = z.infer<typeof operationSchema>;
export type OperationStep = z.infer<typeof stepSchema>;

/** Append-only and hash-chained: `hash` = SHA-256 over `previousHash` and the canonical JSON of the rest. */
export const auditEntrySchema = z
  .strictObject({
    sequence: z.int(),
    at: z.iso.datetime(),
    actor: actorSchema,
    address: z.string().optional(),
    requestId: z.string().optional(),
    operationId: z.string().optional(),
    verb: z.string().describe("create, change, delete, finalize, sign-in, …"),
    target: z.strictObject({
      kind: z.string(),
      project: z.string().optional(),
      name: z.string(),
      id: z.string().optional(),
    }),
    outcome: z.enum(["done", "refused"]),
    revision: z.int().optional().describe("Revision the change got"),
    beforeHash: z.string().optional().describe("SHA-256 of the spec and labels before, canonical JSON, hex"),
    afterHash: z.string().optional(),
    detail: z.record(z.string(), z.json()).optional(),
    previousHash: z.string(),
    hash: z.string(),
  })
  .meta({ id: "AuditEntry" });
export type AuditEntry = z.infer<typeof auditEntrySchema>;
export type NewAuditEntry = Omit<AuditEntry, "sequence" | "at" | "previousHash" | "hash">;

/** A line of the change log, as the watch gives it: resources, events and operations in one order. */
export const changeSchema = z
  .strictObject({
    revision: z.int(),
    type: z.enum(["created", "updated", "deleted"]),
    kind: z.string().describe("A resource's kind, or `event`, or `operation`"),
    project: z.string().optional(),
    name: z.string(),
    object: z
      .record(z.string(), z.json())
      .describe(
        "The resource, event or operation; for deleted its last state. A project that the reader is taken out of is deleted for the reader, with an empty spec",
      ),
  })
  .meta({ id: "Change" });
export type Change = z.infer<typeof changeSchema>;
