import type { PackageDraft } from "./disk.ts";
import { parseDocument, readBlob } from "./documents.ts";
import {
  artifactTypes,
  hexOf,
  imageManifestSchema,
  indexSchema,
  mediaTypes,
  packageConfigSchema,
  type Descriptor,
  type ImageManifest,
  type PackageConfig,
} from "./format.ts";
import type { ReadArchive } from "./archive.ts";
import type { PackageLimits } from "./limits.ts";
import { refused } from "./refuse.ts";
import { isSignatureOf, signatureSchema } from "./signature.ts";

/** The documents of one archive, each parsed and each naming only what is there. */
export interface PackageImage {
  /** Of the image manifest: what names the package. */
  readonly digest: string;
  readonly manifest: ImageManifest;
  readonly config: PackageConfig;
  /** Keys whose signatures of the digest are right. */
  readonly signedBy: readonly SignedBy[];
}

export interface SignedBy {
  readonly keyId: string;
  readonly publicKey: string;
}

interface Read {
  readonly archive: ReadArchive;
  readonly draft: PackageDraft;
  readonly limits: PackageLimits;
  /** Blobs that something named. */
  readonly named: Set<string>;
}

/** Follows the index to everything that it names. Throws for what is missing, lies about its size, or that nothing names. */
export async function readImage(
  archive: ReadArchive,
  draft: PackageDraft,
  limits: PackageLimits,
): Promise<PackageImage> {
  const read: Read = { archive, draft, limits, named: new Set() };
  const index = parseDocument(archive.index, indexSchema, { name: "index.json", limits });
  const manifests = await Promise.all(
    index.manifests.map(async (descriptor) => ({
      descriptor,
      manifest: await readManifest(descriptor, read),
    })),
  );
  const apps = manifests.filter(({ manifest }) => manifest.artifactType === artifactTypes.app);
  const [app] = apps;
  if (app === undefined || apps.length > 1)
    throw refused(
      "not-a-package",
      "index.json",
      `it names ${apps.length} packages of this kind, and has to name one`,
    );
  const { digest } = app.descriptor;
  const config = await readConfig(app.manifest, read);
  const others = manifests.filter((one) => one !== app);
  const signedBy = await readSignatures(digest, others, read);
  for (const hex of archive.blobs.keys())
    if (!read.named.has(hex))
      throw refused("unnamed-blob", `blobs/sha256/${hex}`, "nothing in the archive names it");
  return { digest, manifest: app.manifest, config, signedBy };
}

/** Says that the blob is wanted. Throws when it is not there or is not as long as is said. */
function named(descriptor: Descriptor, { archive, named: all }: Read): Descriptor {
  const size = archive.blobs.get(hexOf(descriptor.digest));
  if (size === undefined)
    throw refused("missing-blob", descriptor.digest, "it is named but not in the archive");
  if (size !== descriptor.size)
    throw refused("digest", descriptor.digest, `it has ${size} bytes, and ${descriptor.size} are claimed`);
  all.add(hexOf(descriptor.digest));
  return descriptor;
}

async function readManifest(descriptor: Descriptor, read: Read): Promise<ImageManifest> {
  if (descriptor.mediaType !== mediaTypes.manifest)
    throw refused(
      "not-a-package",
      descriptor.digest,
      "the index names something that is not an image manifest",
    );
  const bytes = await readBlob(read.draft, named(descriptor, read), read.limits.documentBytes);
  return parseDocument(bytes, imageManifestSchema, { name: descriptor.digest, limits: read.limits });
}

async function readConfig(manifest: ImageManifest, read: Read): Promise<PackageConfig> {
  const { draft, limits } = read;
  if (manifest.config.mediaType !== mediaTypes.config)
    throw refused("not-a-package", manifest.config.digest, "its configuration is not one of this kind");
  const bytes = await readBlob(draft, named(manifest.config, read), limits.documentBytes);
  const config = parseDocument(bytes, packageConfigSchema, { name: "the configuration", limits });
  const trees = new Set<string>();
  const files = new Set<string>();
  for (const layer of manifest.layers)
    (layer.mediaType === mediaTypes.layer ? trees : files).add(named(layer, read).digest);
  for (const { name, artifact } of config.components)
    if (artifact !== undefined && !trees.has(artifact))
      throw refused(
        "missing-blob",
        artifact,
        `the component ${name} names it, and it is not a layer of the package`,
      );
  const { icon, screenshots, licence } = config.presentation;
  const shown = [icon, licence, ...screenshots].filter((digest) => digest !== undefined);
  for (const digest of shown) checkFile(digest, files, limits.presentationBytes, manifest);
  if (config.sbom !== undefined) checkFile(config.sbom, files, limits.sbomBytes, manifest);
  return config;
}

function checkFile(
  digest: string,
  files: ReadonlySet<string>,
  maxBytes: number,
  manifest: ImageManifest,
): void {
  if (!files.has(digest))
    throw refused("missing-blob", digest, "the configuration names it, and it is not in the package");
  const size = manifest.layers.find((layer) => layer.digest === digest)?.size ?? 0;
  if (size > maxBytes) throw refused("limit", digest, `a file of this kind has at most ${maxBytes} bytes`);
}

/** A signature that is not right is no missing one: somebody changed the package, or the signature. */
async function readSignatures(
  digest: string,
  manifests: readonly { readonly descriptor: Descriptor; readonly manifest: ImageManifest }[],
  read: Read,
): Promise<readonly SignedBy[]> {
  if (manifests.length > read.limits.signatures)
    throw refused("limit", "index.json", `there are more than ${read.limits.signatures} signatures`);
  const signedBy: SignedBy[] = [];
  for (const { descriptor, manifest } of manifests) {
    const [layer, ...more] = manifest.layers;
    const isOurs =
      manifest.artifactType === artifactTypes.signature && layer?.mediaType === mediaTypes.signature;
    if (!isOurs || more.length > 0 || manifest.subject === undefined)
      throw refused(
        "not-a-package",
        descriptor.digest,
        "the index names something that is neither the package nor a signature",
      );
    named(manifest.config, read);
    const bytes = await readBlob(read.draft, named(layer, read), 4096);
    const signature = parseDocument(bytes, signatureSchema, { name: "the signature", limits: read.limits });
    if (manifest.subject.digest !== digest)
      throw refused("signature", signature.keyId, "the signature is of another package");
    if (!isSignatureOf(signature, digest, signature.publicKey))
      throw refused(
        "signature",
        signature.keyId,
        "the signature is not right: it was made by another key or of another content",
      );
    signedBy.push({ keyId: signature.keyId, publicKey: signature.publicKey });
  }
  return signedBy;
}

/** Trees that the components use, each once. */
export function treesOf(config: PackageConfig): readonly string[] {
  return [...new Set(config.components.flatMap(({ artifact }) => artifact ?? []))];
}

/** Blobs that are shown, each once. */
export function filesOf({
  presentation,
  sbom,
}: Pick<PackageConfig, "presentation" | "sbom">): readonly string[] {
  const { icon, licence, screenshots } = presentation;
  return [...new Set([icon, licence, sbom, ...screenshots].filter((digest) => digest !== undefined))];
}
