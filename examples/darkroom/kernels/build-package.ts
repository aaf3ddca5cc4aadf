import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kernelManifestSchema, type KernelManifest } from "#api/burst-package.ts";
import { webAssembly } from "#burst/kernel/web-assembly.ts";
import { buildKernel, type KernelName } from "./build-kernel.ts";

const version = "1.0.0";
/** Modules of the package, and the most memory that one of their tasks takes, in pages of 64 KiB. */
const modules: Readonly<Partial<Record<KernelName, number>>> = {
  fusion: 3_200,
  radiance: 3_200,
  panorama: 3_200,
  jpeg: 4_096,
};
const pageBytes = 64 * 1024;
const ofTheAbi = new Set(["memory", "allocate", "failure"]);

/**
 * Compiles every kernel and writes the package: `manifest.json`, and the modules that it names. What a module exports is what tasks may call. The same sources give the same
 * manifest, and so the same name. Whoever installs it has it signed.
 */
export async function buildKernels(folder: string): Promise<KernelManifest> {
  mkdirSync(folder, { recursive: true });
  const files: KernelManifest["files"] = {};
  const functions: KernelManifest["functions"] = {};
  for (const [name, pages] of Object.entries(modules)) {
    const bytes = await buildKernel(name as KernelName, pages); // the keys of `modules` are names of kernels
    const file = `${name}.wasm`;
    writeFileSync(join(folder, file), bytes);
    files[file] = { sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
    const exports = webAssembly.Module.exports(new webAssembly.Module(bytes));
    for (const { name: fn, kind } of exports) {
      if (kind !== "function" || ofTheAbi.has(fn)) continue;
      functions[fn] = { file, memoryBytes: pages * pageBytes, deterministic: true, memo: true };
    }
  }
  const manifest = kernelManifestSchema.parse({
    apiVersion: "vdc.kernels/1",
    name: "org.example.darkroom",
    version,
    level: "wasm",
    files,
    functions,
  });
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  return manifest;
}
