import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { CatalogAdmin, StoreStatus } from "#objects/admin.ts";
import { endpointViews } from "#objects/catalog/care.ts";
import { storeLayout } from "#objects/drive/layout.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { CatalogProcess } from "./catalog-process.ts";
import { driveAdmin } from "./drive-admin.ts";
import { layoutOf } from "./object-layout.ts";
import { sealerOf } from "./master-key.ts";
import { storeNumbers } from "./store-numbers.ts";

/** What control asks of the catalog. Answers also while the store is not open, as far as that makes sense. */
export function catalogAdmin(
  process: CatalogProcess,
  ports: { readonly clock: Clock; readonly random: Random },
): CatalogAdmin {
  const requireOpen = () => process.requireOpen();
  const seal = (text: string) => {
    requireOpen();
    if (process.keys === undefined) throw new VdcError("unavailable", "there is no master key");
    return sealerOf(process.keys, ports.random).seal(text);
  };
  return {
    status: async () => statusOf(process),
    ...driveAdmin(process, ports),
    start: async ({ work, drive }) => {
      // A scan is for a store that cannot be opened.
      if (work !== "scan-rebuild" && work !== "scan-preview") requireOpen();
      return process.works.start(work, drive);
    },
    work: async () => process.works.views(),
    cancel: async ({ id }) => process.works.cancel(id),
    usage: async ({ bucket }) => {
      requireOpen();
      const { configuration, care } = process.store;
      const all = configuration.buckets().filter(({ name }) => bucket === undefined || name === bucket);
      if (bucket !== undefined && all.length === 0) throw new S3Error("NoSuchBucket");
      return all.map((each) => care.usage(each));
    },
    layout: async (input) => {
      requireOpen();
      const disk = (number: number) => process.drives?.get(number)?.disk;
      return await layoutOf(process.store, { disk, shards: process.shardCare() }, input);
    },
    buckets: async ({ project }) => {
      requireOpen();
      return process.store.configuration.buckets(project);
    },
    keys: async ({ owner }) => {
      requireOpen();
      return process.store.configuration.keys().filter((key) => owner === undefined || key.owner === owner);
    },
    putEndpoint: async ({ project, name, url, secret, allowPrivate }) => {
      const sealedSecret = seal(secret);
      await process.store.care.putEndpoint({ project, name, url, sealedSecret, allowPrivate });
    },
    removeEndpoint: async ({ project, name }) => {
      requireOpen();
      await process.store.care.removeEndpoint(project, name);
    },
    endpoints: async () => {
      requireOpen();
      return endpointViews(process.store.care);
    },
  };
}

function statusOf(process: CatalogProcess): StoreStatus {
  const { list, isServing, reason } = process;
  const { k, m, copies } = storeLayout(Math.max(1, list?.drives.length ?? 1));
  const count = (name: Parameters<typeof process.counters.get>[0]) => process.counters.get(name) ?? 0;
  const numbers = isServing ? storeNumbers(process.store).all(process.drives?.all() ?? [], m) : undefined;
  const segments = isServing ? process.store.journal.segments() : [];
  return {
    storeId: list?.storeId ?? "",
    phase: isServing ? "serving" : reason === undefined ? "starting" : "holding",
    ...(reason === undefined ? {} : { reason }),
    layout: { k, m, copies },
    margin: numbers?.margin ?? 0,
    objects: numbers?.objects ?? 0,
    bytes: numbers?.bytes ?? 0,
    buckets: numbers?.buckets ?? 0,
    repairQueue: numbers?.repairQueue ?? 0,
    garbageBytes: numbers?.garbageBytes ?? 0,
    journal: {
      segments: segments.length,
      bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
      lastSequence: isServing ? process.store.journal.lastSequence : 0,
    },
    counters: {
      hedges: count("hedges"),
      insideRetries: count("insideRetries"),
      heldRequests: count("heldRequests"),
      checksumMismatches: count("checksumMismatches"),
      repairedShards: count("repairedShards"),
      brokenPromises: count("brokenPromises"),
      segmentMoves: count("segmentMoves"),
      droppedEvents: count("droppedEvents"),
    },
  };
}
