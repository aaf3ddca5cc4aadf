import { z } from "zod";
import { impactSchema } from "#api/incidents.ts";
import { projectAccess, type KindDefinition } from "#api/kind.ts";
import { bucketNameSchema } from "#api/kinds/bucket.ts";

/** Who is told of incidents, and how. */
export const subscriptionSpecSchema = z
  .strictObject({
    description: z.string().max(2000).default("").describe("Who reads it"),
    email: z.email().max(254).optional().describe("Address that messages go to"),
    webhook: z
      .strictObject({
        url: z
          .url({ protocol: /^https?$/ })
          .max(2000)
          .describe("Where messages are posted"),
        secret: z
          .string()
          .max(64)
          .optional()
          .describe(
            "Name of the project's secret that signs them (Standard Webhooks); absent: one is made, as NAME-webhook",
          ),
      })
      .optional()
      .describe("A signed webhook"),
    buckets: z
      .array(bucketNameSchema)
      .max(1000)
      .default([])
      .describe("S3 names of the buckets that it is about; empty: all of the project"),
    minimumImpact: impactSchema
      .default("none")
      .describe("none: also what nobody feels yet, such as a lost drive"),
  })
  .refine(
    ({ email, webhook }) => (email === undefined) !== (webhook === undefined),
    "give either email or webhook",
  );

export const subscriptionStatusSchema = z.strictObject({
  phase: z.enum(["pending", "active", "failing"]).optional().describe("Whether messages arrive"),
  page: z
    .string()
    .optional()
    .describe("Address of the project's own status page; whoever knows it can read it"),
  lastSentAt: z.iso.datetime().optional().describe("When the last message was taken"),
  reason: z.string().optional().describe("What the other side said when it refused the last one"),
});

export type SubscriptionSpec = z.infer<typeof subscriptionSpecSchema>;
export type SubscriptionStatus = z.infer<typeof subscriptionStatusSchema>;

export const subscriptionKind: KindDefinition = {
  kind: "subscription",
  plural: "subscriptions",
  shortNames: ["sub"],
  title: "Subscription",
  description: "Who is told of incidents that affect the project, by e-mail or webhook",
  scope: "project",
  spec: subscriptionSpecSchema,
  status: subscriptionStatusSchema,
  access: projectAccess({ view: "viewer", write: "operator" }),
  guarded: [],
  columns: [
    { header: "PHASE", path: "status.phase" },
    { header: "EMAIL", path: "spec.email" },
    { header: "WEBHOOK", path: "spec.webhook.url" },
    { header: "FROM", path: "spec.minimumImpact" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  initialStatus: { phase: "pending" },
  finalized: false,
  example: { name: "operations", project: "default", spec: { email: "operations@example.org" } },
};
