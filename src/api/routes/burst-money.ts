import { z } from "zod";
import type { Access } from "#api/access.ts";
import { hashSchema } from "#api/burst-graph.ts";
import { amountSchema, balanceSchema, invoiceSchema, ledgerEntrySchema, offerSchema } from "#api/burst.ts";
import { currencySchema } from "#api/kinds/plan.ts";
import { nameSchema } from "#api/names.ts";
import { list, pageLimit, route } from "./define-route.ts";

const viewer: Access = { rule: "project", role: "viewer", param: "project" };
const operator: Access = { rule: "project", role: "operator", param: "project" };
const admin: Access = { rule: "project", role: "admin", param: "project" };

const id = z.string().min(1).max(64);
const inProject = z.strictObject({ project: nameSchema });
const offerParams = z.strictObject({ project: nameSchema, offer: id });
const jobParams = z.strictObject({ project: nameSchema, job: id });
const positiveAmount = amountSchema.refine((text) => !text.startsWith("-"), "not less than 0");
const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, "a month such as 2026-11");

/** Plans, offers, the ledger. Amounts are whole numbers of 10⁻¹² of the currency, as text. */
export const burstMoneyRoutes = {
  "offer.create": route({
    id: "offer.create",
    method: "POST",
    path: "/v1/projects/{project}/offers",
    access: operator,
    summary: "Ask what a job would take and cost, within the plan and with burst; nothing is ordered",
    params: inProject,
    body: z.strictObject({
      title: z.string().min(1).max(100).describe("What people call the job"),
      app: nameSchema.optional().describe("App that asks"),
      graph: hashSchema.describe("Graph that was sent before, with `burst.put-graph`"),
    }),
    answer: offerSchema,
    status: 201,
    errors: ["invalid", "not-found", "unavailable"],
  }),
  "offer.list": route({
    id: "offer.list",
    method: "GET",
    path: "/v1/projects/{project}/offers",
    access: viewer,
    summary: "Offers of a project, newest first",
    params: inProject,
    query: z.strictObject({
      limit: pageLimit,
      before: id.optional().describe("Id of an offer: older ones than it"),
    }),
    answer: list(offerSchema),
  }),
  "offer.show": route({
    id: "offer.show",
    method: "GET",
    path: "/v1/projects/{project}/offers/{offer}",
    access: viewer,
    summary: "One offer: times, price, and what it is made of",
    params: offerParams,
    answer: offerSchema,
    errors: ["not-found"],
  }),
  "offer.accept": route({
    id: "offer.accept",
    method: "POST",
    path: "/v1/projects/{project}/offers/{offer}/accept",
    access: operator,
    summary: "Accept an offer: its bound is reserved and the job begins, both or neither",
    params: offerParams,
    body: z.strictObject({
      quoteHash: hashSchema.describe("The figures that were shown; others are refused"),
      bound: positiveAmount
        .optional()
        .describe("At most this much, when it is less than the price: the job waits when it is used up"),
      priority: z.int().min(-10).max(10).default(0).describe("Among the project's own jobs; higher first"),
    }),
    answer: offerSchema,
    errors: ["not-found", "invalid", "conflict", "quota-exceeded", "unavailable"],
  }),
  "ledger.balance": route({
    id: "ledger.balance",
    method: "GET",
    path: "/v1/projects/{project}/balance",
    access: viewer,
    summary: "What a month cost, what is reserved, and the budget",
    params: inProject,
    query: z.strictObject({ month: month.optional().describe("As 2026-11; absent: this one") }),
    answer: balanceSchema,
    errors: ["not-found"],
  }),
  "ledger.entries": route({
    id: "ledger.entries",
    method: "GET",
    path: "/v1/projects/{project}/ledger",
    access: viewer,
    summary: "Transfers of a project, newest first; none is ever changed",
    params: inProject,
    query: z.strictObject({
      limit: pageLimit,
      before: z.string().max(100).optional().describe("Id of a transfer: older ones than it"),
      job: id.optional().describe("Of this job alone"),
    }),
    answer: list(ledgerEntrySchema),
  }),
  "ledger.export": route({
    id: "ledger.export",
    method: "GET",
    path: "/v1/projects/{project}/ledger/export",
    access: viewer,
    summary: "Usage of a month: CSV with the columns of FOCUS, or CloudEvents, one JSON document a line",
    params: inProject,
    query: z.strictObject({
      month: month.optional().describe("As 2026-11; absent: this one"),
      form: z.enum(["focus", "cloudevents"]).default("focus").describe("Form of the records"),
    }),
    answer: z.string(),
    answers: "text",
    errors: ["not-found"],
  }),
  "invoice.show": route({
    id: "invoice.show",
    method: "GET",
    path: "/v1/projects/{project}/jobs/{job}/invoice",
    access: viewer,
    summary: "What a job that ended cost, a line for each stage",
    params: jobParams,
    answer: invoiceSchema,
    errors: ["not-found"],
  }),
  "invoice.refund": route({
    id: "invoice.refund",
    method: "POST",
    path: "/v1/projects/{project}/jobs/{job}/refund",
    access: { rule: "owner" },
    summary: "Give back what a job cost, or part of it; the invoice stays and shows it",
    params: jobParams,
    body: z.strictObject({
      id: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,39}$/)
        .describe("Chosen by the caller: asked twice with the same one, it is given once"),
      amount: positiveAmount.optional().describe("Absent: all that was not given back yet"),
      reason: z.string().min(1).max(500).describe("Why; the project reads it"),
    }),
    answer: invoiceSchema,
    errors: ["not-found", "invalid", "conflict"],
  }),
  "budget.set": route({
    id: "budget.set",
    method: "PUT",
    path: "/v1/projects/{project}/budget",
    access: admin,
    summary: "Set the most that a month may cost; without a budget nothing beyond the plan is bought",
    params: inProject,
    body: z.strictObject({
      amount: positiveAmount.nullable().describe("For a month; null: no burst"),
      currency: currencySchema.optional().describe("Absent: that of the project's plan"),
      alertsAt: z
        .array(z.int().min(1).max(100))
        .max(10)
        .default([50, 80, 100])
        .describe("Percent of the budget at which an event tells"),
    }),
    answer: balanceSchema,
    errors: ["not-found", "invalid"],
  }),
} as const;
