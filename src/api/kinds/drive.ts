import { z } from "zod";
import type { KindDefinition } from "#api/kind.ts";

export const driveSpecSchema = z.strictObject({
  title: z.string().max(200).default("").describe("Name for people, such as the label on the disk"),
  path: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^\//, "use an absolute path")
    .describe("Directory on the machine; ideally a file system of its own on a disk of its own"),
  wanted: z
    .enum(["active", "drained", "failed"])
    .default("active")
    .describe(
      "active: in use; drained: emptied, then it can be taken out; failed: given up, what lay on it is rebuilt elsewhere",
    ),
});

export const driveStatusSchema = z.strictObject({
  phase: z
    .enum([
      "pending",
      "ok",
      "suspect",
      "full",
      "readonly",
      "draining",
      "drained",
      "missing",
      "wrong",
      "stale",
      "failed",
      "refused",
    ])
    .optional()
    .describe("What is known of it"),
  number: z.int().optional().describe("Its number in the store; never used again"),
  totalBytes: z.int().optional().describe("Size of its file system"),
  freeBytes: z
    .int()
    .optional()
    .describe("Rounded down to whole GiB, so that use alone does not change the resource"),
  since: z.iso.datetime().optional().describe("When it entered this phase"),
  reason: z.string().optional().describe("Why it is there and what to do, in a sentence"),
});

export type DriveSpec = z.infer<typeof driveSpecSchema>;
export type DriveStatus = z.infer<typeof driveStatusSchema>;

export const driveKind: KindDefinition = {
  kind: "drive",
  plural: "drives",
  shortNames: [],
  title: "Drive",
  description: "A directory that holds objects: one failure domain",
  scope: "center",
  spec: driveSpecSchema,
  status: driveStatusSchema,
  // Directories of the host are no tenant's business.
  access: {
    list: { rule: "owner" },
    view: { rule: "owner" },
    create: { rule: "owner" },
    change: { rule: "owner" },
    delete: { rule: "owner" },
  },
  guarded: [],
  columns: [
    { header: "PHASE", path: "status.phase" },
    { header: "PATH", path: "spec.path" },
    { header: "SIZE", path: "status.totalBytes", format: "bytes" },
    { header: "FREE", path: "status.freeBytes", format: "bytes" },
    { header: "WANTED", path: "spec.wanted" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  initialStatus: { phase: "pending" },
  finalized: true,
  example: { name: "drive-4", spec: { path: "/mnt/disk4/vdc", title: "Bay 4" } },
};
