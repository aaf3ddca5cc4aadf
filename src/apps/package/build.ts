import { createHash } from "node:crypto";
import { VdcError } from "#api/errors.ts";
import type { Component, Manifest } from "#api/manifest.ts";
import { canonicalJson, type Json } from "#lib/json.ts";
import { writeArchive, type Blob } from "./archive-write.ts";
import { checkManifest } from "./check-manifest.ts";
import type { Scratch, SourceFolder } from "./disk.ts";
import {
  artifactTypes,
  digestOf,
  mediaTypes,
  packageConfigSchema,
  type Descriptor,
  type PackageConfig,
} from "./format.ts";
import { ignoreRules } from "./ignore.ts";
import { gatherLayer, type Layer } from "./layer.ts";
import { packageLimits } from "./limits.ts";
import { mediaTypeOf } from "./media-type.ts";
import { makeSbom } from "./sbom.ts";
import { readSource, type SourceFiles } from "./source.ts";
import { FileChangedError, writeTar } from "./tar-write.ts";
import { wrapCompose } from "./wrap.ts";

export interface BuildOptions {
  readonly source: SourceFolder;
  readonly scratch: Scratch;
  /** This Compose file of the folder, wrapped into a manifest; absent: vdc-app.yaml, else the folder's Compose file. */
  readonly composeFile?: string;
  /** Name for a Compose file that has none: the folder's. */
  readonly folderName: string;
  /** Takes the archive. */
  readonly write: (chunks: AsyncIterable<Uint8Array>) => Promise<void>;
}

export interface BuiltPackage {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly manifest: Manifest;
  readonly components: readonly Component[];
  /** By component: its files and their bytes. */
  readonly layers: readonly {
    readonly component: string;
    readonly digest?: string;
    readonly files: number;
    readonly bytes: number;
  }[];
  /** Probably not wanted: a secret that is packed. */
  readonly warnings: readonly string[];
  /** How Compose's words were taken. */
  readonly notes: readonly string[];
}

interface PackedLayer extends Layer {
  readonly component: string;
  readonly descriptor?: Descriptor;
}

/**
 * Builds a package from a folder. The same files give the same archive, byte for byte: it depends on names, contents and the bit
 * that makes a file executable, and on nothing else of the machine. Nothing of the folder is run. Throws `invalid`.
 */
export async function buildPackage(options: BuildOptions): Promise<BuiltPackage> {
  const { source, scratch } = options;
  const read = await readSource(source, options.composeFile);
  const ignore = ignoreRules((await readOptional(source, ".vdcignore")) ?? "");
  const layers: PackedLayer[] = [];
  for (const plan of read.compose.components) {
    const layer = await gatherLayer(plan.layer, { source, ignore, limits: packageLimits });
    layers.push({
      ...layer,
      component: plan.component.name,
      ...(await pack(plan.component.name, layer, scratch)),
    });
  }
  const manifest = manifestOf(read, layers, options.folderName);
  const blobs = new Map<string, Blob>();
  for (const { component, descriptor } of layers)
    if (descriptor !== undefined)
      blobs.set(descriptor.digest, { descriptor, content: () => scratch.read(layerName(component)) });
  const config = await configOf(manifest, read, layers, { source, blobs });
  const digest = addManifests(manifest, config, blobs);
  const written = { bytes: 0 };
  await options.write(counted(writeArchive(digest, [...blobs.values()]), written));
  return {
    digest: digest.digest,
    sizeBytes: written.bytes,
    manifest,
    components: config.components,
    layers: layers.map(({ component, descriptor, files, bytes }) => ({
      component,
      ...(descriptor === undefined ? {} : { digest: descriptor.digest }),
      files,
      bytes,
    })),
    warnings: [...new Set(layers.flatMap(({ warnings }) => warnings))],
    notes: read.compose.notes,
  };
}

async function pack(
  component: string,
  layer: Layer,
  scratch: Scratch,
): Promise<{ readonly descriptor?: Descriptor }> {
  if (layer.items.length === 0) return {};
  const hash = createHash("sha256");
  let size = 0;
  const chunks = async function* () {
    for await (const chunk of writeTar(layer.items)) {
      hash.update(chunk);
      size += chunk.byteLength;
      yield chunk;
    }
  };
  try {
    await scratch.write(layerName(component), chunks());
  } catch (cause) {
    if (!(cause instanceof FileChangedError)) throw cause;
    throw new VdcError("conflict", `${cause.path} changed while it was packed; build again.`, { cause });
  }
  return { descriptor: { mediaType: mediaTypes.layer, digest: `sha256:${hash.digest("hex")}`, size } };
}

