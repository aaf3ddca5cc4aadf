import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { kernelManifestSchema, type KernelManifest } from "#api/burst-package.ts";
import { VdcError } from "#api/errors.ts";
import { admitFile } from "#burst/packages/admit-package.ts";
import { buildManifest } from "#burst/packages/build-manifest.ts";
import { manifestHash, parseManifest } from "#burst/packages/manifest.ts";
import { newSigningKey, signManifest, type SigningKey } from "#burst/packages/signature.ts";
import type { BuiltKernels, CliKernelTools } from "#cli/kernel-ports.ts";
import { readText } from "#drivers/local-files/local-files.ts";
import { writeNewFile } from "#drivers/package-files/new-file.ts";
import { sha256 } from "#main/worker/machine.ts";

/** What an author writes beside the modules. */
const sourceFile = "kernels.json";
const sourceSchema = kernelManifestSchema.omit({ apiVersion: true, files: true });
const keySchema = z.strictObject({ publicKey: z.string(), privateKey: z.string() });
const maxSourceBytes = 512 * 1024;
const maxKeyBytes = 4_096;

export function createKernelTools(cwd: string): CliKernelTools {
  return {
    build: async (folder) => await build(resolve(cwd, folder), cwd),
    keygen: async (file) => {
      const key = await newSigningKey();
      await writeNewFile(resolve(cwd, file), Buffer.from(`${JSON.stringify(key)}\n`), {
        mode: 0o600,
        durable: true,
      });
      return key.publicKey;
    },
  };
}

async function build(folder: string, cwd: string): Promise<BuiltKernels> {
  const source = await readJson(join(folder, sourceFile), maxSourceBytes, sourceSchema);
  const names = new Set(Object.values(source.functions).map(({ file }) => file));
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of names) {
    // The name becomes a path here, before the manifest is parsed.
    if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(name))
      throw new VdcError("invalid", "A file's name is not plain.");
    files.set(name, new Uint8Array(await read(join(folder, name))));
  }
  const text = await buildManifest(source, files, sha256);
  const manifest = parseManifest(text);
  if (manifest.level === "wasm") for (const [name, bytes] of files) admitFile(manifest, name, bytes);
  return {
    hash: await manifestHash(text, sha256),
    name: manifest.name,
    version: manifest.version,
    functions: Object.keys(manifest.functions),
    files: filesOf(manifest, files),
    sign: async (keyFile) => await signManifest(text, await signingKey(resolve(cwd, keyFile))),
  };
}

function filesOf(manifest: KernelManifest, files: ReadonlyMap<string, Uint8Array>): BuiltKernels["files"] {
  return Object.entries(manifest.files).map(([name, { sha256: hash }]) => ({
    name,
    sha256: hash,
    bytes: files.get(name) ?? new Uint8Array(),
  }));
}

async function signingKey(file: string): Promise<SigningKey> {
  return await readJson(file, maxKeyBytes, keySchema);
}

async function readJson<T>(file: string, maxBytes: number, schema: z.ZodType<T>): Promise<T> {
  const found = await readText(file, maxBytes);
  if (found === undefined) throw new VdcError("not-found", `There is no file ${file}.`);
  let value: unknown;
  try {
    value = JSON.parse(found.text);
  } catch (error) {
    throw new VdcError("invalid", `${file} is no JSON.`, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new VdcError("invalid", `${file}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong"}.`);
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new VdcError("not-found", `The file ${file} cannot be read.`, { cause: error });
  }
}
