import { z } from "zod";
import type { KindDefinition } from "#api/kind.ts";
import { decimalPattern } from "#api/money.ts";

const price = z.string().regex(decimalPattern, "a decimal such as 0.0000131, with at most 12 places");

/** Currencies by their three letters. */
export const currencySchema = z.string().regex(/^[A-Z]{3}$/, "three capital letters, as in ISO 4217");

export const planSpecSchema = z.strictObject({
  title: z.string().max(200).default("").describe("Name for people"),
  description: z.string().max(2000).default("").describe("Whom it is for"),
  currency: currencySchema.describe("Currency of its prices, as in ISO 4217"),
  includedCores: z
    .number()
    .min(0.001)
    .max(10_000)
    .multipleOf(0.001)
    .describe("Reference cores that jobs have without paying"),
  includedMemoryBytes: z
    .int()
    .min(0)
    .max(2 ** 50)
    .describe("Memory that jobs have without paying"),
  pricePerCoreSecond: price.describe("What a second of a reference core costs beyond that"),
  pricePerGibSecond: price.describe("What a GiB of memory costs for a second beyond that"),
  maxBurstSlots: z.int().min(0).max(10_000).describe("Most tasks of a job at once with burst; 0 is no burst"),
});

/** Nothing is observed of a plan. */
export const planStatusSchema = z.strictObject({});

export type PlanSpec = z.infer<typeof planSpecSchema>;

/** The plan of a project that names none. */
export const samplePlanName = "sample";

export const planKind: KindDefinition = {
  kind: "plan",
  plural: "plans",
  shortNames: [],
  title: "Plan",
  description: "What jobs of a project have for nothing, and what more of it costs",
  scope: "center",
  spec: planSpecSchema,
  status: planStatusSchema,
  access: {
    list: { rule: "signed-in" },
    view: { rule: "signed-in" },
    create: { rule: "owner" },
    change: { rule: "owner" },
    delete: { rule: "owner" },
  },
  guarded: [],
  columns: [
    { header: "TITLE", path: "spec.title" },
    { header: "CORES", path: "spec.includedCores" },
    { header: "MEMORY", path: "spec.includedMemoryBytes", format: "bytes" },
    { header: "PER-CORE-SECOND", path: "spec.pricePerCoreSecond" },
    { header: "PER-GIB-SECOND", path: "spec.pricePerGibSecond" },
    { header: "CURRENCY", path: "spec.currency" },
    { header: "SLOTS", path: "spec.maxBurstSlots" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  finalized: false,
  example: {
    name: "studio",
    spec: {
      title: "Studio",
      currency: "USD",
      includedCores: 4,
      includedMemoryBytes: 8 * 1024 ** 3,
      pricePerCoreSecond: "0.0000131",
      pricePerGibSecond: "0.00000222",
      maxBurstSlots: 64,
    },
  },
};
