import { resolve } from "node:path";
import { z } from "zod";
import { VdcError } from "#api/errors.ts";
import { newSigningKey, publicKeyText, signManifest, type SigningKey } from "#burst/packages/signature.ts";
import type { BuiltKernels, CliKernelTools } from "#cli/kernel-ports.ts";
import { readText } from "#drivers/local-files/local-files.ts";
import { writeNewFile } from "#drivers/package-files/new-file.ts";
import { parsedJson, readKernelFolder } from "./kernel-folder.ts";

const keySchema = z.strictObject({ publicKey: z.string(), privateKey: z.string() });
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
      return publicKeyText(key.publicKey);
    },
  };
}

async function build(folder: string, cwd: string): Promise<BuiltKernels> {
  const { hash, text, manifest, files } = await readKernelFolder(folder);
  return {
    hash,
    manifest: text,
    name: manifest.name,
    version: manifest.version,
    functions: Object.keys(manifest.functions),
    files: [...files].map(([name, bytes]) => ({
      name,
      sha256: manifest.files[name]?.sha256 ?? "",
      bytes,
    })),
    sign: async (keyFile) => await signManifest(text, await signingKey(resolve(cwd, keyFile))),
  };
}

async function signingKey(file: string): Promise<SigningKey> {
  const found = await readText(file, maxKeyBytes);
  if (found === undefined) throw new VdcError("not-found", `There is no file ${file}.`);
  return parsedJson(file, found.text, keySchema);
}
