import type { SignedManifest } from "#api/burst-package.ts";

/** A kernel package that was built of a folder of this machine. */
export interface BuiltKernels {
  /** What graphs name it by. */
  readonly hash: string;
  /** The manifest's exact text. */
  readonly manifest: string;
  readonly name: string;
  readonly version: string;
  readonly functions: readonly string[];
  readonly files: readonly { readonly name: string; readonly sha256: string; readonly bytes: Uint8Array }[];
  /** Signs it with the key of a file. */
  sign(keyFile: string): Promise<SignedManifest>;
}

/** `vdc kernels` on the files of this machine. Made in `src/main/cli-kernel-tools.ts`. */
export interface CliKernelTools {
  /** Reads `kernels.json`, or a `manifest.json` that is made already, and the files that it names, and admits them as a worker would. Throws `VdcError` with what is wrong. */
  build(folder: string): Promise<BuiltKernels>;
  /** Writes a new key, readable by its owner alone; answers the public one (`ed25519:` and base64). Throws when the file is there. */
  keygen(file: string): Promise<string>;
}
