import type { BurstJobs } from "#store/burst-jobs.ts";
import { requireBlobs, type BlobStore } from "./blob-store.ts";

/** Which blobs a client wants to send and read. */
export interface BlobRequest {
  readonly put: readonly { readonly blob: string; readonly bytes: number }[];
  readonly get: readonly string[];
}

interface BlobAddress {
  readonly blob: string;
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly inline?: string;
}

export interface BlobPlaces {
  readonly jobs: Pick<BurstJobs, "file">;
  readonly blobs: BlobStore | undefined;
  /** Base64 of a small output that a running job of the project has. */
  readonly small: (blob: string) => Promise<string | undefined>;
}

/** Where a client of the project sends and reads blobs, in the order asked. Throws `unavailable` for blobs to send where they cannot be kept. */
export async function blobAddresses(
  projectId: string,
  { put, get }: BlobRequest,
  { jobs, blobs, small }: BlobPlaces,
): Promise<{ put: BlobAddress[]; get: BlobAddress[] }> {
  if (put.length > 0) requireBlobs(blobs);
  const names = [...put.map(({ blob }) => blob), ...get];
  const there = (await blobs?.has(projectId, names)) ?? new Set<string>();
  const missing = put.filter(({ blob }) => !there.has(blob));
  const write = (await blobs?.writeUrls(projectId, missing)) ?? [];
  const places = new Map(missing.map(({ blob }, index) => [blob, write[index]]));
  const far = get.filter((blob) => there.has(blob));
  const read = (await blobs?.readUrls(projectId, far)) ?? [];
  const urls = new Map(far.map((blob, index) => [blob, read[index]]));
  const kept = async (blob: string) =>
    (await jobs.file({ projectId, kind: "blob", hash: blob }))?.toString("base64");
  const answer: { put: BlobAddress[]; get: BlobAddress[] } = { put: [], get: [] };
  for (const { blob } of put) {
    const place = places.get(blob);
    answer.put.push(place === undefined ? { blob } : { blob, url: place.url, headers: { ...place.headers } });
  }
  for (const blob of get) {
    const url = urls.get(blob);
    const inline = url === undefined ? ((await small(blob)) ?? (await kept(blob))) : undefined;
    answer.get.push({
      blob,
      ...(url === undefined ? {} : { url }),
      ...(inline === undefined ? {} : { inline }),
    });
  }
  return answer;
}