function layerName(component: string): string {
  return `layer-${component}`;
}

function manifestOf(read: SourceFiles, layers: readonly PackedLayer[], folderName: string): Manifest {
  const { compose, composeName, manifest } = read;
  const digests = layers.map(({ descriptor }) => descriptor?.digest ?? "");
  const made =
    manifest ??
    wrapCompose(
      compose.name ?? folderName,
      { fileName: composeName, components: compose.components },
      digests,
    );
  checkManifest(made, compose.components, manifest === undefined ? composeName : "vdc-app.yaml");
  return made;
}

async function configOf(
  manifest: Manifest,
  read: SourceFiles,
  layers: readonly PackedLayer[],
  to: { readonly source: SourceFolder; readonly blobs: Map<string, Blob> },
): Promise<PackageConfig> {
  const show = async (path: string | undefined, what: "image" | "text") =>
    path === undefined ? undefined : addBlob(await shownFile(to.source, path, what), to.blobs);
  const icon = await show(manifest.icon, "image");
  const licence = await show(manifest.licence?.file, "text");
  const screenshots: string[] = [];
  for (const { file } of manifest.screenshots) screenshots.push((await show(file, "image")) ?? "");
  const components = read.compose.components.map(({ component }, at) => {
    const artifact = layers[at]?.descriptor?.digest;
    return artifact === undefined ? component : { ...component, artifact };
  });
  const described = read.compose.components.flatMap(({ component, labels }, at) => {
    const layer = layers[at];
    return layer === undefined ? [] : [{ name: component.name, layer, labels }];
  });
  const sbom = addBlob({ bytes: await makeSbom(manifest, described), mediaType: mediaTypes.sbom }, to.blobs);
  return packageConfigSchema.parse({
    manifest,
    components,
    presentation: {
      ...(icon === undefined ? {} : { icon }),
      ...(licence === undefined ? {} : { licence }),
      screenshots,
    },
    sbom,
    wrapped: read.manifest === undefined,
  });
}

async function shownFile(
  source: SourceFolder,
  path: string,
  what: "image" | "text",
): Promise<{ readonly bytes: Uint8Array; readonly mediaType: string }> {
  const bytes = await source.read(path, packageLimits.presentationBytes);
  if (bytes === undefined)
    throw new VdcError("invalid", `vdc-app.yaml names ${path}, and there is no such file.`);
  const mediaType = mediaTypeOf(bytes);
  if (mediaType.startsWith(what)) return { bytes, mediaType };
  throw new VdcError(
    "invalid",
    `${path} is not ${what === "image" ? "a picture (PNG, JPEG, WebP, GIF, AVIF or SVG)" : "a text"}.`,
  );
}

/** Everything that is not a layer: the configuration, then the image manifest, whose digest is the package's. */
function addManifests(manifest: Manifest, config: PackageConfig, blobs: Map<string, Blob>): Descriptor {
  const layers = [...blobs.values()].map(({ descriptor }) => descriptor);
  const configDigest = addBlob({ bytes: json(config), mediaType: mediaTypes.config }, blobs);
  const image = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: artifactTypes.app,
    config: blobs.get(configDigest)?.descriptor,
    layers: layers.toSorted((a, b) => (a.digest < b.digest ? -1 : 1)),
    annotations: {
      "org.opencontainers.image.title": manifest.id,
      "org.opencontainers.image.version": manifest.version,
    },
  };
  const digest = addBlob({ bytes: json(image), mediaType: mediaTypes.manifest }, blobs);
  const descriptor = blobs.get(digest)?.descriptor ?? { mediaType: mediaTypes.manifest, digest, size: 0 };
  return { ...descriptor, artifactType: artifactTypes.app };
}

function addBlob(
  { bytes, mediaType }: { readonly bytes: Uint8Array; readonly mediaType: string },
  blobs: Map<string, Blob>,
): string {
  const digest = digestOf(bytes);
  const content = async function* () {
    yield bytes;
  };
  blobs.set(digest, { descriptor: { mediaType, digest, size: bytes.byteLength }, content });
  return digest;
}

function json(value: unknown): Uint8Array {
  return Buffer.from(canonicalJson(value as Json)); // what is given is parsed by schemas of JSON
}

async function readOptional(source: SourceFolder, path: string): Promise<string | undefined> {
  const bytes = await source.read(path, 1024 * 1024);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  written: { bytes: number },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    written.bytes += chunk.byteLength;
    yield chunk;
  }
}
