import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { ListedObject, ObjectDetail, ObjectList } from "#api/objects.ts";
import { isoTime } from "#lib/clock.ts";
import type { ListEntry, ListVersions, Refused, Removed } from "../../catalog.ts";
import { isRefused } from "../bucket/empty.ts";
import { callId } from "../call-id.ts";
import { systemOwner, type ObjectStoreHere } from "../ports.ts";
import { audited, requireBucket } from "./named-bucket.ts";
import { objectDetail } from "./object-detail.ts";
import { presigner, type PresignRequest } from "./presign.ts";
import { requireStore, type Named, type ObjectsServiceOptions } from "./base.ts";
import { told } from "./told.ts";

/** What lies in buckets. */
export function bucketService(options: ObjectsServiceOptions) {
  const { store, random } = options;
  const urls = presigner(options);
  const newCallId = () => callId(random);
  return {
    list: async (named: Named, query: ListQuery): Promise<ObjectList> => {
      const { catalog } = requireStore(store);
      const bucket = await requireBucket(options, named);
      const page = { bucket, prefix: query.prefix, delimiter: query.delimiter, limit: query.limit };
      if (query.versions === "true") {
        const listed = await told(catalog.listVersions({ ...page, ...markersOf(query.after) }));
        const next = listed.isTruncated ? versionsNext(listed) : undefined;
        return { items: listed.entries.map(versionItem), ...(next === undefined ? {} : { next }) };
      }
      const listed = await told(catalog.list({ ...page, after: query.after }));
      const next = listed.isTruncated ? listed.next : undefined;
      return { items: listed.entries.map(objectItem), ...(next === undefined ? {} : { next }) };
    },
    show: async (
      named: Named,
      query: { readonly key: string; readonly versionId?: string | undefined; readonly verify: string },
    ): Promise<ObjectDetail> => {
      const { catalog } = requireStore(store);
      const bucket = await requireBucket(options, named);
      const { key, versionId } = query;
      const which = { bucket, key, ...(versionId === undefined ? {} : { versionId }) };
      const { version, isLatest } = await told(catalog.find(which));
      if (version === undefined || version.isDeleteMarker)
        throw new VdcError("not-found", `There is no object '${key}' in bucket ${named.name}.`);
      const exact = { ...which, versionId: version.versionId, verify: query.verify === "true" };
      return objectDetail(await told(catalog.layout(exact)), isLatest);
    },
    urls: async (named: Named, request: PresignRequest, may: "read" | "write") => {
      requireStore(store);
      return await urls(named.project, await requireBucket(options, named), request, may);
    },
    remove: async (named: Named, targets: readonly Target[], by: Attribution) => {
      const { catalog } = requireStore(store);
      const bucket = await requireBucket(options, named);
      const removed = await told(
        catalog.removeMany({
          callId: newCallId(),
          bucket,
          targets: targets.map(({ key, versionId }) => ({
            key,
            ...(versionId === undefined ? {} : { versionId }),
          })),
          bypassGovernance: false,
          writer: systemOwner,
        }),
      );
      const count = removed.filter((one) => !isRefused(one)).length;
      await audited(options, named, "delete-objects", { count }, by);
      return { items: removed.map(removedItem) };
    },
  };
}

interface ListQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly after: string;
  readonly limit: number;
  readonly versions: string;
}

interface Target {
  readonly key: string;
  readonly versionId?: string | undefined;
}

type Catalog = ObjectStoreHere["catalog"];

function objectItem(entry: ListEntry): ListedObject {
  if (entry.type === "prefix") return { type: "prefix", key: entry.prefix };
  const { key, size, etag, lastModified } = entry;
  return { type: "object", key, size, etag, lastModified: isoTime(lastModified) };
}

type VersionEntry = Awaited<ReturnType<Catalog["listVersions"]>>["entries"][number];

function versionItem(entry: VersionEntry): ListedObject {
  if (entry.type === "prefix") return { type: "prefix", key: entry.prefix };
  const { key, versionId, lastModified, size, etag, isDeleteMarker } = entry.version;
  const common = { key, versionId, isLatest: entry.isLatest, lastModified: isoTime(lastModified) };
  return isDeleteMarker ? { type: "delete-marker", ...common } : { type: "object", ...common, size, etag };
}

/** A page of versions goes on from a key and a version: both in one opaque word. */
function versionsNext({
  nextKeyMarker = "",
  nextVersionIdMarker,
}: Awaited<ReturnType<Catalog["listVersions"]>>): string {
  return JSON.stringify([nextKeyMarker, ...(nextVersionIdMarker === undefined ? [] : [nextVersionIdMarker])]);
}

function markersOf(after: string): Pick<ListVersions, "keyMarker" | "versionIdMarker"> {
  if (after === "") return { keyMarker: "" };
  try {
    const [keyMarker, versionIdMarker, ...more] = JSON.parse(after) as readonly unknown[]; // looked at below
    const isVersion = versionIdMarker === undefined || typeof versionIdMarker === "string";
    if (typeof keyMarker === "string" && isVersion && more.length === 0)
      return { keyMarker, ...(versionIdMarker === undefined ? {} : { versionIdMarker }) };
  } catch {
    // no JSON, or no list: told below
  }
  throw new VdcError("invalid", "`after` is not one of this list's.", {
    fields: [{ path: "after", message: "give what `next` of the page before said" }],
  });
}

function removedItem(answer: Removed | Refused) {
  const { key, versionId } = answer;
  const which = { key, ...(versionId === undefined ? {} : { versionId }) };
  if (isRefused(answer)) return { ...which, error: answer.message };
  const marker = versionId === undefined ? answer.deleteMarker?.versionId : undefined;
  return { ...which, ...(marker === undefined ? {} : { markerVersionId: marker }) };
}
