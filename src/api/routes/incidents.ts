import { z } from "zod";
import type { Access } from "#api/access.ts";
import {
  componentSchema,
  effectSchema,
  impactSchema,
  incidentSchema,
  incidentStatusSchema,
  receiptSchema,
} from "#api/incidents.ts";
import { nameSchema } from "#api/names.ts";
import { list, owner, route, signedIn } from "./define-route.ts";

const viewer: Access = { rule: "project", role: "viewer", param: "project" };
const operator: Access = { rule: "project", role: "operator", param: "project" };

export const incidentRoutes = {
  "incident.list": route({
    id: "incident.list",
    method: "GET",
    path: "/v1/incidents",
    access: owner,
    summary: "Incidents with what was seen and who is concerned, newest first",
    answer: list(incidentSchema),
    errors: ["unavailable"],
  }),
  "incident.say": route({
    id: "incident.say",
    method: "POST",
    path: "/v1/incidents",
    access: owner,
    summary: "Post an incident by hand, or an update of one that was; subscribers are told",
    body: z.strictObject({
      id: z.string().max(100).optional().describe("Incident to go on with; absent: a new one"),
      title: z.string().min(1).max(200).describe("In a few words; everybody can read it"),
      text: z
        .string()
        .min(1)
        .max(2000)
        .describe("What is affected, what we do, what to do; everybody can read it"),
      component: componentSchema,
      effects: z.array(effectSchema).max(5).default([]).describe("What is concerned"),
      impact: impactSchema,
      status: incidentStatusSchema.describe("Where it stands"),
      projects: z.array(nameSchema).max(1000).default([]).describe("Who is concerned; empty: everyone"),
    }),
    answer: incidentSchema,
    status: 201,
    errors: ["invalid", "not-found", "unavailable"],
  }),
  "incident.mine": route({
    id: "incident.mine",
    method: "GET",
    path: "/v1/projects/{project}/incidents",
    access: viewer,
    summary: "Incidents that affect the project, with its own buckets",
    params: z.strictObject({ project: nameSchema }),
    answer: z.strictObject({
      items: z.array(incidentSchema).describe("Newest first"),
      page: z.string().optional().describe("Address of the project's own status page"),
    }),
    errors: ["unavailable"],
  }),
  "incident.receipts": route({
    id: "incident.receipts",
    method: "GET",
    path: "/v1/projects/{project}/incident-receipts",
    access: viewer,
    summary: "Which messages were sent to the project's subscribers, and what the other side said",
    params: z.strictObject({ project: nameSchema }),
    query: z.strictObject({ incident: z.string().max(100).optional() }),
    answer: list(receiptSchema),
    errors: ["unavailable"],
  }),
  "subscription.test": route({
    id: "subscription.test",
    method: "POST",
    path: "/v1/projects/{project}/subscriptions/{name}/test",
    access: operator,
    summary: "Send one message to see whether it arrives",
    params: z.strictObject({ project: nameSchema, name: nameSchema }),
    answer: z.strictObject({
      ok: z.boolean().describe("Whether the other side took it"),
      answer: z.string().describe("What it said"),
    }),
    errors: ["not-found", "unavailable"],
  }),
  "status.page": route({
    id: "status.page",
    method: "GET",
    path: "/v1/status-page",
    access: signedIn,
    summary: "Where the public status page is",
    answer: z.strictObject({ url: z.string().describe("Address") }),
    errors: ["unavailable"],
  }),
} as const;
