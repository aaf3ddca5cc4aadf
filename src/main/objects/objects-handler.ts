import { join } from "node:path";
import { activeFile } from "#incidents/pages/active-file.ts";
import { readMasterKeys, type MasterKeyFile } from "#main/catalog/master-key.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { assert } from "#lib/assert.ts";
import { withSharedIndex } from "#objects/catalog/shared-index.ts";
import { BlobCache } from "#objects/data/blob-cache.ts";
import { blobCacheBytes, slabBuffers } from "#objects/data/data-limits.ts";
import { LocalDataPath } from "#objects/data/local-data-path.ts";
import type { MasterKeys } from "#objects/data/seal.ts";
import { diskErrorCode } from "#objects/drive/disk-error.ts";
import { BlobReader } from "#objects/journal/blob-reader.ts";
import type { BlobPlace } from "#objects/records.ts";
import { objectLookups } from "#objects/s3/auth/object-lookups.ts";
import { SigningKeys } from "#objects/s3/auth/signing-key.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";
import { s3Handler } from "#objects/s3/server/handler.ts";
import { ActiveIncidents } from "./active-incidents.ts";
import { FrontDrives } from "./front-drives.ts";
import type { FrontHandler, FrontWorld } from "./front-process.ts";
import { FrontReports } from "./front-reports.ts";
import { localDataPorts } from "./local-data-ports.ts";
import { SharedRows } from "./shared-rows.ts";

/** Without an answer of one copy, a small object is asked of the next one. */
const blobHedgeMs = 30;

/** S3 over the drives of this machine, as soon as the catalog has named them. */
export function createObjectsHandler(world: FrontWorld): FrontHandler {
  const { config, configuration, connection, metrics, clock, random, log } = world;
  const drives = new FrontDrives(clock);
  const masterKeys = new ReadMasterKeys(world.directory);
  const index = new SharedRows(world.directory.objectsIndex, world);
  const catalog = withSharedIndex(
    connection.catalog(),
    index,
    configuration,
    (run) => void setImmediate(run),
  );
  const reports = new FrontReports(catalog, clock, log);
  const blobs = new BlobReader({
    diskOf: (drive) => drives.disk(drive),
    clock,
    hedgeMs: blobHedgeMs,
    onBadCopy: (drive, error) => {
      const code = diskErrorCode(error);
      const kind = code === "EBADMSG" ? "checksum-mismatch" : "io-error";
      reports.finding({ drive, kind, code, count: 1 });
    },
  });
  const { facts } = configuration;
  assert(facts !== undefined, "the catalog has said what the store is");
  const data = new LocalDataPath(
    localDataPorts({
      clock,
      random,
      storeId: facts.storeId,
      slabBuffers,
      drives: () => drives.views,
      shards: (drive) => drives.shards(drive),
      masterKeys,
      readBlob: blobReading(blobs, configuration, drives),
      report: (finding) => reports.finding(finding),
      discard: (extents) => reports.discard(extents),
      count: (counter) => metrics.count(counter),
    }),
  );
  const active = new ActiveIncidents(join(world.directory.statusPublic, activeFile), clock);
  const store: ObjectStore = { catalog, configuration, data, clock, random, region: config.region };
  const handle = s3Handler({
    store,
    log,
    ...(config.trustedOrigins === undefined ? {} : { trustedOrigins: config.trustedOrigins }),
    admission: {
      configuration,
      signing: new SigningKeys(),
      clock,
      region: config.region,
      baseDomains: config.domains,
      ...objectLookups(catalog),
    },
    extraHeaders: ({ project, bucket }) => active.headersFor(project, bucket),
    observe: ({ operation = "none", status, milliseconds, project, bucket, isAborted }) => {
      metrics.answered(operation, status, milliseconds);
      if (project !== undefined && !isAborted)
        world.requests.saw({ project, ...(bucket === undefined ? {} : { bucket }), status, held: false });
    },
  });
  return {
    handle,
    onFacts: (now) => {
      assert(now.storeId === facts.storeId, "a front serves one store for its life");
      drives.update(now);
      for (const { number } of now.drives) if (drives.disk(number) === undefined) blobs.forgetDrive(number);
    },
  };
}

/** Small objects, from what was read lately or from the drives. */
function blobReading(
  blobs: BlobReader,
  configuration: FrontWorld["configuration"],
  drives: FrontDrives,
): (place: BlobPlace) => Promise<Uint8Array> {
  const recent = new BlobCache(blobCacheBytes);
  return async (place) => {
    const known = recent.get(place);
    if (known !== undefined) return known;
    const segment = configuration.segment(place.segment);
    const order = segment === undefined ? [] : readingOrder(segment, drives);
    const blob = await blobs.read({ number: place.segment, drives: order }, place);
    recent.put(place, blob);
    return blob;
  };
}

/** Whole copies first, those on drives that are well before all. */
function readingOrder(
  segment: { readonly ensemble: readonly number[]; readonly whole: readonly number[] },
  drives: FrontDrives,
): readonly number[] {
  const well = new Set(drives.views.filter(({ state }) => state === "ok").map(({ number }) => number));
  const rank = (drive: number) => Number(!segment.whole.includes(drive)) + 2 * Number(!well.has(drive));
  const all = [...new Set([...segment.whole, ...segment.ensemble])];
  return all.toSorted((a, b) => rank(a) - rank(b));
}

/** Read again when a key is asked for that is not known: the operator has added one. */
class ReadMasterKeys implements MasterKeys {
  readonly #directory: DataDirectory;
  #file: MasterKeyFile;

  constructor(directory: DataDirectory) {
    this.#directory = directory;
    this.#file = readMasterKeys(directory);
  }

  current(): { readonly id: string; readonly key: Uint8Array } | undefined {
    return this.#file.current();
  }

  byId(id: string): Uint8Array | undefined {
    const known = this.#file.byId(id);
    if (known !== undefined) return known;
    this.#file = readMasterKeys(this.#directory);
    return this.#file.byId(id);
  }
}
