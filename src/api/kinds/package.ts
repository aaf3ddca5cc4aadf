import { z } from "zod";
import { projectAccess, type KindDefinition } from "#api/kind.ts";
import { componentSchema, manifestSchema } from "#api/manifest.ts";
import { maxComponents } from "./app.ts";

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

export const packageSpecSchema = z.strictObject({
  digest: digest.describe("Digest of the OCI image manifest: what a signature signs"),
  sizeBytes: z.int().min(0).describe("Size of the archive"),
  manifest: manifestSchema.describe("vdc-app.yaml"),
  components: z
    .array(componentSchema)
    .min(1)
    .max(maxComponents)
    .describe("Its components, in words of engines"),
  signedBy: z
    .strictObject({
      keyId: z.string().max(100).describe("SHA-256 of the key"),
      name: z.string().max(200).optional().describe("Name of the key in the project's trust policy"),
    })
    .optional()
    .describe("The trusted key whose signature was verified; absent: no such signature"),
  presentation: z
    .strictObject({
      icon: digest.optional().describe("Digest of the icon"),
      screenshots: z.array(digest).max(16).default([]).describe("Digests of the screenshots"),
      licence: digest.optional().describe("Digest of the licence's text"),
    })
    .prefault({})
    .describe("Blobs that the console shows"),
  sbom: digest.optional().describe("Blob with the CycloneDX document"),
});

export const packageStatusSchema = z.strictObject({
  phase: z.enum(["available", "damaged"]).optional().describe("Whether its files are there and whole"),
  usedBy: z.array(z.string()).optional().describe("Apps whose releases use it"),
});

export type PackageSpec = z.infer<typeof packageSpecSchema>;
export type PackageStatus = z.infer<typeof packageStatusSchema>;

export const packageKind: KindDefinition = {
  kind: "package",
  plural: "packages",
  shortNames: ["pkg"],
  title: "Package",
  description: "A verified application bundle of the project's catalogue; made by uploading one",
  scope: "project",
  spec: packageSpecSchema,
  status: packageStatusSchema,
  // Made by the upload alone, which looks at the bytes; a hand-written one would name files nobody verified.
  access: {
    ...projectAccess({ view: "viewer", write: "admin" }),
    create: { rule: "owner" },
    change: { rule: "owner" },
  },
  guarded: [],
  columns: [
    { header: "ID", path: "spec.manifest.id" },
    { header: "VERSION", path: "spec.manifest.version" },
    { header: "SIGNED BY", path: "spec.signedBy.name" },
    { header: "SIZE", path: "spec.sizeBytes", format: "bytes" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  usage: (spec) => ({ storageBytes: Number(spec["sizeBytes"] ?? 0) }),
  initialStatus: { phase: "available" },
  finalized: true,
  example: {
    name: "newsroom-1-0-0",
    project: "default",
    spec: {
      digest: `sha256:${"0".repeat(64)}`,
      sizeBytes: 204_800,
      manifest: { apiVersion: "vdc.app/v1", id: "org.example.newsroom", version: "1.0.0", name: "Newsroom" },
      components: [
        {
          name: "web",
          engines: ["process"],
          runtime: { name: "node", range: ">=20" },
          command: ["node", "server.js"],
          port: 0,
          listens: true,
        },
      ],
    },
  },
};
