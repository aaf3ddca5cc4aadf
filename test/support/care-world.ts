import { randomUUID } from "node:crypto";
import { silentLog } from "#lib/log.ts";
import type { StoreCounter, WorkKind } from "#objects/admin.ts";
import type { CarePorts, Work, Works } from "#objects/care/care-ports.ts";
import { careWorks } from "#objects/care/works.ts";
import type { OpenedCatalog } from "#objects/catalog/create-catalog.ts";
import type { Index } from "#objects/catalog/index-contract.ts";
import { memoryIndex } from "#sim/memory-index.ts";
import { openCatalog } from "#objects/catalog/open-catalog.ts";
import { slabBufferBytes } from "#objects/data/data-limits.ts";
import type { DataPorts } from "#objects/data/data-ports.ts";
import { DriveHealth } from "#objects/data/drive-health.ts";
import { LocalDataPath } from "#objects/data/local-data-path.ts";
import { LocalShards } from "#objects/data/local-shards.ts";
import { ShardCare } from "#objects/data/shard-care.ts";
import { driveFolders } from "#objects/drive/paths.ts";
import { Slab } from "#objects/erasure/slab.ts";
import { openJournal, type ReplicatedJournal } from "#objects/journal/journal.ts";
import type { DriveView, ExtentRef, ObjectHeaders, VersionRecord } from "#objects/records.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";
import { readVersion } from "#objects/s3/operations/read-version.ts";
import { storeObject } from "#objects/s3/operations/store-object.ts";
import { ManualClock } from "#sim/clock.ts";
import { SimulatedDisk } from "#sim/disk.ts";
import { SeededRandom } from "#sim/random.ts";
import { smallSizes } from "#test/support/data-world.ts";
import { inlineCommit, md5 } from "#test/support/object-store-world.ts";
import { plainSealer } from "#test/support/object-store.ts";

type DriveChange = Partial<Pick<DriveView, "state" | "wanted" | "totalBytes" | "freeBytes" | "since">>;

/** A whole store with its care, over simulated drives and a clock that only the test moves. */
export class CareWorld {
  readonly clock = new ManualClock();
  readonly random = new SeededRandom(1);
  readonly disks: SimulatedDisk[];
  readonly changes = new Map<number, DriveChange>();
  readonly counted = new Map<StoreCounter, number>();
  index: Index = memoryIndex();
  #witness: Uint8Array | undefined;
  #open:
    | {
        readonly opened: OpenedCatalog;
        readonly journal: ReplicatedJournal;
        readonly care: CarePorts;
        readonly works: Works;
        readonly store: ObjectStore;
      }
    | undefined;

  private constructor(drives: number) {
    const { clock, random } = this;
    const newDisk = () => new SimulatedDisk({ clock, random, folders: driveFolders });
    this.disks = Array.from({ length: drives }, newDisk);
  }

  static async open(drives: number): Promise<CareWorld> {
    const world = new CareWorld(drives);
    await world.reopen();
    return world;
  }

