import { hash } from "node:crypto";
import type { Attribution } from "#api/actor.ts";
import type { SignedManifest } from "#api/burst-package.ts";
import { signedManifestSchema } from "#api/burst-package.ts";
import { VdcError } from "#api/errors.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { BurstJobs } from "#store/burst-jobs.ts";
import { admitFile, checkFile, checkNoRollback } from "../packages/admit-package.ts";
import { compareVersions, manifestHash, parseManifest } from "../packages/manifest.ts";
import { publicKeyText, verifySignature } from "../packages/signature.ts";
import type { BlobStore } from "./blob-store.ts";

const sha256 = (bytes: Uint8Array): string => hash("sha256", bytes);

/** A package that somebody wants a project to have. */
export interface Admission {
  readonly project: string;
  readonly projectId: string;
  readonly signed: SignedManifest;
  /** Public keys whose packages the project takes, as people see them: `ed25519:` and base64. */
  readonly trusted: readonly string[];
  /** Whether it may be older than the newest version seen of its name. */
  readonly mayGoBack: boolean;
}

export interface PackageParts {
  readonly jobs: BurstJobs;
  readonly blobs: BlobStore | undefined;
  readonly clock: Clock;
}

/** Kernel packages of projects: sent file by file, judged, and given to workers. */
export class PackageFiles {
  readonly #parts: PackageParts;

  constructor(parts: PackageParts) {
    this.#parts = parts;
  }

  async putFile(
    projectId: string,
    bytes: Buffer,
    by: Attribution,
  ): Promise<{ sha256: string; bytes: number }> {
    const { jobs, clock } = this.#parts;
    const name = sha256(bytes);
    await jobs.putFile(by, { projectId, kind: "file", hash: name, bytes }, isoTime(clock.now()));
    return { sha256: name, bytes: bytes.length };
  }

  async file(projectId: string, name: string): Promise<Buffer> {
    const bytes = await this.#parts.jobs.file({ projectId, kind: "file", hash: name });
    if (bytes === undefined)
      throw new VdcError("not-found", `The file ${name} was not sent to this project.`);
    return bytes;
  }

  /**
   * Judges the package as every worker does again before it calls it, and answers its hash. Throws `VdcError` `forbidden` for a key that is not trusted and for a module
   * that is not admitted, `precondition-failed` for an older version than was seen, `not-found` for a file that was not sent.
   */
  async admit(
    { project, projectId, signed, trusted, mayGoBack }: Admission,
    by: Attribution,
  ): Promise<string> {
    const { jobs, blobs, clock } = this.#parts;
    await verifySignature(signed, undefined);
    requireTrust(signed, trusted, project);
    const manifest = parseManifest(signed.manifest);
    for (const [name, pinned] of Object.entries(manifest.files)) {
      const bytes = Uint8Array.from(await this.file(projectId, pinned.sha256));
      await checkFile(manifest, name, bytes, sha256);
      // Code of the other levels runs in sandboxes alone, on machines whose owners trust the key themselves.
      if (manifest.level === "wasm") admitFile(manifest, name, bytes);
      await blobs?.put(projectId, pinned.sha256, bytes);
    }
    const { name, version } = manifest;
    const id = await manifestHash(signed.manifest, sha256);
    const stored = Buffer.from(JSON.stringify(signed), "utf8");
    await jobs.transact(by, async (rows, records) => {
      const seen = await rows.newestVersion(projectId, name);
      checkNoRollback(manifest, seen, mayGoBack);
      const newest = seen !== undefined && compareVersions(seen, version) > 0 ? seen : version;
      const admitted = { projectId, hash: id, name, newest, manifest: stored };
      await rows.putPackage(admitted, isoTime(clock.now()));
      const target = { kind: "kernels", project, name: `${name}@${version}`, id };
      records.audit({ verb: "admit", target, outcome: "done" });
    });
    return id;
  }

  async manifest(projectId: string, name: string): Promise<SignedManifest> {
    const bytes = await this.#parts.jobs.file({ projectId, kind: "manifest", hash: name });
    if (bytes === undefined)
      throw new VdcError("not-found", `The package ${name} was not admitted in this project.`);
    return signedManifestSchema.parse(JSON.parse(bytes.toString("utf8")));
  }

  /** What a worker is told: the signed manifest, and where its files are. Without an object store these are paths of the API, for the worker's own credential. */
  async addresses(
    { project, projectId }: { readonly project: string; readonly projectId: string },
    name: string,
  ): Promise<{ readonly manifest: string; readonly files: Record<string, string> }> {
    const signed = await this.manifest(projectId, name);
    const files = Object.entries(parseManifest(signed.manifest).files);
    const { blobs } = this.#parts;
    const urls = await blobs?.readUrls(
      projectId,
      files.map(([, pinned]) => pinned.sha256),
    );
    const paths = files.map(([file, pinned], index) => [
      file,
      urls?.[index] ?? `/v1/projects/${project}/burst/files/${pinned.sha256}`,
    ]);
    return { manifest: JSON.stringify(signed), files: Object.fromEntries(paths) as Record<string, string> }; // pairs of texts
  }
}

/** Anybody can make a key: a right signature by a key that nobody trusts says nothing. */
function requireTrust({ publicKey }: SignedManifest, trusted: readonly string[], project: string): void {
  const key = publicKeyText(publicKey);
  if (trusted.includes(key)) return;
  throw new VdcError(
    "forbidden",
    `The package is signed by ${key}, which the project ${project} does not trust. ` +
      `If you know whose key it is: vdc kernels trust add ${key} --project ${project}`,
  );
}

/** A body as it comes, whole. Throws `too-large`. */
export async function wholeBody(upload: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of upload) {
    length += chunk.byteLength;
    if (length > maxBytes)
      throw new VdcError("too-large", `This may have at most ${maxBytes / 1_048_576} MiB.`);
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

export const packageFileBytes = 64 * 1024 * 1024;
