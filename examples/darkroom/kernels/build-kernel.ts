import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Entries of the kernel package, `assembly/NAME.ts`; each becomes one module. */
export type KernelName = "fusion" | "radiance" | "panorama" | "jpeg" | "album";

const sourceFolder = join(import.meta.dirname, "assembly");
const compiler = join(fileURLToPath(import.meta.resolve("assemblyscript")), "../../bin/asc.js");
const options = ["--runtime", "stub", "-O3", "--enable", "simd", "--use", "abort="];

/**
 * Compiles one entry of `assembly/` to a module without imports, of at most `maxPages` pages of 64 KiB. The same sources give
 * the same bytes. Rejects with the compiler's own words when they do not compile.
 */
export async function buildKernel(entry: KernelName, maxPages = 4096): Promise<Uint8Array<ArrayBuffer>> {
  const scratch = await mkdtemp(join(tmpdir(), "kernel-"));
  try {
    const binary = join(scratch, "kernel.wasm");
    const memory = ["--maximumMemory", String(maxPages)];
    // A process of its own: the compiler takes some hundred megabytes, and gives them back this way.
    await promisify(execFile)(
      process.execPath,
      [compiler, `${entry}.ts`, "--outFile", binary, ...memory, ...options],
      { cwd: sourceFolder },
    );
    return new Uint8Array(await readFile(binary));
  } finally {
    await rm(scratch, { recursive: true });
  }
}
