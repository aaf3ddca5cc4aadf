import { VdcError } from "#api/errors.ts";
import type { KernelManifest } from "#api/burst-package.ts";
import { admitModule } from "../kernel/admit-module.ts";
import { ModuleFault } from "../kernel/module-reader.ts";
import type { WasmModule } from "../kernel/web-assembly.ts";
import type { Sha256 } from "../task.ts";
import { compareVersions } from "./manifest.ts";

/** Throws `VdcError` `forbidden` when these bytes are not the file that the manifest pins. */
export async function checkFile(
  manifest: KernelManifest,
  name: string,
  bytes: Uint8Array,
  sha256: Sha256,
): Promise<void> {
  const pinned = Object.hasOwn(manifest.files, name) ? manifest.files[name] : undefined;
  if (pinned === undefined) throw new VdcError("forbidden", `The package has no file ${name.slice(0, 100)}.`);
  if (bytes.length !== pinned.bytes || (await sha256(bytes)) !== pinned.sha256)
    throw new VdcError("forbidden", `The package's file ${name} is not the one that its manifest pins.`);
}

/** Compiles a file of a package of level `wasm`, which `checkFile` has passed. Throws `VdcError` `forbidden` with what is wrong. */
export function admitFile(
  manifest: KernelManifest,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): WasmModule {
  const functions = Object.entries(manifest.functions).filter(([, { file }]) => file === name);
  // Each function of a module shares its memory's bound, so the smallest is what may be declared.
  const memoryBytes = Math.min(...functions.map(([, { memoryBytes: bound }]) => bound));
  try {
    return admitModule(bytes, { functions: functions.map(([fn]) => fn), memoryBytes });
  } catch (error) {
    if (!(error instanceof ModuleFault)) throw error;
    throw new VdcError("forbidden", `The package's file ${name} is not admitted: ${error.message}.`, {
      cause: error,
    });
  }
}

/**
 * An older version than the newest one seen of its name may have the holes that the newer one closed: it is refused for new jobs, unless somebody asks for it by
 * `mayGoBack`. Throws `VdcError` `precondition-failed`.
 */
export function checkNoRollback(
  manifest: Pick<KernelManifest, "name" | "version">,
  newestSeen: string | undefined,
  mayGoBack: boolean,
): void {
  if (mayGoBack || newestSeen === undefined || compareVersions(manifest.version, newestSeen) >= 0) return;
  throw new VdcError(
    "precondition-failed",
    `Version ${manifest.version} of ${manifest.name} is older than ${newestSeen}, which was seen here already; an owner may go back with --allow-older.`,
  );
}
