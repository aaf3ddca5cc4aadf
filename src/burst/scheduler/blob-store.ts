import { VdcError } from "#api/errors.ts";

/** Where blobs lie that are too large for messages. A blob belongs to a project; its name is its SHA-256, and the store takes no other bytes under it. */
export interface BlobStore {
  /** Which of these are there. */
  has(projectId: string, blobs: readonly string[]): Promise<ReadonlySet<string>>;
  /** Addresses for GET, in the order asked. What is not there answers 404. */
  readUrls(projectId: string, blobs: readonly string[]): Promise<readonly string[]>;
  /** Addresses for PUT with the headers that must be sent, in the order asked. */
  writeUrls(
    projectId: string,
    blobs: readonly { readonly blob: string; readonly bytes: number }[],
  ): Promise<readonly { readonly url: string; readonly headers: Readonly<Record<string, string>> }[]>;
  put(projectId: string, blob: string, bytes: Uint8Array): Promise<void>;
}

/** Throws `unavailable` with what to do. */
export function requireBlobs(store: BlobStore | undefined): BlobStore {
  if (store !== undefined) return store;
  throw new VdcError(
    "unavailable",
    "This data center runs without object storage: jobs can neither read blobs nor make large ones.",
    { extra: { remedy: "Start it with `vdc up` without --no-objects." } },
  );
}
