import { z } from "zod";
import { roles } from "#api/access.ts";
import type { KindDefinition } from "#api/kind.ts";
import { nameSchema, userNameSchema } from "#api/names.ts";

const quota = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** At most this many members in one project. */
export const maxMembers = 500;

export const projectSpecSchema = z.strictObject({
  title: z.string().max(200).default("").describe("Name for people"),
  description: z.string().max(2000).default("").describe("What the project is for"),
  members: z
    .array(
      z.strictObject({
        user: userNameSchema.describe("Name of the user"),
        role: z
          .enum(roles)
          .describe("viewer reads, operator runs and restarts, admin changes everything in the project"),
      }),
    )
    .max(maxMembers)
    .refine(
      (members) => new Set(members.map((member) => member.user)).size === members.length,
      "a user is named twice",
    )
    .default([])
    .describe("Who may do what in the project"),
  quotas: z
    .strictObject({
      resources: quota.optional().describe("Resources of all kinds together"),
      instances: quota.optional().describe("Running instances"),
      cpuMillicores: quota.optional().describe("Requested CPU, in thousandths of a core"),
      memoryBytes: quota.optional().describe("Requested memory, in bytes"),
      storageBytes: quota.optional().describe("Stored bytes: disks, buckets and volumes"),
    })
    .default({})
    .describe(
      "Limits of the project; an absent one is no limit. Only an owner of the data center changes them",
    ),
  plan: nameSchema
    .optional()
    .describe(
      "What its jobs have for nothing and what more costs; absent: the plan `sample`. Only an owner of the data center changes it",
    ),
  packages: z
    .strictObject({
      trust: z
        .enum(["any", "signed"])
        .default("any")
        .describe("any: every package that is whole; signed: only those that one of the keys signed"),
      keys: z
        .array(
          z.strictObject({
            name: z.string().min(1).max(200).describe("Whose key it is"),
            publicKey: z
              .string()
              .regex(/^ed25519:[A-Za-z0-9+/]{43}=$/, "use ed25519: and the key's 32 bytes in base64")
              .describe("As `vdc package keygen` prints it"),
          }),
        )
        .max(64)
        .default([])
        .describe("Keys whose signatures are trusted"),
    })
    .optional()
    .describe("Which packages may be uploaded; absent: any. Looked at when one is uploaded"),
});

export const projectStatusSchema = z.strictObject({
  phase: z.enum(["active", "deleting"]).optional().describe("Where the project is in its life"),
  usage: z.record(z.string(), z.int()).optional().describe("What the project uses of each measure"),
});

export type ProjectSpec = z.infer<typeof projectSpecSchema>;
export type ProjectStatus = z.infer<typeof projectStatusSchema>;

export const projectKind: KindDefinition = {
  kind: "project",
  plural: "projects",
  shortNames: ["proj"],
  title: "Project",
  description: "A tenant: members, quotas and names",
  scope: "center",
  spec: projectSpecSchema,
  status: projectStatusSchema,
  access: {
    list: { rule: "filtered" },
    view: { rule: "project", role: "viewer", param: "name" },
    create: { rule: "owner" },
    change: { rule: "project", role: "admin", param: "name" },
    delete: { rule: "owner" },
  },
  guarded: [
    { path: "spec.quotas", needs: "owner", why: "quotas are set by an owner of the data center" },
    {
      path: "spec.plan",
      needs: "owner",
      why: "the plan of a project is chosen by an owner of the data center",
    },
    {
      path: "spec.packages",
      needs: "admin",
      why: "which packages are trusted is set by an admin of the project",
    },
  ],
  columns: [
    { header: "TITLE", path: "spec.title" },
    { header: "MEMBERS", path: "spec.members", format: "count" },
    { header: "PHASE", path: "status.phase" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  initialStatus: { phase: "active", usage: {} },
  finalized: true,
  example: {
    name: "newsroom",
    spec: { title: "Newsroom", members: [{ user: "ada", role: "admin" }], quotas: { instances: 20 } },
  },
};
