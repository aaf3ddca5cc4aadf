import assert from "node:assert/strict";
import type { Listed } from "#objects/catalog.ts";
import type { VersionRecord } from "#objects/records.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";
import {
  buckets,
  bytesOf,
  visible,
  type ModelObject,
  type ModelUpload,
  type ModelVersion,
  type StoreModel,
  type Versions,
} from "#sim/object-store-model.ts";
import { readObject } from "#sim/object-store-read.ts";

/** Small, so that every list has several pages. */
const pageSize = 3;

/**
 * The whole store against the model, while nobody works on it: every version and its bytes, lists, uploads and parts. Of a change without an answer either state is right; the
 * model takes over which one it was.
 */
export async function compare(store: ObjectStore, model: StoreModel): Promise<void> {
  for (const bucket of Object.keys(buckets)) {
    const uploads = await uploadsOf(store, bucket);
    const versions = await versionsOf(store, bucket);
    for (const object of model.objects.filter((one) => one.bucket === bucket))
      adopt(object, versions.get(object.key) ?? [], uploads);
    const known = new Set(model.objects.map(({ key }) => key));
    assert.deepEqual(
      [...versions.keys()].filter((key) => !known.has(key)),
      [],
    );
    await compareUploads(store, model, bucket, uploads);
    await compareList(store, model, bucket);
  }
  for (const object of model.objects) await compareBytes(store, object);
}

/** By key, newest first. */
async function versionsOf(store: ObjectStore, bucket: string): Promise<Map<string, VersionRecord[]>> {
  const found = new Map<string, VersionRecord[]>();
  let marker: { readonly keyMarker: string; readonly versionIdMarker?: string } = { keyMarker: "" };
  for (;;) {
    const input = { bucket, prefix: "", delimiter: "", limit: pageSize, ...marker };
    const page = await store.catalog.listVersions(input);
    for (const entry of page.entries) {
      assert.equal(entry.type, "version");
      if (entry.type !== "version") continue;
      const list = found.get(entry.version.key) ?? [];
      assert.equal(entry.isLatest, list.length === 0, "the newest comes first");
      found.set(entry.version.key, [...list, entry.version]);
    }
    if (!page.isTruncated) return found;
    const { nextKeyMarker: keyMarker = "", nextVersionIdMarker: versionIdMarker } = page;
    marker = { keyMarker, ...(versionIdMarker === undefined ? {} : { versionIdMarker }) };
  }
}

function adopt(
  object: ModelObject,
  found: readonly VersionRecord[],
  uploads: ReadonlyMap<string, string>,
): void {
  const { pending, versions } = object;
  const possible =
    pending === undefined
      ? [versions]
      : pending.uploadId === undefined
        ? [pending.after, versions]
        : [uploads.has(pending.uploadId) ? versions : pending.after];
  const taken = possible.find((each) => isSame(each, found));
  assert.ok(
    taken,
    `${object.bucket}/${object.key} is ${show(found)}; it must be ${possible.map((each) => JSON.stringify(each)).join(" or ")}`,
  );
  if (pending !== undefined) object.pending = { ...pending, hasHappened: taken === pending.after };
  object.versions = taken.map((version, index) => {
    const versionId = found[index]?.versionId;
    return versionId === undefined ? version : { ...version, versionId };
  });
}

function isSame(expected: Versions, found: readonly VersionRecord[]): boolean {
  const isVersion = (version: ModelVersion, record: VersionRecord | undefined) =>
    record !== undefined &&
    record.isDeleteMarker === version.isMarker &&
    record.etag === version.etag &&
    record.tags?.["tag"] === version.tag &&
    (version.versionId ?? record.versionId) === record.versionId;
  return (
    expected.length === found.length && expected.every((version, index) => isVersion(version, found[index]))
  );
}

function show(found: readonly VersionRecord[]): string {
  return JSON.stringify(
    found.map(({ versionId, etag, isDeleteMarker }) => [versionId, etag, isDeleteMarker]),
  );
}

