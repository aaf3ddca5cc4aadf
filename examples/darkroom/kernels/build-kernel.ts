import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Entries of the kernel package, `assembly/NAME.ts`; each becomes one module. */
export type KernelName = "fusion" | "radiance" | "panorama" | "jpeg" | "album";

const sourceFolder = join(import.meta.dirname, "assembly");
/** What was compiled is kept by what it was made of. */
const cacheFolder = join(import.meta.dirname, "../../../.cache/kernels");
const compiler = join(fileURLToPath(import.meta.resolve("assemblyscript")), "../../bin/asc.js");
const options = ["--runtime", "stub", "-O3", "--enable", "simd", "--use", "abort="];

/**
 * Compiles one entry of `assembly/` to a module without imports, of at most `maxPages` pages of 64 KiB. The same sources give
 * the same bytes, so they are compiled once. Rejects with the compiler's own words when they do not compile.
 */
export async function buildKernel(entry: KernelName, maxPages = 4096): Promise<Uint8Array<ArrayBuffer>> {
  const words = [`${entry}.ts`, "--maximumMemory", String(maxPages), ...options];
  const cached = join(cacheFolder, `${sourceHash(words)}.wasm`);
  try {
    return new Uint8Array(await readFile(cached));
  } catch {
    await compile(words, cached);
    return new Uint8Array(await readFile(cached));
  }
}

/** Into place whole: several processes may compile the same kernel. */
async function compile(words: readonly string[], target: string): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true });
  const scratch = await mkdtemp(join(cacheFolder, "scratch-"));
  try {
    const binary = join(scratch, "kernel.wasm");
    // A process of its own: the compiler takes some hundred megabytes, and gives them back this way.
    await promisify(execFile)(process.execPath, [compiler, ...words, "--outFile", binary], {
      cwd: sourceFolder,
    });
    await rename(binary, target);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** SHA-256 over compiler, options and all sources. */
function sourceHash(words: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(words));
  hash.update(readFileSync(join(compiler, "../../package.json")));
  const names = readdirSync(sourceFolder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  for (const name of names.toSorted()) {
    const text = readFileSync(join(sourceFolder, name));
    hash.update(`${name}\0${text.length}\0`).update(text);
  }
  return hash.digest("hex");
}
