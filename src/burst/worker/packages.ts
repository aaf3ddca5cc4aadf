import type { KernelManifest } from "#api/burst-package.ts";
import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import { admitFile, checkFile } from "../packages/admit-package.ts";
import { manifestHash, parseManifest } from "../packages/manifest.ts";
import { parseSignedManifest, verifySignature, type TrustedKeys } from "../packages/signature.ts";
import type { Sha256 } from "../task.ts";
import { workerLimits } from "./limits.ts";
import type { BlobFetch, TaskCode } from "./ports.ts";
import type { SchedulerLink } from "./scheduler-link.ts";
import { getBytes } from "./transfer.ts";

export interface PackagePorts {
  readonly link: SchedulerLink;
  readonly fetch: BlobFetch;
  readonly sha256: Sha256;
  readonly clock: Clock;
  readonly trusted: TrustedKeys;
}

/** A package whose signature was verified; its files follow when a task needs them. */
export interface LoadedPackage {
  readonly manifest: KernelManifest;
  /** Verified, and for level `wasm` admitted and compiled; once for each file. */
  code(fn: string): Promise<TaskCode>;
}

/** Packages that tasks call, verified once each. A hash is never another package, so what was verified stays so. */
export class Packages {
  readonly #ports: PackagePorts;
  readonly #loaded = new Map<string, Promise<LoadedPackage>>();
  readonly #signal: AbortSignal;

  constructor(ports: PackagePorts, signal: AbortSignal) {
    this.#ports = ports;
    this.#signal = signal;
  }

  /** Throws `VdcError` `forbidden` when nobody trusted vouches for it, or a file of it is not admitted. */
  async load(hash: string): Promise<LoadedPackage> {
    const known = this.#loaded.get(hash);
    if (known !== undefined) return await known;
    const loading = this.#load(hash);
    this.#loaded.set(hash, loading);
    if (this.#loaded.size > workerLimits.maxPackages) {
      const oldest = this.#loaded.keys().next();
      if (!oldest.done) this.#loaded.delete(oldest.value);
    }
    return await forgetOnFailure(this.#loaded, hash, loading);
  }

  async #load(hash: string): Promise<LoadedPackage> {
    const { link, sha256, trusted } = this.#ports;
    const { manifest: stored, files = {} } = await link.package(hash);
    if (stored === undefined) throw new VdcError("not-found", "The scheduler has no such package.");
    const signed = parseSignedManifest(stored);
    if ((await manifestHash(signed.manifest, sha256)) !== hash)
      throw new VdcError("forbidden", "The scheduler gave another package than the one that was asked for.");
    await verifySignature(signed, trusted);
    const manifest = parseManifest(signed.manifest);
    if (manifest.level !== "wasm" && trusted === undefined)
      throw new VdcError("forbidden", `No key is trusted here for packages of level ${manifest.level}.`);
    const codes = new Map<string, Promise<TaskCode>>();
    return {
      manifest,
      code: async (fn) => {
        const file = fileOf(manifest, fn);
        const known = codes.get(file);
        if (known !== undefined) return await known;
        const loading = this.#code(manifest, file, files[file]);
        codes.set(file, loading);
        loading.catch(() => this.#loaded.delete(hash)); // its addresses may be too old
        return await forgetOnFailure(codes, file, loading);
      },
    };
  }

  async #code(manifest: KernelManifest, file: string, url: string | undefined): Promise<TaskCode> {
    const pinned = manifest.files[file];
    if (pinned === undefined || url === undefined)
      throw new VdcError("not-found", `The scheduler knows no address of the package's file ${file}.`);
    const bytes = await getBytes(this.#ports, url, pinned.bytes, this.#signal);
    await checkFile(manifest, file, bytes, this.#ports.sha256);
    if (manifest.level === "wasm") return { level: "wasm", module: admitFile(manifest, file, bytes) };
    return { level: manifest.level, hash: pinned.sha256, bytes };
  }
}

function fileOf(manifest: KernelManifest, fn: string): string {
  const found = Object.hasOwn(manifest.functions, fn) ? manifest.functions[fn] : undefined;
  if (found === undefined) throw new VdcError("not-found", `The package has no function ${fn.slice(0, 64)}.`);
  return found.file;
}

/** The next call tries again. */
async function forgetOnFailure<T>(
  kept: Map<string, Promise<T>>,
  key: string,
  loading: Promise<T>,
): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    if (kept.get(key) === loading) kept.delete(key);
    throw error;
  }
}
