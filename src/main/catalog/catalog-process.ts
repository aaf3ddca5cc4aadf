import { rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { identify } from "#drivers/process/identity.ts";
import { VdcError } from "#api/errors.ts";
import { assert } from "#lib/assert.ts";
import { background } from "#lib/background.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { removeIdentity, writeIdentity, type ObjectsIdentity } from "#main/objects/identity.ts";
import { localDataPorts } from "#main/objects/local-data-ports.ts";
import type { StoreCounter } from "#objects/admin.ts";
import type { Notifier } from "#objects/care/notify.ts";
import type { Works } from "#objects/care/care-ports.ts";
import { ShardCare } from "#objects/data/shard-care.ts";
import { storeLayout } from "#objects/drive/layout.ts";
import type { DriveRecord } from "#objects/records.ts";
import { ConfigurationFeed } from "#objects/wire/feed.ts";
import type { FeedFacts, StoreCounts } from "#objects/wire/messages.ts";
import { CatalogServer } from "#objects/wire/server.ts";
import { catalogAdmin } from "./catalog-admin.ts";
import type { CatalogConfig } from "./config.ts";
import { writeDriveList, type DriveList } from "./drive-list.ts";
import { findOrMakeStore } from "./make-store.ts";
import { readMasterKeys, sealerOf, type MasterKeyFile } from "./master-key.ts";
import { StoreDrives } from "./store-drives.ts";
import { openStore, removeIndex, type OpenStore } from "./store.ts";
import { dropCounter, processNotifier } from "./notify.ts";
import { pendingRebuild, refuseLostJournal, setJournalAside } from "./rebuild.ts";
import { CareSchedule, carePorts } from "./care.ts";
import { StoreReporter } from "./store-reporter.ts";
import { WorkRunner } from "./works.ts";

/** Between two looks at the drives, and between two tries to open the store. */
const lookEveryMs = 1_000;
/** Connections of fronts and control that may wait to be accepted. */
const backlog = 128;
/** Buffers for making shards anew: two batches of the widest layout. */
const careBuffers = 12;

export interface CatalogProcessOptions {
  readonly config: CatalogConfig;
  readonly directory: DataDirectory;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Care of the store, by name; what is open when it runs is what it works on. */
  readonly works: (process: CatalogProcess) => Works;
}

/**
 * The catalog's process. It listens from its first moment on; while the store cannot be opened, calls wait and it tries again every second, for a drive may
 * be mounted or an operator may decide. So it never ends by itself.
 */
export class CatalogProcess {
  readonly #options: CatalogProcessOptions;
  readonly #feed: ConfigurationFeed;
  readonly #server: CatalogServer;
  readonly #counters = new Map<StoreCounter, number>();
  readonly #stopping = new AbortController();
  readonly works: WorkRunner;
  readonly #schedule: CareSchedule;
  readonly #reporter: StoreReporter;
  readonly #notifier: Notifier;
  readonly #onDroppedEvents: (events: number) => void;
  #identity: ObjectsIdentity;
  #listener: Server | undefined;
  #list: DriveList | undefined;
  #drives: StoreDrives | undefined;
  #keys: MasterKeyFile | undefined;
  #store: OpenStore | undefined;
  #care: ShardCare | undefined;
  #reason: string | undefined;
  #running: Promise<void> | undefined;
  /** Opening, closing and looking take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CatalogProcessOptions) {
    this.#options = options;
    const { clock, random, log, version } = options;
    const self = identify(process.pid);
    assert(self !== undefined, "a running process can identify itself");
    const about = { name: "catalog", version, host: "", port: 0 };
    this.#identity = { ...self, ...about, startedAt: isoTime(clock.now()), state: "starting" };
    this.#feed = new ConfigurationFeed(clock);
    this.works = new WorkRunner(options.works(this), { clock, random, log });
    this.#schedule = new CareSchedule(this, carePorts(this, { clock, random, log }));
    this.#onDroppedEvents = dropCounter((events) => this.count("droppedEvents", events), { clock, log });
    this.#notifier = processNotifier(this, { clock, random, dropped: this.#onDroppedEvents });
    this.#reporter = new StoreReporter(this, { socket: options.directory.statusSocket, clock, log });
    this.#server = new CatalogServer({
      feed: this.#feed,
      admin: catalogAdmin(this, { clock, random }),
      onCounts: (counts) => this.#addCounts(counts),
      log,
      later: (run) => void setImmediate(run),
    });
  }

  /** Resolves when it listens and has tried to open the store once. */
  async start(): Promise<void> {
    const { directory, log } = this.#options;
    this.#say({});
    const path = directory.catalogSocket;
    rmSync(path, { force: true }); // whoever had it is dead: the supervisor sees to that
    this.#listener = createServer((socket) => this.#server.accept(socket));
    const before = process.umask(0o177); // for its user alone from the first moment on
    this.#listener.listen({ path, backlog });
    await once(this.#listener, "listening");
    process.umask(before);
    await this.#step();
    this.#say({ state: "ready" });
    this.#running = this.#run();
    background(this.#running, "catalog.run", log);
    this.#reporter.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#reporter.stop();
    await this.#running;
    this.#listener?.close();
    this.#server.close();
    await this.#inTurn(async () => {
      await this.#store?.close();
      this.#store = undefined;
    });
    this.#server.end();
  }

  cleanUp(): void {
    removeIdentity(this.#options.directory.objectsRun, this.#identity);
  }

  failed(failure: NonNullable<ObjectsIdentity["failure"]>): void {
    this.#say({ state: "failed", failure });
  }

  get reason(): string | undefined {
    return this.#reason;
  }

  get counters(): ReadonlyMap<StoreCounter, number> {
    return this.#counters;
  }

  get list(): DriveList | undefined {
    return this.#list;
  }

  get drives(): StoreDrives | undefined {
    return this.#drives;
  }

  get keys(): MasterKeyFile | undefined {
    return this.#keys;
  }

  get isServing(): boolean {
    return this.#store !== undefined;
  }

  /** Throws `VdcError` unavailable, with why it holds. */
  requireOpen(): void {
    if (!this.isServing) throw new VdcError("unavailable", this.#reason ?? "the store is being opened");
  }

  /** Throws when it is not open: who asks has looked. */
  get store(): OpenStore {
    assert(this.#store !== undefined, "the store is open");
    return this.#store;
  }

  /** Reads and makes shards anew; made when it is first needed, for it holds memory. */
  shardCare(): ShardCare {
    const { clock, random } = this.#options;
    const { list } = this;
    assert(list !== undefined, "the store was found");
    this.#care ??= new ShardCare(
      localDataPorts({
        clock,
        random,
        storeId: list.storeId,
        slabBuffers: careBuffers,
        drives: () => this.#drives?.views() ?? [],
        shards: (drive) => this.#drives?.get(drive)?.shards,
        // Shards are sealed as a whole: care never opens what is in them.
        masterKeys: { current: () => undefined, byId: () => undefined },
        readBlob: async (place) => await this.store.journal.readBlob(place),
        report: (finding) => this.#drives?.report([finding]),
        discard: () => undefined,
        count: (counter) => this.count(counter, 1),
      }),
    );
    return this.#care;
  }

  /** A drive was added, wished otherwise or forgotten: everybody learns of it. Its row is the truth; the list is for the next start. */
  async changeDrives(change: { readonly put?: DriveRecord; readonly forget?: number }): Promise<void> {
    await this.#inTurn(async () => {
      const list = this.#list;
      assert(list !== undefined && this.#drives !== undefined, "there is a list of drives");
      const { put, forget } = change;
      const gone = put?.number ?? forget;
      const drives = [
        ...list.drives.filter(({ number }) => number !== gone),
        ...(put === undefined ? [] : [put]),
      ];
      const forgotten = forget === undefined ? list.forgotten : [...new Set([...list.forgotten, forget])];
      this.#list = { ...list, drives: drives.toSorted((a, b) => a.number - b.number), forgotten };
      writeDriveList(this.#options.directory, this.#list);
      this.#drives.set(this.#list.drives);
      await this.#drives.look();
      if (this.#store === undefined) return;
      await this.#store.journal.setDrives(this.#drives.forJournal());
      if (put !== undefined) await this.#store.care.putDrive(put);
      if (forget !== undefined) await this.#store.care.removeDrive(forget);
    });
    this.tellFronts();
  }

  /** What fronts should know of drives and segments. */
  tellFronts(): void {
    if (this.#store === undefined) return;
    this.#feed.publishFacts(this.#facts());
    this.#feed.publishSegments(this.#store.journal.segments());
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    // Bounded by the life of the process.
    while (!signal.aborted) {
      await clock.sleep(lookEveryMs, signal).catch(() => undefined); // it is stopping
      if (!signal.aborted) await this.#step();
    }
  }

  /** Looks at the drives, and opens the store when it is not open. Never fails: what is wrong is a reason to hold. */
  async #step(): Promise<void> {
    const { log } = this.#options;
    try {
      await this.#inTurn(async () => {
        await this.#findStore();
        if (this.#store === undefined) await this.#open();
        else await this.#look(this.#store);
      });
      this.tellFronts();
      this.#schedule.tend(this.#stopping.signal);
      background(this.#notifier.turn(), "catalog.notify", log);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== this.#reason) log.error("catalog.open.failed", { error });
      this.#reason = reason;
    }
    this.#note();
  }

  async #findStore(): Promise<void> {
    const { directory, config, clock, random } = this.#options;
    this.#list ??= await findOrMakeStore(directory, config.drives, { clock, random });
    this.#keys ??= readMasterKeys(directory);
    if (this.#drives !== undefined) return;
    this.#drives = new StoreDrives(this.#list.storeId, clock);
    this.#drives.set(this.#list.drives);
  }

  async #look(store: OpenStore): Promise<void> {
    if (await this.#drives?.look()) await store.journal.setDrives(this.#drives?.forJournal() ?? []);
  }

  /** Drops the index; what was in it is read from the journal again. Fronts hold meanwhile. */
  async rebuildIndex(): Promise<void> {
    await this.#inTurn(async () => {
      const store = this.#store;
      this.#server.close();
      this.#store = undefined;
      this.#reason = "the index is made anew from the journal";
      await store?.close();
      removeIndex(this.#options.directory);
      await this.#open();
    });
    this.tellFronts();
  }

  /** For a journal that is lost: puts what is left of it aside and opens an empty store, which `fill` fills before anybody is served. */
  async openAnew(steps: {
    readonly before: () => Promise<void>;
    readonly fill: (store: OpenStore) => Promise<void>;
  }): Promise<void> {
    const { directory, random } = this.#options;
    await this.#inTurn(async () => {
      const drives = this.#drives;
      if (this.#store !== undefined || drives === undefined)
        throw new VdcError("conflict", "the store was opened meanwhile");
      await steps.before();
      pendingRebuild(directory).begin();
      await setJournalAside(directory, drives, random);
      removeIndex(directory);
      await this.#open(steps.fill);
    });
    this.tellFronts();
  }

  async #open(fill?: (store: OpenStore) => Promise<void>): Promise<void> {
    const { directory, clock, random, log } = this.#options;
    const pending = pendingRebuild(directory);
    if (fill === undefined && pending.isThere())
      throw new VdcError(
        "unavailable",
        "a rebuild from the drives was broken off: run `vdc object-store rebuild --scan` again",
      );
    const [list, drives, keys] = [this.#list, this.#drives, this.#keys];
    assert(list !== undefined && drives !== undefined && keys !== undefined, "the store was found");
    await drives.look();
    if (fill === undefined) await refuseLostJournal(drives);
    const store = await openStore({
      directory,
      list,
      drives,
      sealer: sealerOf(keys, random),
      clock,
      random,
      log,
      // Before it is open nobody was told anything that could be another now.
      onConfiguration: async (change) => {
        if (this.#store !== undefined) await this.#feed.publishEverywhere(change);
      },
      onFindings: (findings) => {
        this.#drives?.report(findings);
        this.#reporter.noteFindings(findings);
      },
      onSegments: () => {
        this.count("segmentMoves", 1);
        if (this.#store !== undefined) this.#feed.publishSegments(this.#store.journal.segments());
      },
      onBroken: (cause) => this.#broken(cause),
      onDroppedEvents: this.#onDroppedEvents,
    });
    if (fill !== undefined) {
      await filled(store, fill);
      pending.end();
    }
    this.#store = store;
    this.#reason = undefined;
    await this.#reconcileRows(store, list);
    this.#feed.reset({
      facts: this.#facts(),
      buckets: store.configuration.buckets(),
      keys: store.configuration.keys(),
      segments: store.journal.segments(),
    });
    this.#server.open(store.catalog);
    log.info("catalog.open.done", { sequence: store.journal.lastSequence });
  }

  /** The rows of drives are the truth; those of a new store, or of one whose list was lost and found again, are written now. */
  async #reconcileRows(store: OpenStore, list: DriveList): Promise<void> {
    const rows = store.care.drives();
    const known = new Map(rows.map((row) => [row.number, row]));
    for (const drive of list.drives) if (!known.has(drive.number)) await store.care.putDrive(drive);
    const isForgotten = ({ number }: DriveRecord) => list.forgotten.includes(number);
    for (const row of rows.filter(isForgotten)) await store.care.removeDrive(row.number);
    const merged = list.drives.map((drive) => known.get(drive.number) ?? drive);
    const unlisted = rows.filter(
      (row) => !isForgotten(row) && !list.drives.some(({ number }) => number === row.number),
    );
    const drives = [...merged, ...unlisted].toSorted((one, other) => one.number - other.number);
    this.#list = { ...list, drives };
    writeDriveList(this.#options.directory, this.#list);
    this.#drives?.set(drives);
    await this.#drives?.look();
    await store.journal.setDrives(this.#drives?.forJournal() ?? []);
  }

  #broken(cause: unknown): void {
    const { log } = this.#options;
    log.error("catalog.store.broken", { error: cause });
    this.#server.close();
    const store = this.#store;
    this.#store = undefined;
    this.#reason = reasonOf(cause);
    const reopening = this.#inTurn(async () => await store?.close()).then(async () => await this.#step());
    background(reopening, "catalog.reopen", log);
  }

  #facts(): FeedFacts {
    const [list, drives, keys] = [this.#list, this.#drives, this.#keys];
    assert(list !== undefined && drives !== undefined && keys !== undefined, "the store is open");
    const { k, m, copies } = storeLayout(Math.max(1, list.drives.length));
    return {
      storeId: list.storeId,
      masterKeyId: keys.current()?.id ?? "",
      layout: { k, m, copies },
      drives: drives.views(),
      drills: drives.drills(),
      ...(this.#store === undefined ? {} : { indexToken: this.#store.indexToken }),
    };
  }

  count(counter: StoreCounter, by: number): void {
    this.#addCounts({ [counter]: by });
  }

  #addCounts(counts: StoreCounts): void {
    // Our own words: names of counters and numbers.
    for (const [name, by] of Object.entries(counts) as [StoreCounter, number][])
      this.#counters.set(name, (this.#counters.get(name) ?? 0) + by);
  }

  /** Runs when what was begun before has ended, well or not. */
  async #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task, task);
    this.#turn = result.catch(() => undefined);
    return await result;
  }

  /** On the part's line: how many drives are well, or why it holds. */
  #note(): void {
    const drives = this.#drives?.all() ?? [];
    const well = drives.filter(({ condition }) => condition.state === "ok").length;
    const note =
      this.#reason === undefined ? `${well} of ${drives.length} drives are well` : `holding: ${this.#reason}`;
    if (note !== this.#identity.note) this.#say({ note });
  }

  #say(change: Partial<ObjectsIdentity>): void {
    this.#identity = { ...this.#identity, ...change };
    writeIdentity(this.#options.directory.objectsRun, this.#identity);
  }
}

async function filled(store: OpenStore, fill: (store: OpenStore) => Promise<void>): Promise<void> {
  try {
    await fill(store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
