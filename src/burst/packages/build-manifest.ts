import type { KernelManifest } from "#api/burst-package.ts";
import type { Sha256 } from "../task.ts";
import { parseManifest } from "./manifest.ts";

/** What an author writes; the files' hashes and sizes are added. */
export type ManifestSource = Omit<KernelManifest, "apiVersion" | "files">;

/** The manifest's text, equal for equal files: keys in order, two spaces. Throws what `parseManifest` throws. */
export async function buildManifest(
  source: ManifestSource,
  files: ReadonlyMap<string, Uint8Array>,
  sha256: Sha256,
): Promise<string> {
  const pinned: Record<string, { sha256: string; bytes: number }> = {};
  for (const name of [...files.keys()].toSorted()) {
    const bytes = files.get(name) ?? new Uint8Array();
    pinned[name] = { sha256: await sha256(bytes), bytes: bytes.length };
  }
  const { name, version, level } = source;
  const functions = Object.fromEntries(
    Object.entries(source.functions).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
  const manifest: KernelManifest = {
    apiVersion: "vdc.kernels/1",
    name,
    version,
    level,
    files: pinned,
    functions,
  };
  const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
  parseManifest(text);
  return text;
}