/** Keys by upload id. */
async function uploadsOf(store: ObjectStore, bucket: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  let marker: { readonly keyMarker: string; readonly uploadIdMarker?: string } = { keyMarker: "" };
  for (;;) {
    const input = { bucket, prefix: "", delimiter: "", limit: pageSize, ...marker };
    const page = await store.catalog.listUploads(input);
    for (const entry of page.entries)
      if (entry.type === "upload") found.set(entry.upload.uploadId, entry.upload.key);
    if (!page.isTruncated) return found;
    const { nextKeyMarker: keyMarker = "", nextUploadIdMarker: uploadIdMarker } = page;
    marker = { keyMarker, ...(uploadIdMarker === undefined ? {} : { uploadIdMarker }) };
  }
}

async function compareUploads(
  store: ObjectStore,
  model: StoreModel,
  bucket: string,
  found: ReadonlyMap<string, string>,
): Promise<void> {
  for (const upload of [...model.uploads.values()].filter(({ object }) => object.bucket === bucket)) {
    const isCompleting = upload.object.pending?.uploadId === upload.id;
    if (!found.has(upload.id)) {
      assert.ok(upload.isEnding || isCompleting, `upload ${upload.id} is there until it is ended`);
      model.uploads.delete(upload.id);
    } else upload.isEnding = false;
  }
  for (const [id, key] of found) {
    if (!model.uploads.has(id)) adoptUpload(model, bucket, key, id);
    const upload = model.uploads.get(id);
    if (upload !== undefined) await compareParts(store, upload);
  }
  const others = model.pendingUploads.filter((object) => object.bucket !== bucket);
  model.pendingUploads.splice(0, model.pendingUploads.length, ...others);
}

function adoptUpload(model: StoreModel, bucket: string, key: string, id: string): void {
  const at = model.pendingUploads.findIndex((object) => object.bucket === bucket && object.key === key);
  const [object] = at < 0 ? [] : model.pendingUploads.splice(at, 1);
  assert.ok(object, `upload ${id} of ${bucket}/${key} was never asked for, or is ended`);
  const none = { pendingPart: undefined, isEnding: false, isBusy: false };
  model.uploads.set(id, { id, object, parts: new Map(), ...none });
}

async function compareParts(store: ObjectStore, upload: ModelUpload): Promise<void> {
  const { bucket, key } = upload.object;
  const input = { bucket, key, uploadId: upload.id, after: 0, limit: 10 };
  const found = new Map((await store.catalog.listParts(input)).parts.map((part) => [part.number, part.etag]));
  const pending = upload.pendingPart;
  if (pending !== undefined && found.get(pending.number) === pending.part.etag)
    upload.parts.set(pending.number, pending.part);
  upload.pendingPart = undefined;
  const expected = [...upload.parts].map(([number, { etag }]) => [number, etag] as const);
  assert.deepEqual(found, new Map(expected), `parts of ${upload.id}`);
}

async function compareList(store: ObjectStore, model: StoreModel, bucket: string): Promise<void> {
  const listed: [string, string][] = [];
  let page: Listed | undefined;
  do {
    const after = page?.next ?? "";
    page = await store.catalog.list({ bucket, prefix: "", delimiter: "", limit: pageSize, after });
    for (const entry of page.entries) if (entry.type === "object") listed.push([entry.key, entry.etag]);
  } while (page.isTruncated);
  const expected = model.objects.flatMap((object): [string, string][] => {
    const seen = object.bucket === bucket ? visible(object.versions) : undefined;
    return seen === undefined ? [] : [[object.key, seen.etag]];
  });
  assert.deepEqual(
    listed,
    expected.toSorted(([a], [b]) => (a < b ? -1 : 1)),
    `the list of ${bucket}`,
  );
}

async function compareBytes(store: ObjectStore, { bucket, key, versions }: ModelObject): Promise<void> {
  for (const { versionId, isMarker, bodies } of versions) {
    if (isMarker || versionId === undefined) continue;
    const found = await store.catalog.find({ bucket, key, versionId });
    const pieces: Uint8Array[] = [];
    for await (const piece of readObject(store, found)) pieces.push(piece);
    const isEqual = Buffer.concat(pieces).equals(Buffer.concat(bodies.map(bytesOf)));
    assert.ok(isEqual, `the bytes of ${bucket}/${key}?versionId=${versionId} are those that were put`);
  }
}
