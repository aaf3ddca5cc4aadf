import { VdcError } from "#api/errors.ts";
import { manifestSchema, type Manifest } from "#api/manifest.ts";
import { parseInput } from "#api/validate.ts";
import { readCompose, type ComposeFile } from "./compose/read-compose.ts";
import type { SourceFolder } from "./disk.ts";
import { maxYamlBytes, readYaml } from "./yaml.ts";

export const manifestFile = "vdc-app.yaml";
/** Names of Compose files, as its specification orders them. */
export const composeFiles = [
  "compose.yaml",
  "compose.yml",
  "docker-compose.yaml",
  "docker-compose.yml",
] as const;

export interface SourceFiles {
  /** Undefined: the Compose file alone, to be wrapped. */
  readonly manifest: Manifest | undefined;
  readonly composeName: string;
  readonly compose: ComposeFile;
}

/** Reads the two files that say what a package is. `composeFile`: this Compose file, whether or not there is a manifest. */
export async function readSource(
  source: SourceFolder,
  composeFile: string | undefined,
): Promise<SourceFiles> {
  const manifestBytes = composeFile === undefined ? await source.read(manifestFile, maxYamlBytes) : undefined;
  const manifest = manifestBytes === undefined ? undefined : parseManifest(manifestBytes);
  const composeName = manifest?.compose ?? composeFile ?? (await findCompose(source));
  const bytes = await source.read(composeName, maxYamlBytes);
  if (bytes === undefined)
    throw new VdcError(
      "invalid",
      `There is no ${composeName} in the folder${manifest === undefined ? "" : `, and ${manifestFile} names it`}.`,
    );
  const readText = async (path: string) => {
    const text = await source.read(path, maxYamlBytes);
    return text === undefined ? undefined : Buffer.from(text).toString("utf8");
  };
  return { manifest, composeName, compose: await readCompose(bytes, composeName, readText) };
}

/** Throws `invalid` that names every wrong field and the nearest known one. */
export function parseManifest(bytes: Uint8Array): Manifest {
  return parseInput(manifestSchema, readYaml(bytes, manifestFile), manifestFile);
}

async function findCompose(source: SourceFolder): Promise<string> {
  const names = new Set((await source.list(""))?.map(({ name }) => name));
  const found = composeFiles.find((name) => names.has(name));
  if (found !== undefined) return found;
  throw new VdcError(
    "invalid",
    `There is neither ${manifestFile} nor a Compose file (${composeFiles[0]}) in the folder; \`vdc package init\` writes them.`,
  );
}
