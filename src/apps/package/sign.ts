import { writeArchive, type Blob } from "./archive-write.ts";
import { readArchive } from "./archive.ts";
import type { PackageDraft } from "./disk.ts";
import { parseDocument } from "./documents.ts";
import {
  artifactTypes,
  digestOf,
  emptyDocument,
  hexOf,
  indexSchema,
  mediaTypes,
  type Descriptor,
} from "./format.ts";
import { readImage } from "./image.ts";
import { packageLimits } from "./limits.ts";
import { signDigest, type Signature } from "./signature.ts";
import { canonicalJson } from "#lib/json.ts";

/**
 * Writes the archive anew with one signature more: an image manifest whose `subject` is the package (OCI image-spec 1.1). The
 * package's own digest stays what it is. A signature that the same key made before is replaced.
 */
export async function signPackage(options: {
  readonly archive: AsyncIterable<Uint8Array>;
  readonly draft: PackageDraft;
  readonly privateKeyPem: string;
  readonly write: (chunks: AsyncIterable<Uint8Array>) => Promise<void>;
}): Promise<{ readonly digest: string; readonly signature: Signature }> {
  const { draft } = options;
  const read = await readArchive(options.archive, draft, packageLimits);
  const image = await readImage(read, draft, packageLimits);
  const index = parseDocument(read.index, indexSchema, { name: "index.json", limits: packageLimits });
  const app = index.manifests.find(({ digest }) => digest === image.digest);
  const signature = signDigest(image.digest, options.privateKeyPem);
  const before = index.manifests.filter(
    (one) => one !== app && one.annotations?.[keyAnnotation] !== signature.keyId,
  );
  const kept = await blobsOf([image.digest, ...before.map(({ digest }) => digest)], read.blobs, draft);
  const made = signatureBlobs(signature, {
    mediaType: mediaTypes.manifest,
    digest: image.digest,
    size: app?.size ?? 0,
  });
  const blobs = new Map([...kept, ...made.blobs].map((blob) => [blob.descriptor.digest, blob]));
  const subject: Descriptor = {
    mediaType: mediaTypes.manifest,
    digest: image.digest,
    size: app?.size ?? 0,
    artifactType: artifactTypes.app,
  };
  await options.write(writeArchive(subject, [...blobs.values()], [...before, made.descriptor]));
  return { digest: image.digest, signature };
}

const keyAnnotation = "vdc.signature.key";

function signatureBlobs(
  signature: Signature,
  subject: Descriptor,
): { readonly blobs: readonly Blob[]; readonly descriptor: Descriptor } {
  const empty = blobOf(emptyDocument, mediaTypes.empty);
  const own = blobOf(canonicalJson(signature), mediaTypes.signature);
  const manifest = blobOf(
    canonicalJson({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      artifactType: artifactTypes.signature,
      config: empty.descriptor,
      layers: [own.descriptor],
      subject,
    }),
    mediaTypes.manifest,
  );
  const descriptor = {
    ...manifest.descriptor,
    artifactType: artifactTypes.signature,
    annotations: { [keyAnnotation]: signature.keyId },
  };
  return { blobs: [empty, own, manifest], descriptor };
}

function blobOf(text: string, mediaType: string): Blob {
  const bytes = Buffer.from(text);
  const content = async function* () {
    yield bytes;
  };
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, content };
}

/** All blobs of the archive but those of a signature that is replaced. */
async function blobsOf(
  manifests: readonly string[],
  sizes: ReadonlyMap<string, number>,
  draft: PackageDraft,
): Promise<readonly Blob[]> {
  const wanted = new Set<string>();
  for (const digest of manifests) {
    wanted.add(digest);
    const parts: Uint8Array[] = [];
    for await (const part of draft.readBlob(hexOf(digest))) parts.push(part);
    for (const [found] of Buffer.concat(parts)
      .toString("utf8")
      .matchAll(/sha256:[0-9a-f]{64}/g))
      wanted.add(found);
  }
  return [...wanted].flatMap((digest) => {
    const size = sizes.get(hexOf(digest));
    if (size === undefined) return [];
    return [{ descriptor: { mediaType: "", digest, size }, content: () => draft.readBlob(hexOf(digest)) }];
  });
}
