import type { Component, Manifest } from "#api/manifest.ts";
import { isJsonObject } from "#lib/json.ts";
import type { PackageDisk } from "./disk.ts";
import { gather } from "./documents.ts";
import type { SignedBy } from "./image.ts";
import { packageLimits } from "./limits.ts";
import { openPackage } from "./open.ts";

export interface InspectedPackage {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly manifest: Manifest;
  readonly components: readonly Component[];
  /** Files, folders and links of all layers. */
  readonly entries: number;
  readonly unpackedBytes: number;
  /** Right signatures, whoever made them. */
  readonly signedBy: readonly SignedBy[];
  /** From the SBOM: what is inside each component. */
  readonly libraries: readonly {
    readonly component: string;
    readonly name: string;
    readonly version: string;
    readonly purl: string;
  }[];
}

/** Reads and verifies a whole archive, and says what is in it. Nothing of it is run, and `disk` keeps nothing of it. */
export async function inspectPackage(
  archive: AsyncIterable<Uint8Array>,
  disk: PackageDisk,
  signal: AbortSignal,
): Promise<InspectedPackage> {
  await using opened = await openPackage(archive, { disk, signal });
  const { config } = opened;
  const sbom =
    config.sbom === undefined
      ? undefined
      : await gather(opened.readBlob(config.sbom), packageLimits.sbomBytes, "the SBOM");
  return {
    digest: opened.digest,
    sizeBytes: opened.sizeBytes,
    manifest: config.manifest,
    components: config.components,
    entries: opened.unpacked.entries,
    unpackedBytes: opened.unpacked.bytes,
    signedBy: opened.signedBy,
    libraries: sbom === undefined ? [] : librariesOf(sbom),
  };
}

/** An SBOM that another builder made may look otherwise: what is not understood is not shown. */
function librariesOf(sbom: Uint8Array): InspectedPackage["libraries"] {
  const parsed = parsedJson(sbom);
  const components = isJsonObject(parsed) && Array.isArray(parsed["components"]) ? parsed["components"] : [];
  return components.flatMap((component: unknown) => {
    if (!isJsonObject(component) || !Array.isArray(component["components"])) return [];
    return component["components"].flatMap((library: unknown) => {
      if (!isJsonObject(library)) return [];
      const { name, version, purl } = library;
      const of = typeof component["name"] === "string" ? component["name"] : "";
      return typeof name === "string" && typeof version === "string" && typeof purl === "string"
        ? [{ component: of, name, version, purl }]
        : [];
    });
  });
}

function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined; // no JSON, so nothing is known of it
  }
}
