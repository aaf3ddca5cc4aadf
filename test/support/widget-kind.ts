import { z } from "zod";
import { projectAccess, type KindDefinition } from "#api/kind.ts";

const widgetSpecSchema = z.strictObject({
  title: z.string().max(200).default("").describe("Name for people"),
  instances: z.int().min(0).max(1_000_000).default(0).describe("Instances it counts for"),
  memoryBytes: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe("Memory it counts for"),
  parts: z.array(z.string()).max(1000).default([]).describe("Names of its parts"),
  settings: z.record(z.string(), z.json()).default({}).describe("Anything at all"),
});

const widgetStatusSchema = z.strictObject({
  phase: z.enum(["waiting", "ready"]).optional(),
  observedGeneration: z.int().optional(),
  note: z.string().optional(),
});

export type WidgetSpec = z.infer<typeof widgetSpecSchema>;

/** A kind for tests: lives in a project, counts towards quotas, and is removed at once. Admins write, viewers view. */
export const widgetKind: KindDefinition = {
  kind: "widget",
  plural: "widgets",
  shortNames: ["wdg"],
  title: "Widget",
  description: "A thing that only tests know",
  scope: "project",
  spec: widgetSpecSchema,
  status: widgetStatusSchema,
  access: projectAccess({ view: "viewer", write: "admin" }),
  guarded: [{ path: "spec.memoryBytes", needs: "owner", why: "memory of widgets is given by an owner" }],
  columns: [
    { header: "TITLE", path: "spec.title" },
    { header: "MEMORY", path: "spec.memoryBytes", format: "bytes" },
    { header: "PHASE", path: "status.phase" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  usage: (spec) => {
    const { instances, memoryBytes } = widgetSpecSchema.parse(spec);
    return { instances, memoryBytes };
  },
  finalized: false,
  example: { name: "lamp", project: "shop", spec: { title: "Lamp", instances: 1 } },
};

/** The same, but its owner has to clean up: delete waits for finalize. */
export const gadgetKind: KindDefinition = {
  ...widgetKind,
  kind: "gadget",
  plural: "gadgets",
  shortNames: ["gdg"],
  title: "Gadget",
  description: "A widget that is finalized",
  guarded: [],
  finalized: true,
  example: { name: "drill", project: "shop", spec: { title: "Drill" } },
};
