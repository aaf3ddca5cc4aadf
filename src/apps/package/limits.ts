/** What one archive may be. A package that passes a limit is refused with the limit's name; nothing of it stays. */
export interface PackageLimits {
  /** Bytes of the archive, after its transport compression. */
  readonly archiveBytes: number;
  /** How many times larger than what was sent the archive may become; looked at once it is past `ratioFromBytes`. */
  readonly ratio: number;
  readonly ratioFromBytes: number;
  readonly blobs: number;
  /** index.json, manifests, the configuration and signatures, each. */
  readonly documentBytes: number;
  readonly documentDepth: number;
  /** Files, folders and links of all layers together. */
  readonly entries: number;
  /** Bytes of all unpacked files together. */
  readonly unpackedBytes: number;
  readonly pathBytes: number;
  readonly segmentBytes: number;
  readonly pathDepth: number;
  /** Icon, screenshots, licence, each. */
  readonly presentationBytes: number;
  readonly sbomBytes: number;
  readonly signatures: number;
}

const MiB = 1024 * 1024;

export const packageLimits: PackageLimits = {
  archiveBytes: 1024 * MiB,
  ratio: 200,
  ratioFromBytes: 16 * MiB,
  blobs: 256,
  documentBytes: 4 * MiB,
  documentDepth: 64,
  entries: 100_000,
  unpackedBytes: 2048 * MiB,
  pathBytes: 1024,
  segmentBytes: 255,
  pathDepth: 64,
  presentationBytes: 5 * MiB,
  sbomBytes: 16 * MiB,
  signatures: 16,
};
