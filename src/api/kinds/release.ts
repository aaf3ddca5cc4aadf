import { z } from "zod";
import { projectAccess, type KindDefinition } from "#api/kind.ts";
import { nameSchema } from "#api/names.ts";
import { appSpecSchema } from "./app.ts";

/** A change between two releases, for people: `settings.title: "A" → "B"`. */
const difference = z.strictObject({
  op: z.enum(["add", "remove", "replace"]).describe("What happened to the field"),
  path: z.string().describe("The field"),
  before: z.json().optional().describe("Value before"),
  after: z.json().optional().describe("Value after"),
});

/**
 * What an app was at one moment: everything that its instances are made from. Written once by the apps reconciler;
 * the replicas of components are not part of it, because scaling is not a release.
 */
export const releaseSpecSchema = z.strictObject({
  app: nameSchema.describe("App whose release it is"),
  number: z.int().min(1).describe("Counts from 1"),
  package: nameSchema.describe("Name of its package"),
  packageDigest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .describe("Digest of that package"),
  version: z.string().max(64).describe("Version of the package"),
  appSpec: appSpecSchema.describe("The app's spec that asked for it; replicas left out"),
  appGeneration: z.int().describe("Generation of the app that asked for it"),
  difference: z.array(difference).max(200).describe("What changed since the release before"),
  rollbackOf: z.int().optional().describe("The release that this one repeats"),
  by: z.string().max(200).describe("Who asked for it"),
});

export const releaseStatusSchema = z.strictObject({
  phase: z
    .enum([
      "pending",
      "rolling-out",
      "serving",
      "superseded",
      "rolling-back",
      "rolled-back",
      "failed",
      "cancelled",
    ])
    .optional()
    .describe("What became of it"),
  reason: z.string().optional().describe("Why it failed or was rolled back"),
  startedAt: z.iso.datetime().optional().describe("When its rollout began"),
  finishedAt: z.iso.datetime().optional().describe("When its rollout ended, whichever way"),
  canaryStep: z.int().optional().describe("Index of the canary step that runs"),
  stepSince: z.iso
    .datetime()
    .optional()
    .describe("When that step, or the watch of the newest instance, began"),
  hooks: z
    .array(
      z.strictObject({
        name: z.string().describe("install, upgrade or verify"),
        state: z.enum(["running", "done", "failed"]).describe("How far it is"),
        detail: z.string().optional().describe("Why it failed"),
      }),
    )
    .optional()
    .describe("Hooks of the package that were run for it"),
});

export type ReleaseSpec = z.infer<typeof releaseSpecSchema>;
export type ReleaseStatus = z.infer<typeof releaseStatusSchema>;

export const releaseKind: KindDefinition = {
  kind: "release",
  plural: "releases",
  shortNames: [],
  title: "Release",
  description: "What an app was at one moment; written by VDC, kept as history",
  scope: "project",
  spec: releaseSpecSchema,
  status: releaseStatusSchema,
  // Only VDC writes them: a hand-made history would be a lie.
  access: {
    ...projectAccess({ view: "viewer", write: "admin" }),
    create: { rule: "owner" },
    change: { rule: "owner" },
    delete: { rule: "owner" },
  },
  guarded: [],
  columns: [
    { header: "APP", path: "spec.app" },
    { header: "NUMBER", path: "spec.number" },
    { header: "VERSION", path: "spec.version" },
    { header: "PHASE", path: "status.phase" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  initialStatus: { phase: "pending" },
  finalized: false,
  example: {
    name: "news-1",
    project: "default",
    spec: {
      app: "news",
      number: 1,
      package: "newsroom-1-0-0",
      packageDigest: `sha256:${"0".repeat(64)}`,
      version: "1.0.0",
      appSpec: { package: "newsroom-1-0-0" },
      appGeneration: 1,
      difference: [],
      by: "ada",
    },
  },
};