  /** As a new process does. */
  async reopen(): Promise<void> {
    const { clock, random, index } = this;
    if (this.#open !== undefined) await this.run(this.#open.journal.close());
    const journal = await this.run(
      openJournal({
        storeId: "store",
        drives: this.disks.map((disk, number) => ({ number, disk, state: "ok" as const })),
        forgotten: [],
        witness: {
          read: async () => await Promise.resolve(this.#witness),
          write: async (bytes) => {
            this.#witness = Uint8Array.from(bytes);
            await Promise.resolve();
          },
        },
        clock,
        random,
        limits: { segmentBytes: 65_536 },
      }),
    );
    const opened = await this.run(
      openCatalog({
        index,
        journal,
        clock,
        random,
        sealer: plainSealer,
        onConfiguration: async () => {},
        onFindings: () => {},
        onBroken: () => {},
      }),
    );
    this.#open = this.#assembled(opened, journal);
  }

  newDisk(): SimulatedDisk {
    return new SimulatedDisk({ clock: this.clock, random: this.random, folders: driveFolders });
  }

  loseIndex(): void {
    this.index = memoryIndex();
  }

  get opened(): OpenedCatalog {
    return this.#parts.opened;
  }
  get journal(): ReplicatedJournal {
    return this.#parts.journal;
  }
  get care(): CarePorts {
    return this.#parts.care;
  }
  get store(): ObjectStore {
    return this.#parts.store;
  }

  /** Moves time on until it is settled. */
  async run<T>(promise: Promise<T>): Promise<T> {
    const progress = { isOver: false };
    const watched = promise.finally(() => (progress.isOver = true));
    watched.catch(() => undefined); // the caller gets it
    while (!progress.isOver) await this.clock.advance(5);
    return await watched;
  }

  async bucket(name: string, versioning: "off" | "enabled" = "off", more: object = {}): Promise<void> {
    const bucket = { name, project: "default", versioning, acl: "private" as const, ...more };
    await this.run(this.opened.catalog.createBucket({ callId: randomUUID(), bucket }));
  }

  /** As a PUT does, with all that it writes down. */
  async put(
    bucket: string,
    key: string,
    body: Buffer,
    headers: ObjectHeaders = { user: {} },
    more: object = {},
  ): Promise<VersionRecord> {
    const record = this.opened.configuration.bucket(bucket);
    if (record === undefined) throw new Error("no such bucket");
    const digest = () => ({ size: body.length, md5: md5(body.toString("latin1")), checksums: [] });
    const source = { chunks: pieces(body), size: body.length, digest };
    const options = { headers, encrypt: false, ...more };
    const target = { bucket: record, key, options, writer: "tester" };
    const { version } = await this.run(storeObject(this.store, source, target, new AbortController().signal));
    return version;
  }

  commitOf(bucket: string, key: string, body: string) {
    return inlineCommit(bucket, key, body);
  }

  /** What a front leaves that dies before its commit. */
  async storeOnly(body: Buffer): Promise<void> {
    const { signal } = new AbortController();
    await this.run(this.store.data.store(pieces(body), { encrypt: false, describe: () => ({}), signal }));
  }

  async remove(bucket: string, key: string, versionId?: string): Promise<void> {
    const version = versionId === undefined ? {} : { versionId };
    await this.run(
      this.opened.catalog.remove({
        callId: randomUUID(),
        bucket,
        key,
        ...version,
        bypassGovernance: false,
        writer: "tester",
      }),
    );
  }

  async find(bucket: string, key: string): Promise<VersionRecord | undefined> {
    return (await this.run(this.opened.catalog.find({ bucket, key }))).version;
  }

  async read(bucket: string, key: string): Promise<Buffer> {
    const found = await this.run(this.opened.catalog.find({ bucket, key }));
    const { version } = found;
    if (version === undefined) throw new Error("no such object");
    const range = { start: 0, end: version.size };
    const body = readVersion(this.store, { ...found, version }, range, new AbortController().signal);
    return await this.run(collected(body));
  }

  async work(kind: WorkKind, drive?: number): Promise<string> {
    const work = this.#parts.works[kind];
    if (work === undefined) throw new Error("no such work");
    return await this.runWork(work, drive);
  }

  async runWork(work: Work, drive?: number): Promise<string> {
    const about = drive === undefined ? {} : { drive };
    return await this.run(
      work({ ...about, signal: new AbortController().signal, progress: () => undefined }),
    );
  }

  /** Files of shards that lie somewhere, as `DRIVE/PATH`. */
  files(folder: string): readonly string[] {
    return this.disks.flatMap((disk, drive) =>
      disk
        .files()
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => `${drive}/${path}`),
    );
  }

  get #parts() {
    if (this.#open === undefined) throw new Error("the store is not open");
    return this.#open;
  }

  #views(): readonly DriveView[] {
    return this.disks.map((_, number) => ({
      number,
      id: `drive-${number}`,
      path: "",
      wanted: "active",
      addedAt: 0,
      state: "ok",
      since: 0,
      totalBytes: 1000,
      freeBytes: 900,
      ...this.changes.get(number),
    }));
  }

  #assembled(opened: OpenedCatalog, journal: ReplicatedJournal) {
    const { clock, random, index } = this;
    const isThere = (drive: number) =>
      !["missing", "failed"].includes(this.changes.get(drive)?.state ?? "ok");
    const disk = (drive: number) => (isThere(drive) ? this.disks[drive] : undefined);
    const shards = this.disks.map((each) => new LocalShards(each));
    const ports: DataPorts = {
      clock,
      random,
      storeId: "store",
      sizes: smallSizes,
      slab: new Slab({ bufferBytes: slabBufferBytes(smallSizes), count: 24, waitingMax: 100 }),
      drives: () => this.#views(),
      shards: (drive) => (isThere(drive) ? shards[drive] : undefined),
      health: new DriveHealth(clock),
      masterKeys: { current: () => undefined, byId: () => undefined },
      readBlob: async (place) => await journal.readBlob(place),
      report: (finding) => void opened.catalog.report({ findings: [finding] }),
      discard: (extents: readonly ExtentRef[]) => void opened.catalog.discard({ extents }),
      count: () => undefined,
    };
    const care: CarePorts = {
      catalog: opened.catalog,
      rows: opened.care,
      index,
      journal,
      shards: new ShardCare(ports),
      buckets: () => opened.configuration.buckets(),
      drives: () => this.#views(),
      disk,
      clock,
      random,
      log: silentLog,
      count: (counter, by) => this.counted.set(counter, (this.counted.get(counter) ?? 0) + by),
    };
    const { catalog, configuration } = opened;
    const store = { catalog, configuration, data: new LocalDataPath(ports), clock, random, region: "test" };
    return { opened, journal, care, store, works: careWorks(care) };
  }
}

async function* pieces(body: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += 50_000) {
    yield body.subarray(at, at + 50_000);
    await Promise.resolve();
  }
}

async function collected(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of body) all.push(piece);
  return Buffer.concat(all);
}
