import { kernelManifestSchema, type KernelManifest } from "#api/burst-package.ts";
import { webAssembly, type WasmModule } from "#burst/kernel/web-assembly.ts";
import { sha256 } from "./sha256.ts";

/** The package of kernels that this page was built with. */
export interface Kernels {
  /** Hash of the manifest: the package's name in every graph. */
  readonly packageHash: string;
  readonly manifest: KernelManifest;
  readonly manifestText: string;
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** The compiled module that exports a function. Throws for one that the package does not have. */
  moduleOf(fn: string): WasmModule;
}

/** Fetches, verifies and compiles the package. The files come from the shell, so they are there without a network too. */
export async function loadKernels(): Promise<Kernels> {
  const text = await fetchBytes("/kernels/manifest.json");
  const manifestText = new TextDecoder().decode(text);
  const manifest = kernelManifestSchema.parse(JSON.parse(manifestText));
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const modules = new Map<string, WasmModule>();
  for (const [name, { sha256: wanted }] of Object.entries(manifest.files)) {
    const bytes = await fetchBytes(`/kernels/${name}`);
    if ((await sha256(bytes)) !== wanted)
      throw new Error(`The kernel ${name} is not the one that its manifest names.`);
    files.set(name, bytes);
    modules.set(name, new webAssembly.Module(bytes));
  }
  return {
    packageHash: await sha256(text),
    manifest,
    manifestText,
    files,
    moduleOf: (fn) => {
      const module = modules.get(manifest.functions[fn]?.file ?? "");
      if (module === undefined) throw new Error(`The package has no function ${fn}.`);
      return module;
    },
  };
}

async function fetchBytes(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
