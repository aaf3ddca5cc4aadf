import { silentLog } from "#lib/log.ts";
import type { CarePorts, Works } from "#objects/care/care-ports.ts";
import { careWorks } from "#objects/care/works.ts";
import type { OpenedCatalog } from "#objects/catalog/create-catalog.ts";
import { openCatalog } from "#objects/catalog/open-catalog.ts";
import { withSharedIndex } from "#objects/catalog/shared-index.ts";
import { slabBufferBytes, type CutSizes } from "#objects/data/data-limits.ts";
import type { DataPorts } from "#objects/data/data-ports.ts";
import { DriveHealth } from "#objects/data/drive-health.ts";
import { LocalDataPath } from "#objects/data/local-data-path.ts";
import { LocalShards } from "#objects/data/local-shards.ts";
import { ShardCare } from "#objects/data/shard-care.ts";
import { boundDisk, type BoundedDisk } from "#objects/drive/bounded-disk.ts";
import { judgeIdentity, readIdentity } from "#objects/drive/identity.ts";
import { readWhole, replaceFile } from "#objects/drive/whole-file.ts";
import { Slab } from "#objects/erasure/slab.ts";
import type { JournalLimits } from "#objects/journal/limits.ts";
import { openJournal, type ReplicatedJournal } from "#objects/journal/journal.ts";
import type { DriveView } from "#objects/records.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";
import { storeId, type MachineDrive, type StoreMachine } from "#sim/object-store-machine.ts";

/** Small, so that short histories cross every edge: of inline bytes, chunks, batches, extents and segments. */
export const simulatedSizes: CutSizes = {
  inlineMaxBytes: 400,
  chunkBytes: 256,
  batchStripes: 2,
  extentMaxBytes: 5_000,
};
const journalLimits: Partial<JournalLimits> = { segmentBytes: 16_384, frameBytes: 8_192, holdMs: 5_000 };
const slabBuffers = 24;
const masterKey = Buffer.alloc(32, 7);

/** The programs of one life, in one process: front, catalog and care. */
export interface StoreLife {
  readonly store: ObjectStore;
  readonly opened: OpenedCatalog;
  readonly journal: ReplicatedJournal;
  readonly shards: ShardCare;
  readonly works: Works;
  /** The journal took no more: the process would open the store again. */
  readonly isBroken: () => boolean;
}

/** Throws `JournalError` when the drives that are there are not enough. */
export async function openLife(machine: StoreMachine): Promise<StoreLife> {
  const clock = machine.lifeClock;
  const { random } = machine;
  const disks = new Map<number, BoundedDisk>();
  for (const drive of machine.drives) disks.set(drive.record.number, boundDisk(drive.disk, { clock }));
  await Promise.all(machine.drives.map(async (drive) => await look(drive, disks)));
  const isThere = ({ state }: MachineDrive) => state !== "missing" && state !== "wrong" && state !== "failed";
  const journal = await openJournal({
    storeId,
    drives: machine.drives.map((drive) => {
      const disk = disks.get(drive.record.number);
      const { number } = drive.record;
      return disk !== undefined && isThere(drive)
        ? { number, disk, state: drive.state }
        : { number, state: drive.state };
    }),
    forgotten: machine.forgotten,
    witness: witnessOn(machine),
    clock,
    random,
    limits: journalLimits,
  });
  let isBroken = false;
  const { index } = machine.index;
  const opened = await openCatalog({
    index,
    journal,
    clock,
    random,
    sealer: { seal: (text) => text, open: (text) => text },
    onConfiguration: async () => {},
    onFindings: () => {},
    onBroken: () => (isBroken = true),
  });
  const diskOf = (number: number) => {
    const drive = machine.drive(number);
    return drive !== undefined && isThere(drive) ? disks.get(number) : undefined;
  };
  const ports = dataPorts(machine, { opened, journal, diskOf, numbers: [...disks.keys()] });
  const shards = new ShardCare(ports);
  const { catalog, configuration } = opened;
  const care: CarePorts = {
    catalog,
    rows: opened.care,
    index,
    journal,
    shards,
    buckets: () => configuration.buckets(),
    drives: ports.drives,
    disk: diskOf,
    clock,
    random,
    log: silentLog,
    count: () => undefined,
  };
  const fronts = withSharedIndex(catalog, index, configuration, queueMicrotask);
  const store = {
    catalog: fronts,
    configuration,
    data: new LocalDataPath(ports),
    clock,
    random,
    region: "sim",
  };
  return { store, opened, journal, shards, works: careWorks(care), isBroken: () => isBroken };
}

/** As the monitor of drives does: what is not the right drive is not touched. */
async function look(drive: MachineDrive, disks: ReadonlyMap<number, BoundedDisk>): Promise<void> {
  const { number, id } = drive.record;
  const disk = disks.get(number);
  if (disk === undefined || drive.state === "failed") return;
  const verdict = await readIdentity(disk).then(
    (found) => judgeIdentity(found, { storeId, driveId: id, number }),
    () => undefined, // it does not answer: it may be the right one
  );
  if (verdict !== undefined && verdict.state !== "ok") drive.state = verdict.state;
}

function witnessOn({ dataDirectory }: StoreMachine) {
  return {
    read: () => readWhole(dataDirectory, "witness.json", 65_536),
    write: (bytes: Uint8Array) => replaceFile(dataDirectory, "witness.json", bytes),
  };
}

function dataPorts(
  machine: StoreMachine,
  parts: {
    readonly opened: OpenedCatalog;
    readonly journal: ReplicatedJournal;
    readonly diskOf: (drive: number) => BoundedDisk | undefined;
    readonly numbers: readonly number[];
  },
): DataPorts {
  const { opened, journal, diskOf, numbers } = parts;
  const stores = new Map(
    numbers.flatMap((number) => {
      const disk = diskOf(number);
      return disk === undefined ? [] : [[number, new LocalShards(disk)] as const];
    }),
  );
  const clock = machine.lifeClock;
  const bufferBytes = slabBufferBytes(simulatedSizes);
  return {
    clock,
    random: machine.random,
    storeId,
    sizes: simulatedSizes,
    slab: new Slab({ bufferBytes, count: slabBuffers, waitingMax: 100 }),
    drives: () => machine.drives.map(viewOf),
    shards: (drive) => (diskOf(drive) === undefined ? undefined : stores.get(drive)),
    health: new DriveHealth(clock),
    masterKeys: {
      current: () => ({ id: "master", key: masterKey }),
      byId: (id) => (id === "master" ? masterKey : undefined),
    },
    readBlob: (place) => journal.readBlob(place),
    // A catalog that is broken hears nothing, as when its process is gone.
    report: (finding) => void opened.catalog.report({ findings: [finding] }).catch(() => undefined),
    discard: (extents) => void opened.catalog.discard({ extents }).catch(() => undefined),
    count: () => undefined,
  };
}

function viewOf({ record, state, free }: MachineDrive): DriveView {
  return { ...record, state, since: 0, totalBytes: 10_000, freeBytes: Math.ceil(free * 10_000) };
}
