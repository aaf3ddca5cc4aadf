import { z } from "zod";
import { projectAccess, type KindDefinition } from "#api/kind.ts";

/** S3's rules for bucket names, without the old exceptions. */
export const bucketNameSchema = z
  .string()
  .min(3)
  .max(63)
  .regex(
    /^(?!\d+\.\d+\.\d+\.\d+$)(?!xn--)[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*(?<!-)$/,
    "use 3 to 63 lower-case letters, digits, hyphens and dots",
  );

export const bucketSpecSchema = z.strictObject({
  description: z.string().max(2000).default("").describe("What it is for"),
  s3Name: bucketNameSchema
    .optional()
    .describe("Name that S3 clients use, when it is not the resource's; unique in the data center"),
  versioning: z
    .boolean()
    .default(false)
    .describe("Whether versions are kept from the start; later S3 clients and the console decide"),
  objectLock: z
    .boolean()
    .default(false)
    .describe("Whether versions can be locked; only when the bucket is made, and it turns versioning on"),
  pages: z
    .boolean()
    .default(false)
    .describe(
      "Whether pages of any origin may use signed addresses of it (CORS); only when the bucket is made, later its CORS rules decide",
    ),
  whenDeleted: z
    .enum(["refuse", "empty"])
    .default("refuse")
    .describe("What deleting does while objects are in it: wait until it is empty, or remove them all"),
});

export const bucketStatusSchema = z.strictObject({
  phase: z.enum(["pending", "ready", "refused", "emptying"]).optional().describe("Where it is in its life"),
  s3Name: z.string().optional().describe("Name that S3 clients use"),
  endpoint: z.string().optional().describe("Address of the S3 service"),
  versioning: z.enum(["off", "enabled", "suspended"]).optional().describe("Whether versions are kept"),
  isPublic: z.boolean().optional().describe("Whether anybody may read something in it without a key"),
  objects: z.int().optional().describe("Objects, as last counted"),
  bytes: z.int().optional().describe("What lies in it, all versions, as last counted"),
  app: z.string().optional().describe("App that it was made for"),
  origin: z.enum(["resource", "s3"]).optional().describe("Whether it was made here or by an S3 client"),
  reason: z.string().optional().describe("Why it is there, in a sentence"),
});

export type BucketSpec = z.infer<typeof bucketSpecSchema>;
export type BucketStatus = z.infer<typeof bucketStatusSchema>;

export const bucketKind: KindDefinition = {
  kind: "bucket",
  plural: "buckets",
  shortNames: [],
  title: "Bucket",
  description: "Objects under names, served by S3",
  scope: "project",
  spec: bucketSpecSchema,
  status: bucketStatusSchema,
  // Deleting one can destroy data.
  access: {
    ...projectAccess({ view: "viewer", write: "operator" }),
    delete: { rule: "project", role: "admin", param: "project" },
  },
  guarded: [],
  columns: [
    { header: "PHASE", path: "status.phase" },
    { header: "OBJECTS", path: "status.objects" },
    { header: "BYTES", path: "status.bytes", format: "bytes" },
    { header: "VERSIONS", path: "status.versioning" },
    { header: "PUBLIC", path: "status.isPublic" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  initialStatus: { phase: "pending" },
  finalized: true,
  example: { name: "news-pictures", project: "default", spec: { description: "Pictures of the newsroom" } },
};
