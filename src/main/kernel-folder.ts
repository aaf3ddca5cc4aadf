import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { kernelManifestSchema, type KernelManifest } from "#api/burst-package.ts";
import { VdcError } from "#api/errors.ts";
import { admitFile, checkFile } from "#burst/packages/admit-package.ts";
import { buildManifest } from "#burst/packages/build-manifest.ts";
import { manifestHash, parseManifest } from "#burst/packages/manifest.ts";
import { readText } from "#drivers/local-files/local-files.ts";
import { sha256 } from "#main/worker/machine.ts";

/** What an author writes beside the modules. */
const sourceFile = "kernels.json";
const sourceSchema = kernelManifestSchema.omit({ apiVersion: true, files: true });
/** What a build of one's own made of it. */
const manifestFile = "manifest.json";
const maxTextBytes = 512 * 1024;
const wanted = { extra: { remedy: `A folder of kernels holds ${sourceFile} and the files that it names.` } };

/** A kernel package that was found whole in a folder. */
export interface KernelFolder {
  /** Its name in graphs: SHA-256 of `text`. */
  readonly hash: string;
  /** The manifest's exact text. */
  readonly text: string;
  readonly manifest: KernelManifest;
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Reads `kernels.json`, or a `manifest.json` that is made already, with the files that it names, and admits them as a worker would. Throws `VdcError` with what is wrong. */
export async function readKernelFolder(folder: string): Promise<KernelFolder> {
  const source = await readText(join(folder, sourceFile), maxTextBytes);
  const built = source === undefined ? await readText(join(folder, manifestFile), maxTextBytes) : undefined;
  if (source === undefined && built === undefined)
    throw new VdcError(
      "not-found",
      `There is neither ${sourceFile} nor ${manifestFile} in ${folder}.`,
      wanted,
    );
  const read =
    source === undefined ? await readBuilt(folder, built?.text ?? "") : await readSource(folder, source.text);
  const manifest = parseManifest(read.text);
  for (const [name, bytes] of read.files) {
    await checkFile(manifest, name, bytes, sha256);
    if (manifest.level === "wasm") admitFile(manifest, name, bytes);
  }
  return { hash: await manifestHash(read.text, sha256), manifest, ...read };
}

async function readSource(folder: string, text: string): Promise<Pick<KernelFolder, "text" | "files">> {
  const source = parsedJson(join(folder, sourceFile), text, sourceSchema);
  const files = await readFiles(
    folder,
    Object.values(source.functions).map(({ file }) => file),
  );
  return { text: await buildManifest(source, files, sha256), files };
}

async function readBuilt(folder: string, text: string): Promise<Pick<KernelFolder, "text" | "files">> {
  return { text, files: await readFiles(folder, Object.keys(parseManifest(text).files)) };
}

async function readFiles(folder: string, names: readonly string[]): Promise<KernelFolder["files"]> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of new Set(names)) {
    // The name becomes a path here.
    if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(name))
      throw new VdcError("invalid", "A file's name is not plain.");
    files.set(name, new Uint8Array(await readBytes(join(folder, name))));
  }
  return files;
}

/** Throws `invalid` with what is wrong with the text of this file. */
export function parsedJson<T>(file: string, text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new VdcError("invalid", `${file} is no JSON.`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new VdcError("invalid", `${file}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong"}.`);
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new VdcError("not-found", `The file ${file} cannot be read.`, { cause, ...wanted });
  }
}
