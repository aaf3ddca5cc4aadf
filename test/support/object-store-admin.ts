import { VdcError } from "#api/errors.ts";
import type { BucketUsage, CatalogAdmin, DriveDetail, WorkView } from "#objects/admin.ts";
import { endpointViews } from "#objects/catalog/care.ts";
import type { ObjectStoreHere } from "#objects/control/ports.ts";
import { S3Error } from "#objects/s3-error.ts";
import { plainSealer, type MemoryObjectStore } from "#test/support/object-store.ts";

/** What control sees of an object store, over a catalog in memory; its drives are rows of a table. */
export interface AdminWorld {
  readonly here: ObjectStoreHere;
  readonly drives: DriveDetail[];
  readonly works: WorkView[];
}

export function adminWorld(store: MemoryObjectStore, endpoint = "http://127.0.0.1:9000"): AdminWorld {
  const { opened } = store;
  const { configuration, care } = opened;
  const drives: DriveDetail[] = [];
  const works: WorkView[] = [];
  const usageOf = (): readonly BucketUsage[] => configuration.buckets().map((one) => care.usage(one));
  const at = (number: number): number => {
    const found = drives.findIndex((drive) => drive.number === number);
    if (found === -1) throw new VdcError("not-found", `the store has no drive ${number}`);
    return found;
  };
  const change = (number: number, changed: Partial<DriveDetail>) => {
    const place = at(number);
    drives[place] = { ...(drives[place] as DriveDetail), ...changed }; // `at` found it
  };
  const admin: CatalogAdmin = {
    status: async () => await Promise.resolve(statusOf(usageOf())),
    drives: async () => await Promise.resolve(drives),
    addDrive: async ({ path }) => {
      if (path.startsWith("/foreign")) throw new VdcError("invalid", `${path} holds files of somebody else`);
      const drive = driveOf(drives.length, path);
      drives.push(drive);
      return await Promise.resolve(drive);
    },
    setDrive: async ({ number, wanted }) => {
      const state = wanted === "active" ? "ok" : wanted === "drained" ? "draining" : "failed";
      await Promise.resolve(change(number, { wanted, state }));
    },
    forgetDrive: async ({ number }) => void (await Promise.resolve(drives.splice(at(number), 1))),
    drill: async ({ number, fault, seconds }) =>
      await Promise.resolve(change(number, { drill: { fault, until: seconds * 1000 } })),
    endDrill: async ({ number }) => {
      const { drill: _, ...rest } = drives[at(number)] as DriveDetail; // `at` found it
      drives[at(number)] = await Promise.resolve(rest);
    },
    start: async ({ work }) => {
      const counts = { doneItems: 3, totalItems: 3, doneBytes: 30, totalBytes: 30 };
      const view: WorkView = { id: `work-${works.length}`, work, state: "done", startedAt: 0, ...counts };
      works.push(view);
      return await Promise.resolve(view);
    },
    work: async () => await Promise.resolve(works),
    cancel: async () => await Promise.resolve(),
    usage: async ({ bucket }) => {
      if (bucket === undefined) return usageOf();
      if (configuration.bucket(bucket) === undefined) throw new S3Error("NoSuchBucket");
      return await Promise.resolve(usageOf().filter((one) => one.bucket === bucket));
    },
    layout: async (name) => await layoutIn(opened, name),
    buckets: async ({ project }) => await Promise.resolve(configuration.buckets(project)),
    keys: async ({ owner }) =>
      await Promise.resolve(configuration.keys().filter((key) => owner === undefined || key.owner === owner)),
    putEndpoint: async ({ secret, ...row }) =>
      await care.putEndpoint({ ...row, sealedSecret: plainSealer.seal(secret) }),
    removeEndpoint: async ({ project, name }) => await care.removeEndpoint(project, name),
    endpoints: async () => await Promise.resolve(endpointViews(care)),
  };
  drives.push(driveOf(0, "/srv/drives/1"));
  return {
    here: { catalog: { ...opened.catalog, ...admin }, endpoint, region: "us-east-1" },
    drives,
    works,
  };
}

const layoutIn = async (
  opened: MemoryObjectStore["opened"],
  { bucket, key, versionId }: Parameters<CatalogAdmin["layout"]>[0],
) => {
  const name = { bucket, key, ...(versionId === undefined ? {} : { versionId }) };
  const { version, place } = await opened.catalog.find(name);
  if (version === undefined) throw new S3Error("NoSuchKey");
  const copies = [{ drive: 0, shard: 0, state: "good" as const }];
  const inline =
    place === undefined ? {} : { inline: { segment: place.segment, offset: place.offset, copies } };
  return { version, ...inline, extents: [] };
};

export function driveOf(number: number, path: string): DriveDetail {
  return {
    number,
    id: `drive${number}`,
    path,
    wanted: "active",
    addedAt: 0,
    state: "ok",
    since: 0,
    totalBytes: 100 * 1024 ** 3,
    freeBytes: 50.5 * 1024 ** 3,
    shards: 0,
    segments: 0,
    usedBytes: 0,
    errors: 0,
    missingShards: 0,
  };
}

function statusOf(usage: readonly BucketUsage[]) {
  return {
    storeId: "store",
    phase: "serving" as const,
    layout: { k: 1, m: 0, copies: 1 },
    margin: 0,
    objects: usage.reduce((sum, one) => sum + one.objects, 0),
    bytes: usage.reduce((sum, one) => sum + one.bytes, 0),
    buckets: usage.length,
    repairQueue: 0,
    garbageBytes: 0,
    journal: { segments: 1, bytes: 0, lastSequence: 0 },
    counters: {
      hedges: 0,
      insideRetries: 0,
      heldRequests: 0,
      checksumMismatches: 0,
      repairedShards: 0,
      brokenPromises: 0,
      segmentMoves: 0,
      droppedEvents: 0,
    },
  };
}
