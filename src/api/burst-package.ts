import { z } from "zod";
import { graphLimits, hashSchema } from "#api/burst-graph.ts";
import { taskLevels } from "#api/burst-protocol.ts";

/**
 * The manifest of a kernel package. Its SHA-256 (of the stored bytes) is the package's name everywhere: it pins every file, so a running job never changes its code.
 */
export const kernelManifestSchema = z
  .strictObject({
    apiVersion: z.literal("vdc.kernels/1"),
    name: z
      .string()
      .regex(/^[a-z][a-z0-9.-]{0,99}$/)
      .describe("Who it is: org.example.darkroom"),
    version: z.string().max(40).describe("Version, as semver"),
    level: z
      .enum(taskLevels)
      .describe(
        "wasm: modules without imports; js: one module in a sandboxed worker; native: a program in a sandbox",
      ),
    files: z
      .record(
        z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/),
        z.strictObject({
          sha256: hashSchema,
          bytes: z
            .int()
            .min(1)
            .max(64 * 1024 * 1024),
        }),
      )
      .describe("Its files"),
    functions: z
      .record(
        z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,63}$/),
        z.strictObject({
          file: z.string().describe("Which file exports it"),
          memoryBytes: z
            .int()
            .min(65_536)
            .max(graphLimits.maxMemoryBytes)
            .describe("Most memory it may take"),
          deterministic: z.boolean().default(true).describe("Whether equal calls give equal bits"),
          memo: z.boolean().default(true).describe("Whether its results are worth keeping"),
        }),
      )
      .describe("What tasks may call"),
  })
  .meta({ id: "KernelManifest" });
export type KernelManifest = z.infer<typeof kernelManifestSchema>;

/** The stored form: the manifest's exact text, and who vouches for it. */
export const signedManifestSchema = z.strictObject({
  manifest: z
    .string()
    .max(512 * 1024)
    .describe("Text of the manifest; its SHA-256 names the package"),
  publicKey: z.string().max(100).describe("Ed25519, base64"),
  signature: z.string().max(200).describe("Ed25519 over the manifest's bytes, base64"),
});
export type SignedManifest = z.infer<typeof signedManifestSchema>;
