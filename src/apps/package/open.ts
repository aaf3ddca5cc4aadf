import { VdcError } from "#api/errors.ts";
import { readArchive } from "./archive.ts";
import type { PackageDisk, PackageDraft } from "./disk.ts";
import { hexOf, type PackageConfig } from "./format.ts";
import { filesOf, readImage, treesOf, type SignedBy } from "./image.ts";
import { packageLimits, type PackageLimits } from "./limits.ts";
import { unpackLayer, type UnpackBudget } from "./unpack.ts";

/** A package that was read to its end, verified and unpacked into a draft. Disposing of it leaves only what was kept. */
export interface OpenedPackage extends AsyncDisposable {
  readonly digest: string;
  /** Bytes of the archive, without transport compression. */
  readonly sizeBytes: number;
  readonly config: PackageConfig;
  readonly signedBy: readonly SignedBy[];
  /** Files and folders in its layers, and their bytes; layers that were kept before are not counted. */
  readonly unpacked: Readonly<UnpackBudget>;
  /** A blob of it, such as the SBOM. */
  readBlob(digest: string): AsyncIterable<Uint8Array>;
  /** Puts layers and shown files where `PackageFiles` finds them, on stable storage. */
  keep(): Promise<void>;
}

/**
 * Reads an archive from outside: every byte is hashed against the digest that names it, every entry checked, nothing is run.
 * Throws `invalid` or `too-large` with the entry and the rule; then nothing of it is left. Layers that the disk has
 * already are not unpacked again: their digest says that they are the same.
 */
export async function openPackage(
  archive: AsyncIterable<Uint8Array>,
  options: { readonly disk: PackageDisk; readonly limits?: PackageLimits; readonly signal?: AbortSignal },
): Promise<OpenedPackage> {
  const { disk, limits = packageLimits, signal } = options;
  const draft = await disk.draft();
  try {
    const read = await readArchive(abortable(archive, signal), draft, limits);
    const { digest, config, signedBy } = await readImage(read, draft, limits);
    const unpacked = await unpackAll(config, draft, { disk, limits, signal });
    return {
      digest,
      sizeBytes: read.sizeBytes,
      config,
      signedBy,
      unpacked,
      readBlob: (wanted) => draft.readBlob(hexOf(wanted)),
      keep: () => keep(digest, config, draft),
      [Symbol.asyncDispose]: () => draft[Symbol.asyncDispose](),
    };
  } catch (error) {
    await draft[Symbol.asyncDispose]();
    throw error;
  }
}

async function unpackAll(
  config: PackageConfig,
  draft: PackageDraft,
  options: {
    readonly disk: PackageDisk;
    readonly limits: PackageLimits;
    readonly signal: AbortSignal | undefined;
  },
): Promise<UnpackBudget> {
  const { disk, limits, signal } = options;
  const budget: UnpackBudget = { entries: 0, bytes: 0 };
  for (const digest of treesOf(config)) {
    const hex = hexOf(digest);
    if ((await disk.tree(hex)) !== undefined) continue;
    const chunks = abortable(draft.readBlob(hex), signal);
    await unpackLayer(chunks, await draft.tree(hex), { limits, budget, what: digest });
  }
  return budget;
}

async function keep(digest: string, config: PackageConfig, draft: PackageDraft): Promise<void> {
  try {
    for (const tree of treesOf(config)) await draft.keepTree(hexOf(tree));
    for (const blob of [...filesOf(config), digest]) await draft.keepBlob(hexOf(blob));
  } catch (cause) {
    // The disk is full, or a layer that was there when the archive was read has been removed since.
    throw new VdcError("unavailable", "The package could not be put on the disk; upload it again.", {
      cause,
    });
  }
}

async function* abortable(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    yield chunk;
  }
}
