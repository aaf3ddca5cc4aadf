import { z } from "zod";
import { nameSchema } from "#api/names.ts";

/** What sources report, what the status process answers, and what subscriptions say. */

export const effectSchema = z
  .enum(["durability", "latency", "reads", "writes", "availability"])
  .describe(
    "What is concerned: how much could still fail, how fast, reading, writing, or the service as a whole",
  );
export type Effect = z.infer<typeof effectSchema>;

/** In ascending order; the words are Statuspage's. `none`: worth saying, nothing is impaired. */
export const impactSchema = z.enum(["none", "minor", "major", "critical"]).describe("How badly");
export type Impact = z.infer<typeof impactSchema>;
export const impacts: readonly Impact[] = impactSchema.options;

export const causeSchema = z
  .enum([
    "drive-lost",
    "drive-late",
    "drive-full",
    "drive-mismatch",
    "data-damaged",
    "held-requests",
    "broken-promise",
    "errors",
    "probe",
    "silence",
    "store-holding",
    "manual",
  ])
  .describe("What kind of trouble it is; signals of one cause make one incident");
export type Cause = z.infer<typeof causeSchema>;

const affectedProject = z.strictObject({
  project: nameSchema.describe("Project"),
  buckets: z.array(z.string().max(63)).max(1000).describe("Its buckets that are concerned; empty: all of it"),
});
export const affectedSchema = z
  .strictObject({
    everyone: z.boolean().describe("Whether every project is concerned"),
    projects: z.array(affectedProject).max(10_000).describe("Otherwise these"),
  })
  .describe("Who is concerned");
export type Affected = z.infer<typeof affectedSchema>;

export const componentSchema = z.enum(["objects", "control", "apps"]).describe("Part of the service");
export type Component = z.infer<typeof componentSchema>;

export const signalSchema = z.strictObject({
  id: z.string().min(1).max(200).describe("The same for as long as it holds, such as drive/3"),
  component: componentSchema,
  cause: causeSchema,
  effects: z.array(effectSchema).min(1).max(5).describe("What is concerned"),
  impact: impactSchema,
  since: z.int().min(0).describe("Milliseconds since 1970-01-01 UTC"),
  affected: affectedSchema,
  /** For operators: never on a public page. */
  detail: z.string().max(1000).default("").describe("What was seen, for operators"),
});
export type Signal = z.infer<typeof signalSchema>;

export const reportSchema = z.strictObject({
  from: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,40}$/)
    .describe("Process that reports"),
  signals: z.array(signalSchema).max(1000).describe("All that hold now"),
});
export type Report = z.infer<typeof reportSchema>;

export const incidentStatusSchema = z.enum(["investigating", "identified", "monitoring", "resolved"]);
export type IncidentStatus = z.infer<typeof incidentStatusSchema>;

export const incidentUpdateSchema = z.strictObject({
  at: z.iso.datetime().describe("When it was said"),
  status: incidentStatusSchema.describe("What the incident was then"),
  text: z.string().describe("What was said"),
});

export const incidentSchema = z.strictObject({
  id: z.string().describe("Unguessable id"),
  title: z.string().describe("In a few words"),
  component: componentSchema,
  cause: causeSchema,
  effects: z.array(effectSchema).describe("What is concerned"),
  impact: impactSchema.describe("The worst so far"),
  status: incidentStatusSchema.describe("Where it stands"),
  startedAt: z.iso.datetime().describe("Since when, as far as we know"),
  openedAt: z.iso.datetime().describe("When it was told"),
  resolvedAt: z.iso.datetime().optional().describe("When all was well again"),
  affected: affectedSchema,
  updates: z.array(incidentUpdateSchema).describe("Oldest first"),
  details: z.array(z.string()).default([]).describe("What was seen, for operators"),
});
export type Incident = z.infer<typeof incidentSchema>;

export const receiptSchema = z.strictObject({
  subscription: z.string().describe("Id of the subscription"),
  project: z.string().describe("Its project"),
  channel: z.enum(["email", "webhook", "web-push"]).describe("How"),
  incident: z.string().describe("Id of the incident"),
  update: z.int().describe("Number of the update, from 0"),
  state: z.enum(["due", "sent", "failed"]).describe("Whether the other side took it"),
  attempts: z.int().describe("How often it was tried"),
  at: z.iso.datetime().describe("When it was sent, or last tried"),
  answer: z.string().optional().describe("What the other side said"),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** What control tells the status process of a subscription. */
export const subscriberSchema = z.strictObject({
  id: z.string().max(100).describe("Id of the resource"),
  project: nameSchema.describe("Its project"),
  buckets: z.array(z.string().max(63)).max(1000).describe("Only these; empty: all"),
  minimumImpact: impactSchema,
  channel: z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("email"), to: z.email().max(254) }),
    z.strictObject({
      type: z.literal("webhook"),
      url: z.url({ protocol: /^https?$/ }).max(2000),
      secret: z.string().max(200),
    }),
    z.strictObject({
      type: z.literal("web-push"),
      endpoint: z.url({ protocol: /^https?$/ }).max(2000),
      p256dh: z.string().max(200),
      auth: z.string().max(100),
    }),
  ]),
});
export type Subscriber = z.infer<typeof subscriberSchema>;
