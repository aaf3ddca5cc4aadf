import { z } from "zod";
import { projectAccess, type KindDefinition } from "#api/kind.ts";
import { bucketNameSchema } from "#api/kinds/bucket.ts";

/** The right to use S3. Its secret is shown once, when it is issued; no other route answers with one. */
export const keySpecSchema = z.strictObject({
  description: z.string().max(2000).default("").describe("Who uses it"),
  buckets: z
    .array(bucketNameSchema)
    .max(100)
    .optional()
    .describe("S3 names of the buckets it may use; absent: all of the project"),
  prefix: z.string().max(1024).optional().describe("Beginning that object keys must have"),
  access: z
    .enum(["read", "write", "full"])
    .default("full")
    .describe("read: get and list; write: also put and delete; full: also make and configure buckets"),
  expiresAt: z.iso.datetime().optional().describe("After this it is refused"),
});

export const keyStatusSchema = z.strictObject({
  phase: z.enum(["unissued", "active", "expired", "deleting"]).optional().describe("Whether it can be used"),
  credentials: z
    .array(
      z.strictObject({
        accessKeyId: z.string().describe("Public half"),
        issuedAt: z.iso.datetime().describe("When it was made"),
      }),
    )
    .optional()
    .describe("Pairs that work now; two while one is being replaced"),
  app: z.string().optional().describe("App that it was made for"),
  reason: z.string().optional().describe("Why it is there, in a sentence"),
});

export type KeySpec = z.infer<typeof keySpecSchema>;
export type KeyStatus = z.infer<typeof keyStatusSchema>;

export const keyKind: KindDefinition = {
  kind: "key",
  plural: "keys",
  shortNames: [],
  title: "Access key",
  description: "Credentials for S3, for a person, a program or an app",
  scope: "project",
  spec: keySpecSchema,
  status: keyStatusSchema,
  // Who makes a key reads what it reaches.
  access: projectAccess({ view: "viewer", write: "admin" }),
  guarded: [],
  columns: [
    { header: "PHASE", path: "status.phase" },
    { header: "ACCESS", path: "spec.access" },
    { header: "BUCKETS", path: "spec.buckets" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  initialStatus: { phase: "unissued" },
  finalized: true,
  example: {
    name: "backup-laptop",
    project: "default",
    spec: { description: "restic on the laptop", access: "write" },
  },
};
