import { etagOfParts, checksumOfParts } from "#objects/catalog/part-checksums.ts";
import type { RestoredVersion } from "#objects/catalog/plan-restore.ts";
import type { DescribedRecord } from "#objects/data/described-record.ts";
import type { ShardDescription } from "#objects/data/description.ts";
import type { ExtentRef, PartRecord, SealRecord, StoredChecksum, VersionPart } from "#objects/records.ts";

/** An extent as its shards tell of it. */
export interface FoundExtent {
  readonly extent: ExtentRef;
  readonly description: ShardDescription;
}

/** What a scan would bring back. */
export interface FoundStore {
  readonly buckets: readonly DescribedRecord["bucket"][];
  /** Oldest first, of each key. */
  readonly versions: readonly RestoredVersion[];
  readonly bytes: number;
  /** Bodies of which too little is there. */
  readonly broken: number;
  /** Objects of parts: whether their uploads had been completed cannot be seen. */
  readonly ofParts: number;
}

interface Body {
  readonly record: DescribedRecord;
  readonly seal?: SealRecord;
  readonly extents: readonly ExtentRef[];
}

/** Puts extents together to bodies, parts to objects, and objects into the order of their times. Pure. */
export function foundStore(found: readonly FoundExtent[]): FoundStore {
  const whole: Body[] = [];
  let broken = 0;
  for (const extents of groups(found, ({ description }) => recordOf(description)?.write).values()) {
    const body = bodyOf(extents);
    if (body === undefined) broken += 1;
    else whole.push(body);
  }
  const buckets = newestBuckets(whole);
  const ids = new Set(buckets.map(({ id }) => id));
  const kept = whole.filter(({ record }) => ids.has(record.bucket.id));
  const ofParts = groups(kept, ({ record }) => record.part?.uploadId);
  const plain = kept.filter(({ record }) => record.part === undefined).map(versionOfBody);
  const joined = Array.from(ofParts.values(), versionOfParts);
  const versions = [...plain, ...joined].toSorted((a, b) => a.lastModified - b.lastModified);
  const bytes = versions.reduce((sum, { size }) => sum + size, 0);
  return { buckets, versions, bytes, broken, ofParts: joined.length };
}

/** Undefined: the shard tells nothing of an object. Checksums say that these are our own words; an empty record is one that repair could not find again. */
function recordOf({ record }: ShardDescription): DescribedRecord | undefined {
  return typeof record["write"] === "string" ? (record as unknown as DescribedRecord) : undefined; // as describe-record.ts wrote it
}

function bodyOf(found: readonly FoundExtent[]): Body | undefined {
  const [first] = found;
  const record = first === undefined ? undefined : recordOf(first.description);
  if (first === undefined || record === undefined) return undefined;
  const extents: ExtentRef[] = [];
  let at = 0;
  for (const { extent, description } of found.toSorted(
    (a, b) => a.description.offset - b.description.offset,
  )) {
    if (description.offset < at) continue; // written again elsewhere after drives had failed
    if (description.offset > at || extent.drives.filter((drive) => drive >= 0).length < extent.k)
      return undefined;
    extents.push(extent);
    at += extent.size;
  }
  const { seal, total } = first.description;
  if (at !== total) return undefined;
  return { record, extents, ...(seal === undefined ? {} : { seal }) };
}

/** A bucket that was deleted and made again has two ids; what was in the old one was deleted with it. */
function newestBuckets(bodies: readonly Body[]): readonly DescribedRecord["bucket"][] {
  const newest = new Map<string, DescribedRecord>();
  for (const { record } of bodies) {
    const { name } = record.bucket;
    if ((newest.get(name)?.writtenAt ?? -1) <= record.writtenAt) newest.set(name, record);
  }
  return Array.from(newest.values(), ({ bucket }) => bucket);
}

function versionOfBody({ record, seal, extents }: Body): RestoredVersion {
  return {
    ...common(record),
    size: record.size,
    etag: record.etag,
    checksums: record.checksums,
    lastModified: record.writtenAt,
    data: { at: "extents", extents },
    ...(seal === undefined ? {} : { seal }),
  };
}

function versionOfParts(bodies: readonly Body[]): RestoredVersion {
  const newest = new Map<number, Body>();
  for (const body of bodies.toSorted((a, b) => a.record.writtenAt - b.record.writtenAt))
    newest.set(body.record.part?.number ?? 0, body);
  const chosen = [...newest].toSorted(([a], [b]) => a - b).map(([, body]) => body);
  const parts = chosen.map(partOf);
  const [first] = chosen;
  if (first === undefined) throw new RangeError("a group has members");
  return {
    ...common(first.record),
    size: parts.reduce((sum, { size }) => sum + size, 0),
    etag: etagOfParts(parts),
    checksums: wholeChecksum(first.record, chosen),
    lastModified: Math.max(...chosen.map(({ record }) => record.writtenAt)),
    parts,
    uploadId: first.record.part?.uploadId ?? "",
    data: { at: "extents", extents: chosen.flatMap(({ extents }) => extents) },
  };
}

function partOf({ record, seal, extents }: Body): VersionPart {
  return {
    number: record.part?.number ?? 0,
    size: record.size,
    etag: record.etag,
    ...(record.checksums.length === 0 ? {} : { checksums: record.checksums }),
    ...(seal === undefined ? {} : { seal }),
    extents: extents.length,
  };
}

function wholeChecksum({ part }: DescribedRecord, bodies: readonly Body[]): readonly StoredChecksum[] {
  const parts = bodies.map(({ record }): PartRecord => ({
    uploadId: "",
    number: 0,
    lastModified: 0,
    data: { at: "none" },
    size: record.size,
    etag: record.etag,
    checksums: record.checksums,
  }));
  try {
    const checksum = checksumOfParts(part?.checksum, undefined, parts);
    return checksum === undefined ? [] : [checksum];
  } catch {
    return []; // not every part has one: the object goes without
  }
}

function common({ bucket, key, headers, writer, tags, retention, legalHold, owner, acl }: DescribedRecord) {
  return {
    bucket: bucket.name,
    key,
    headers,
    writer,
    ...(tags === undefined ? {} : { tags }),
    ...(retention === undefined ? {} : { retention }),
    ...(legalHold === undefined ? {} : { legalHold }),
    ...(owner === undefined ? {} : { owner }),
    ...(acl === undefined ? {} : { acl }),
  };
}

/** In the order of their first members; what has no name is left out. */
function groups<T>(all: readonly T[], nameOf: (one: T) => string | undefined): Map<string, T[]> {
  const grouped = new Map<string, T[]>();
  for (const one of all) {
    const name = nameOf(one);
    if (name === undefined) continue;
    const group = grouped.get(name);
    if (group === undefined) grouped.set(name, [one]);
    else group.push(one);
  }
  return grouped;
}
