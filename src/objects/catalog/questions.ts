import type {
  Catalog,
  Configuration,
  Found,
  ListedUploads,
  ListedVersions,
  ListEntry,
} from "#objects/catalog.ts";
import type { BlobPlace, BucketRecord } from "#objects/records.ts";
import type { Index } from "./index-contract.ts";
import { textKey } from "./keys.ts";
import { listObjects, type Page } from "./lists.ts";
import { listUploads } from "./list-uploads.ts";
import { listVersions } from "./list-versions.ts";
import { noSuchBucket } from "./planning.ts";
import { partsOf, requireUpload } from "./uploads.ts";
import { findNewest, findVersion, type Placed } from "./versions.ts";

type Questions = Pick<Catalog, "find" | "list" | "listVersions" | "findUpload" | "listParts" | "listUploads">;

/** What clients read: the index alone, so only what is durable. */
export function catalogQuestions(index: Index, configuration: Configuration): Questions {
  const bucketOf = (name: string): BucketRecord => {
    const bucket = configuration.bucket(name);
    if (bucket === undefined) throw noSuchBucket(name);
    return bucket;
  };
  return {
    find: async (input) => {
      const bucket = bucketOf(input.bucket);
      const placed =
        input.versionId === undefined
          ? findNewest(index, bucket.id, input.key)
          : findVersion(index, bucket.id, input.key, input.versionId);
      return placed === undefined ? { bucket, isLatest: false } : found(index, bucket, placed);
    },
    list: async (input) => {
      const bucket = bucketOf(input.bucket);
      const page = listObjects(index, bucket.id, input);
      const last = page.entries.at(-1);
      return { bucket, ...page, ...(last === undefined ? {} : { next: nameOf(last) }) };
    },
    listVersions: async (input) => {
      const bucket = bucketOf(input.bucket);
      const page = listVersions(index, bucket.id, input);
      return { bucket, ...page, ...versionMarkers(page) };
    },
    findUpload: async (input) =>
      requireUpload(index, bucketOf(input.bucket).id, input.key, input.uploadId).upload,
    listParts: async (input) => {
      const { upload, sequence } = requireUpload(index, bucketOf(input.bucket).id, input.key, input.uploadId);
      const parts = [];
      for (const { part } of partsOf(index, sequence, input.after)) {
        if (parts.length >= input.limit) return { upload, parts, isTruncated: input.limit > 0 };
        parts.push(part);
      }
      return { upload, parts, isTruncated: false };
    },
    listUploads: async (input) => {
      const bucket = bucketOf(input.bucket);
      const page = listUploads(index, bucket.id, input);
      return { bucket, ...page, ...uploadMarkers(page) };
    },
  };
}

function found(index: Index, bucket: BucketRecord, placed: Placed): Found {
  const places: Record<string, BlobPlace> = {};
  for (const { blob } of placed.version.parts ?? []) {
    const place = blob === undefined ? undefined : index.get(textKey("blob", blob))?.place;
    if (blob !== undefined && place !== undefined) places[blob] = place;
  }
  return {
    bucket,
    version: placed.version,
    ...(placed.place === undefined ? {} : { place: placed.place }),
    ...(Object.keys(places).length === 0 ? {} : { places }),
    isLatest: placed.isLatest,
  };
}

function nameOf(entry: ListEntry): string {
  return entry.type === "prefix" ? entry.prefix : entry.key;
}

function versionMarkers({ entries, isTruncated }: Page<ListedVersions["entries"][number]>) {
  const last = entries.at(-1);
  if (!isTruncated || last === undefined) return {};
  if (last.type === "prefix") return { nextKeyMarker: last.prefix };
  return { nextKeyMarker: last.version.key, nextVersionIdMarker: last.version.versionId };
}

function uploadMarkers({ entries, isTruncated }: Page<ListedUploads["entries"][number]>) {
  const last = entries.at(-1);
  if (!isTruncated || last === undefined) return {};
  if (last.type === "prefix") return { nextKeyMarker: last.prefix };
  return { nextKeyMarker: last.upload.key, nextUploadIdMarker: last.upload.uploadId };
}
