import { createHash } from "node:crypto";
import { z } from "zod";
import { maxComponents } from "#api/kinds/app.ts";
import { componentSchema, manifestSchema } from "#api/manifest.ts";

/**
 * The package as an OCI image layout (github.com/opencontainers/image-spec, 1.1) in a tar. Layers are plain tars: a digest then
 * depends on content alone, whatever version of a compressor made the archive.
 */
export const mediaTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
  config: "application/vnd.vdc.app.config.v1+json",
  sbom: "application/vnd.cyclonedx+json",
  signature: "application/vnd.vdc.signature.v1+json",
  empty: "application/vnd.oci.empty.v1+json",
} as const;

export const artifactTypes = {
  app: "application/vnd.vdc.app.v1",
  signature: "application/vnd.vdc.signature.v1",
} as const;

export const ociLayout = `{"imageLayoutVersion":"1.0.0"}`;
/** The OCI's empty configuration, `{}`. */
export const emptyDocument = "{}";

export const digestSchema = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, "use sha256: and 64 hexadecimal digits");

const annotations = z.record(z.string().max(200), z.string().max(4000)).default({});

export const descriptorSchema = z.strictObject({
  mediaType: z.string().max(200),
  digest: digestSchema,
  size: z.int().min(0),
  artifactType: z.string().max(200).optional(),
  annotations: annotations.optional(),
});
export type Descriptor = z.infer<typeof descriptorSchema>;

export const indexSchema = z.strictObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(mediaTypes.index).optional(),
  manifests: z.array(descriptorSchema).min(1).max(64),
  annotations: annotations.optional(),
});

export const imageManifestSchema = z.strictObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(mediaTypes.manifest),
  artifactType: z.string().max(200),
  config: descriptorSchema,
  layers: z.array(descriptorSchema).max(128),
  subject: descriptorSchema.optional(),
  annotations: annotations.optional(),
});
export type ImageManifest = z.infer<typeof imageManifestSchema>;

/** The configuration blob: what the server makes the `package` resource from. */
export const packageConfigSchema = z.strictObject({
  manifest: manifestSchema,
  components: z.array(componentSchema).min(1).max(maxComponents),
  presentation: z
    .strictObject({
      icon: digestSchema.optional(),
      screenshots: z.array(digestSchema).max(16).default([]),
      licence: digestSchema.optional(),
    })
    .prefault({}),
  sbom: digestSchema.optional(),
  /** Made from a plain Compose file: its version is its content, so another content is another package. */
  wrapped: z.boolean().default(false),
});
export type PackageConfig = z.infer<typeof packageConfigSchema>;

export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

export function hexOf(digest: string): string {
  return digest.slice("sha256:".length);
}
