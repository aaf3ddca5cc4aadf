import { z } from "zod";
import { projectAccess, type KindDefinition } from "#api/kind.ts";

export const volumeSpecSchema = z.strictObject({
  description: z.string().max(2000).default("").describe("What it is for"),
  sizeBytes: z.int().min(0).optional().describe("How much it is meant to hold; counted towards the quota"),
});

export const volumeStatusSchema = z.strictObject({
  phase: z.enum(["pending", "ready", "deleting"]).optional().describe("Where it is in its life"),
  usedBytes: z.int().optional().describe("What lies in it, as last counted"),
  usedBy: z.array(z.string()).optional().describe("Apps that mount it"),
  reason: z.string().optional().describe("Why it is there, in a sentence"),
});

export type VolumeSpec = z.infer<typeof volumeSpecSchema>;
export type VolumeStatus = z.infer<typeof volumeStatusSchema>;

export const volumeKind: KindDefinition = {
  kind: "volume",
  plural: "volumes",
  shortNames: ["vol"],
  title: "Volume",
  description: "A directory that outlives instances, releases and apps",
  scope: "project",
  spec: volumeSpecSchema,
  status: volumeStatusSchema,
  // Deleting one destroys data.
  access: {
    ...projectAccess({ view: "viewer", write: "operator" }),
    delete: { rule: "project", role: "admin", param: "project" },
  },
  guarded: [],
  columns: [
    { header: "PHASE", path: "status.phase" },
    { header: "USED", path: "status.usedBytes", format: "bytes" },
    { header: "USED BY", path: "status.usedBy" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  usage: (spec) => ({ storageBytes: Number(spec["sizeBytes"] ?? 0) }),
  initialStatus: { phase: "pending" },
  finalized: true,
  example: { name: "news-comments", project: "default", spec: { description: "Comments of the newsroom" } },
};
